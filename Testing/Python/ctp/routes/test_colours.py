"""The colour bar of perfusion maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.ctp.routes.map_scales import rainbow


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        (0.0, (0.0, 0.0, 0.5)),
        (0.125, (0.0, 0.0, 1.0)),
        (0.25, (0.0, 0.5, 1.0)),
        (0.5, (0.5, 1.0, 0.5)),
        (0.75, (1.0, 0.5, 0.0)),
        (0.875, (1.0, 0.0, 0.0)),
        (1.0, (0.5, 0.0, 0.0)),
    ],
)
def test_low_is_blue_middle_green_and_high_red(value: float, colour: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(rainbow(np.array([value]))[:, 0], colour, atol=1e-6)


@given(st.floats(0, 1), st.floats(0, 1))
def test_different_values_have_different_colours(first: float, other: float) -> None:
    colours = rainbow(np.array([first, other]))
    assert colours.min() >= 0 and colours.max() <= 1
    if abs(first - other) > 1e-3:
        assert np.abs(colours[:, 0] - colours[:, 1]).max() > 1e-3


def test_colours_come_before_the_axes_of_the_image() -> None:
    values = np.linspace(0, 1, 24).reshape(2, 3, 4)
    colours = rainbow(values)
    assert colours.shape == (3, 2, 3, 4) and colours.dtype == np.float32
    np.testing.assert_array_equal(colours[:, 1, 2, 3], rainbow(np.ones(1))[:, 0])
