"""Stacks of colour-coded slices back to values."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from matplotlib import colormaps

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.maps.colour_volume import decode_volume

GRID = Grid((128, 128, 5), (2.0, 2.0, 5.0), (-120.0, -130.0, 7.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
BAR = np.s_[14:114, 108:116]


def truth() -> np.ndarray:
    """Values (z, y, x) in an ellipsoid that is gone from the outer slices, 0 around."""
    z, y, x = np.indices(GRID.shape)
    inside = ((x - 50) / 40) ** 2 + ((y - 64) / 50) ** 2 + ((z - 2) / 1.9) ** 2 < 1
    return np.where(inside, 1 + 9 * x / 128 + y / 128, 0).astype(np.float32)


def pictures(name: str = "turbo", top: float = 12.0, bars: tuple[int, ...] = (0, 1, 2, 3, 4)) -> np.ndarray:
    table = colormaps[name]
    values = truth()
    shown = np.where((values > 0)[..., None], table(values / top)[..., :3], 0)
    for number in bars:
        shown[number][BAR] = table(np.linspace(1, 0, 100))[:, None, :3]
    return (shown * 255).round().astype(np.uint8)


def image(rgb: np.ndarray) -> sitk.Image:
    volume = sitk.GetImageFromArray(rgb, isVector=True)
    GRID.lay(volume)
    return volume


@pytest.mark.parametrize("name", ["turbo", "jet", "viridis"])
def test_values_come_back_in_place_with_empty_slices_and_the_bar_left_0(name):
    found, notes = decode_volume(image(pictures(name)), 0, 12, "series 7")
    assert Grid.of(found).same(GRID) and found.GetPixelID() == sitk.sitkFloat32
    values, wanted = sitk.GetArrayFromImage(found), truth()
    assert not values[wanted == 0].any() and (values[wanted > 0] > 0).mean() > 0.99
    assert np.abs(values - wanted)[values > 0].max() < 0.2
    assert any("colours tell values" in note for note in notes)


def test_a_bar_that_counts_downward_is_turned():
    found, _ = decode_volume(image(pictures()), 12, 0, "series 7")
    values, wanted = sitk.GetArrayFromImage(found), truth()
    shown = values > 0
    assert np.abs(values - (12 - wanted))[shown & (wanted > 0)].max() < 0.2


def test_a_slice_without_its_bar_takes_the_others():
    with_all, _ = decode_volume(image(pictures()), 0, 12, "series 7")
    without, _ = decode_volume(image(pictures(bars=(1, 2, 4))), 0, 12, "series 7")
    assert np.array_equal(sitk.GetArrayFromImage(with_all), sitk.GetArrayFromImage(without))


def test_slices_of_two_scales_no_bar_and_a_bar_alone_are_refused():
    mixed = pictures()
    mixed[4] = pictures("viridis")[4]
    with pytest.raises(InputError, match="series 7: slice 5 shows another colour bar than the others"):
        decode_volume(image(mixed), 0, 12, "series 7")
    with pytest.raises(InputError, match="series 7: is colour-coded, and no colour bar was found"):
        decode_volume(image(pictures(bars=())), 0, 12, "series 7")
    alone = pictures()
    alone[..., :100, :] = 0
    with pytest.raises(InputError, match="on its colour bar only"):
        decode_volume(image(alone), 0, 12, "series 7")
    with pytest.raises(InputError, match="the scale runs from 4 to 4"):
        decode_volume(image(pictures()), 4, 4, "series 7")
