from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from map_cases import simulated
from scipy import stats

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.brain.hemispheres import MidPlane, both_hemispheres, mirrored
from StrokeSegLogic.ctp.tissue.laterality import asymmetry
from StrokeSegLogic.phantom.ctp_maps import ctp_patient
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.smoothing import gaussian_within

UPRIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def of(group: str, seed: int, name: str) -> tuple[np.ndarray, np.ndarray, Grid]:
    maps = simulated(group, seed)
    values = sitk.GetArrayFromImage(maps.images[name])
    return values, sitk.GetArrayFromImage(maps.images["MIP"]) != 0, Grid.of(maps.images[name])


@pytest.mark.parametrize("seed", [0, 1, 4])
@pytest.mark.parametrize("name", ["TTP", "TMAX", "MTT"])
def test_the_delayed_side_is_found_whatever_the_scale(seed: int, name: str) -> None:
    values, brain, grid = of("LVO", seed, name)
    deficit = ctp_patient(seed, "LVO").deficit
    assert deficit is not None
    assert asymmetry(values, brain, grid).side == deficit.side
    picture = np.round(255 * (values / values.max()) ** 1.3)
    assert asymmetry(picture, brain, grid).side == deficit.side


@pytest.mark.parametrize("name", ["TTP", "TMAX", "MTT", "CBF"])
def test_a_healthy_brain_has_no_higher_side(name: str) -> None:
    values, brain, grid = of("WIS", 3, name)
    found = asymmetry(values, brain, grid)
    assert found.side is None and found.left_above == pytest.approx(0.5, abs=0.05)


def test_a_slice_alone_suffices() -> None:
    values, brain, grid = of("LVO", 0, "TTP")
    truth = sitk.GetArrayFromImage(simulated("LVO", 0).truth)
    k = int((truth > 0).sum(axis=(1, 2)).argmax())
    slab = Grid((grid.size[0], grid.size[1], 1), grid.spacing, grid.origin, grid.direction)
    deficit = ctp_patient(0, "LVO").deficit
    assert deficit is not None
    assert asymmetry(values[k : k + 1], brain[k : k + 1], slab).side == deficit.side


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(-1, 1))
def test_ranks_agree_with_scipys_mann_whitney(seed: int, shift: float) -> None:
    grid = Grid((20, 20, 2), (1.0, 1.0, 50.0), (-9.5, -9.5, 0.0), UPRIGHT)
    brain = np.ones(grid.shape, bool)
    values = np.random.default_rng(seed).random(grid.shape)
    values[:, :, 10:] += shift  # x grows to the patient's left
    found = asymmetry(values, brain, grid)
    even = gaussian_within(values.astype(np.float32), brain, grid, 3.0)
    expected = stats.mannwhitneyu(even[:, :, 10:].ravel(), even[:, :, :10].ravel()).statistic / 400**2
    assert found.left_above == pytest.approx(expected, abs=1e-9)
    assert found.left_above == pytest.approx(1 - asymmetry(values[:, :, ::-1], brain, grid).left_above, abs=1e-6)


def test_half_a_brain_cannot_be_compared() -> None:
    grid = Grid((20, 20, 2), (1.0, 1.0, 5.0), (-10.0, -10.0, 0.0), UPRIGHT)
    brain = np.zeros(grid.shape, bool)
    brain[:, 5:15, 10] = True
    with pytest.raises(InputError, match="one hemisphere alone"):
        asymmetry(np.ones(grid.shape), brain, grid)


def test_no_brain_at_all_is_said_to_be_none() -> None:
    grid = Grid((20, 20, 2), (1.0, 1.0, 5.0), (-10.0, -10.0, 0.0), UPRIGHT)
    for brain, values in ((0, 1.0), (1, np.nan)):
        with pytest.raises(InputError, match="holds no brain"):
            asymmetry(np.full(grid.shape, values), np.full(grid.shape, brain, np.uint8), grid)


def test_a_mask_of_any_type_gives_the_same_side() -> None:
    values, brain, grid = of("LVO", 0, "TTP")
    assert asymmetry(values, brain.astype(np.uint8) * 255, grid) == asymmetry(values, brain, grid)


def test_a_hemisphere_alone_is_told_from_a_brain() -> None:
    _, brain, grid = of("LVO", 0, "TTP")
    assert both_hemispheres(brain, grid)
    left = MidPlane.of(brain, grid).left(grid)
    assert not both_hemispheres(brain & left, grid) and not both_hemispheres(brain & ~left, grid)
    assert not both_hemispheres(np.zeros_like(brain), grid)


@settings(max_examples=25, deadline=None)
@given(st.floats(-3, 3), st.floats(-0.15, 0.15), st.integers(0, 1000))
def test_mirroring_twice_gives_the_mask_back_and_once_changes_its_side(a: float, b: float, seed: int) -> None:
    grid = Grid((41, 41, 3), (1.0, 1.0, 5.0), (-20.0, -20.0, 0.0), UPRIGHT)
    plane = MidPlane((a, b, 0.0))
    y, x = np.random.default_rng(seed).uniform(-6, 6, 2)
    away = np.hypot(*(grid.to_world(np.argwhere(np.ones(grid.shape))[:, ::-1])[:, :2] - [x, y]).T)
    mask = (away < 4).reshape(grid.shape)
    once = mirrored(mask, plane, grid)
    twice = mirrored(once, plane, grid)
    assert (mask & twice).sum() > 0.8 * mask.sum() and abs(int(once.sum()) - int(mask.sum())) < 0.25 * mask.sum()
    left = plane.left(grid)
    assert abs(int((once & left).sum()) - int((mask & ~left).sum())) < 0.25 * mask.sum()
    assert (mirrored(mask, plane, grid, 2.0) >= once).all()


@settings(max_examples=25, deadline=None)
@given(st.floats(-20, 20), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_the_left_of_a_grid_is_the_left_of_each_of_its_voxels(a: float, b: float, c: float) -> None:
    grid = Grid((7, 6, 5), (2.0, 3.0, 4.0), (-6.3, -7.7, 1.1), (0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0))
    plane = MidPlane((a, b, c))
    index = np.argwhere(np.ones(grid.shape, bool))[:, ::-1]
    assert np.array_equal(plane.left(grid).ravel(), plane.left_of(grid.to_world(index)))
