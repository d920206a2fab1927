from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from strategies import STORAGES, rotation

from StrokeSegLogic.brain.hemispheres import MidPlane
from StrokeSegLogic.mri.result import doubtful_slices, left_share, measure
from StrokeSegLogic.result.lesions import lesions
from StrokeSegLogic.space.grid import Grid

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@given(st.integers(0, 5000))
def test_lesions_agree_with_scipys_components(seed: int) -> None:
    random = np.random.default_rng(seed)
    mask = random.random((6, 7, 8)) < 0.12
    probability = random.random(mask.shape).astype(np.float32)
    grid = Grid((8, 7, 6), (1.0, 2.0, 3.0), (5.0, -3.0, 8.0), IDENTITY)
    labels, count = ndimage.label(mask, np.ones((3, 3, 3)))
    found = lesions(mask, probability, grid)
    sizes = sorted((np.bincount(labels.ravel())[1:] * 0.006).tolist(), reverse=True)
    assert [lesion.volume_ml for lesion in found] == pytest.approx(sizes)
    assert len(found) == count
    if count == 1:
        z, y, x = ndimage.center_of_mass(mask)
        assert found[0].centre_mm == pytest.approx((5 + x, -3 + 2 * y, 8 + 3 * z), abs=1e-4)
        assert found[0].probability == pytest.approx(float(probability[mask].mean()), abs=1e-5)


def head_on(grid: Grid, turn: np.ndarray, lesion_x: float) -> tuple[np.ndarray, np.ndarray]:
    """An ellipsoid brain turned in space, with a ball of lesion so far to the patient's left of its middle."""
    z, y, x = np.indices(grid.shape)
    world = grid.to_world(np.stack([x, y, z], -1).reshape(-1, 3)).reshape(*grid.shape, 3)
    own = (world - (7.0, -4.0, 3.0)) @ turn
    brain = ((own / (65.0, 80.0, 60.0)) ** 2).sum(-1) < 1
    lesion = ((own - (lesion_x, 10.0, 12.0)) ** 2).sum(-1) < 15**2
    return brain, lesion & brain


@settings(max_examples=25)
@given(st.sampled_from(STORAGES), st.floats(-12, 12), st.floats(-12, 12), st.sampled_from([-30.0, 30.0]))
def test_a_lesion_is_on_its_side_however_the_head_is_turned_and_stored(
    storage: tuple[tuple[int, ...], tuple[int, ...]], yaw: float, roll: float, side: float
) -> None:
    order, signs = storage
    direction = np.eye(3)[:, list(order)] * np.array(signs)
    size, spacing = (36, 36, 36), (5.0, 5.0, 5.0)
    corner = -direction @ (np.array(size) * np.array(spacing) / 2)
    grid = Grid(size, spacing, tuple(corner), tuple(direction.ravel()))  # type: ignore[arg-type]
    brain, lesion = head_on(grid, rotation((0.0, round(roll, 3), round(yaw, 3))), side)
    share = left_share(lesion, MidPlane.of(brain, grid), grid)
    assert share == (1.0 if side > 0 else 0.0)


def test_a_lesion_across_the_middle_is_shared() -> None:
    grid = Grid((36, 36, 36), (5.0, 5.0, 5.0), (-90.0, -90.0, -90.0), IDENTITY)
    brain, lesion = head_on(grid, np.eye(3), 0.0)
    assert left_share(lesion, MidPlane.of(brain, grid), grid) == pytest.approx(0.5, abs=0.15)


def test_without_lesion_there_are_zeros_and_no_side() -> None:
    grid = Grid((4, 5, 6), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), IDENTITY)
    empty, brain = np.zeros(grid.shape), np.ones(grid.shape, bool)
    found = measure(empty, empty, {"axial": empty.astype(bool)}, brain, grid, {"axial": 3}, {"axial": 0.5})
    assert (found.volume_ml, found.lesions, found.left_share, found.right_share) == (0.0, (), None, None)
    assert found.planes[0].dice_with_vote == 1.0
    assert found.doubtful_slices == ()


def test_the_most_doubtful_slice_comes_first_and_sure_slices_not_at_all() -> None:
    probability = np.zeros((5, 4, 4), np.float32)
    probability[1] = 0.99999
    probability[2, :2] = 0.5
    probability[4] = 0.5
    assert doubtful_slices(probability) == (4, 2)
