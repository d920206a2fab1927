"""What coils make of a head is undone, and a lesion stays nearly as bright against the other side as it was."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.brain.coil_field import without_coil_field
from StrokeSegLogic.space.grid import Grid

SHAPE = (44, 60, 50)


def grid_of(side: float = 3.0) -> Grid:
    image = sitk.Image(SHAPE[::-1], sitk.sitkUInt8)
    image.SetSpacing((side,) * 3)
    return Grid.of(image)


def places() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """z, y, x from -1 to 1 across the brain."""
    z, y, x = (np.linspace(-1.2, 1.2, n) for n in SHAPE)
    return z[:, None, None], y[None, :, None], x[None, None, :]


def brain() -> np.ndarray:
    z, y, x = places()
    return z**2 + y**2 + x**2 < 1


def field() -> np.ndarray:
    """Three times as bright at the right back as at the front."""
    z, y, x = places()
    return np.exp(0.5 * y + 0.2 * x + 0.15 * y * y + 0.0 * z)


def tissue(scatter: float = 0.05) -> np.ndarray:
    """Signal of a head: brain with fluid in its middle, scalp darker than both, air."""
    z, y, x = places()
    values = np.where(brain(), 100.0, 0.0)
    values[z**2 + y**2 + x**2 < 0.05] = 20.0
    return values * (1 + scatter * np.random.default_rng(3).standard_normal(SHAPE))


def spread(values: np.ndarray) -> float:
    low, middle, high = np.percentile(values[brain()], (10, 50, 90))
    return float((high - low) / middle)


def lesion(share: str) -> np.ndarray:
    """On one side: small, or a fifth of the brain."""
    z, y, x = places()
    if share == "small":
        return brain() & (z**2 + (y - 0.3) ** 2 + (x - 0.6) ** 2 < 0.03)
    return brain() & (x > 0.25) & (y > -0.4) & (y < 0.5) & (z > -0.6)


def test_a_field_of_coils_is_undone() -> None:
    shaded = tissue() * field()
    flat = without_coil_field(shaded, brain(), grid_of())
    assert spread(shaded) > 0.6
    assert spread(flat) < 1.1 * spread(tissue())


def test_without_a_field_nothing_changes_much() -> None:
    flat = without_coil_field(tissue(), brain(), grid_of())
    np.testing.assert_allclose(flat[brain()], tissue()[brain()], rtol=0.02)


@pytest.mark.parametrize("shaded", [False, True], ids=["no field", "field"])
@pytest.mark.parametrize(("share", "least"), [("small", 2.1), ("large", 1.85)])
def test_a_lesion_stays_nearly_as_bright_against_the_other_side_as_it_was(
    share: str, least: float, shaded: bool
) -> None:
    there = lesion(share)
    values = np.where(there, 2.2 * tissue(), tissue()) * (field() if shaded else 1.0)
    flat = without_coil_field(values, brain(), grid_of())
    other = there[:, :, ::-1] & brain()
    assert least < np.median(flat[there]) / np.median(flat[other]) < 2.3


def test_a_gain_of_all_values_changes_nothing_else() -> None:
    shaded = tissue() * field()
    flat = without_coil_field(shaded, brain(), grid_of())
    np.testing.assert_allclose(without_coil_field(7 * shaded, brain(), grid_of()), 7 * flat, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    ("values", "mask"),
    [
        (tissue() - 100.0, brain()),
        (tissue(), brain() & (np.arange(SHAPE[0])[:, None, None] == 20) & (np.arange(SHAPE[1])[:, None] < 9)),
        (tissue() * 0.0, brain()),
    ],
    ids=["shifted", "hardly any brain", "no signal"],
)
def test_what_no_field_can_be_told_from_stays_as_it_is(values: np.ndarray, mask: np.ndarray) -> None:
    np.testing.assert_array_equal(without_coil_field(values, mask, grid_of()), values.astype(np.float32))
