from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from StrokeSegLogic.result.looks import PALETTES, PaletteName, colours, css_gradient

RAMP = np.linspace(0, 1, 101)


@pytest.mark.parametrize(("ours", "theirs"), [("flow", "viridis"), ("time", "inferno")])
def test_the_palettes_are_close_to_matplotlibs(ours: PaletteName, theirs: str) -> None:
    table = matplotlib.colormaps[theirs]
    steps = np.linspace(0, 1, len(PALETTES[ours]))
    # Theirs has 256 entries, so a step may fall between two.
    assert np.abs(colours(ours, steps) - 255 * table(steps)[:, :3]).max() < 4
    assert np.abs(colours(ours, RAMP) - 255 * table(RAMP)[:, :3]).max() < 20


@pytest.mark.parametrize("name", ["flow", "time"])
def test_brightness_rises_so_that_grey_and_colour_blind_readers_see_the_order(name: PaletteName) -> None:
    bright = colours(name, RAMP) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(bright) > 0).all()


def test_levels_beyond_the_ends_take_the_ends_colours() -> None:
    np.testing.assert_array_equal(colours("flow", np.array([-1.0, 2.0])), [PALETTES["flow"][0], PALETTES["flow"][-1]])


def test_css_has_the_lowest_colour_first() -> None:
    assert css_gradient("heat") == "linear-gradient(90deg,#ffed64,#fd8d3c,#bd0026)"
