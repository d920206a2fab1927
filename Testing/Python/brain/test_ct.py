from __future__ import annotations

import numpy as np
import pytest

from StrokeSegLogic.brain.ct import MEAN_HU, MIP_HU, brain_of_ct
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.phantom.ctp_maps import ctp_grid
from StrokeSegLogic.space.grid import Grid

GRID = ctp_grid((1.8, 1.8, 5.0)).crop((0, 0, 8), (128, 128, 8))


def head(vessels_hu: float) -> tuple[np.ndarray, np.ndarray]:
    """A brain of 40 HU with vessels and a ventricle, within bone within scalp; and where the brain is."""
    y, x = np.indices(GRID.shape[1:])
    away = np.hypot(y - 63.5, x - 63.5) * 1.8
    plane = np.select([away < 70, away < 76, away < 82], [40.0, 900.0, 30.0], -1000.0)
    plane[(away < 12)] = 8.0
    plane[(away > 40) & (away < 44) & (y % 16 < 2)] = vessels_hu
    return np.repeat(plane[None], 8, axis=0).astype(np.float32), np.repeat((away < 70)[None], 8, axis=0)


@pytest.mark.parametrize(("limits", "vessels_hu"), [(MEAN_HU, 110.0), (MIP_HU, 280.0)])
def test_one_rule_finds_the_brain_on_a_mean_and_on_a_maximum_over_time(
    limits: tuple[float, float], vessels_hu: float
) -> None:
    image, brain = head(vessels_hu)
    assert dice(brain_of_ct(GRID.image(image), limits), brain) > 0.97
    stripped = np.where(brain, image, 0).astype(np.float32)
    assert dice(brain_of_ct(GRID.image(stripped), limits), brain) > 0.97


def test_vessels_fluid_and_sulci_belong_to_the_brain() -> None:
    image, brain = head(280.0)
    found = brain_of_ct(GRID.image(image), MIP_HU)
    assert found[:, 60:68, 60:68].all() and found[(image == 280.0) & brain].mean() > 0.95


@pytest.mark.parametrize("value", [-1000.0, 0.0])
def test_air_alone_has_no_brain(value: float) -> None:
    image = GRID.image(np.full(GRID.shape, value, np.float32))
    assert not brain_of_ct(image, MEAN_HU).any()


@pytest.mark.parametrize("padding", [-2048.0, -32768.0, np.nan])
def test_padding_around_the_head_is_air(padding: float) -> None:
    image, brain = head(110.0)
    image[image == -1000] = padding
    image[3, 5:8, 64] = padding
    assert dice(brain_of_ct(GRID.image(image), MEAN_HU), brain) > 0.97


def test_fine_pixels_give_the_brain_on_their_own_grid() -> None:
    image, brain = head(110.0)
    fine = np.repeat(np.repeat(image, 2, axis=1), 2, axis=2)
    size, spacing = (256, 256, 8), (0.9, 0.9, 5.0)
    grid = Grid(size, spacing, GRID.origin, GRID.direction)
    found = brain_of_ct(grid.image(fine), MEAN_HU)
    assert found.shape == (8, 256, 256)
    assert dice(found, np.repeat(np.repeat(brain, 2, axis=1), 2, axis=2)) > 0.97
