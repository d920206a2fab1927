"""Connected parts of masks, against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.masks import (
    connected_parts,
    filled_in_slices,
    grown,
    largest_part,
    numbered_parts,
    without_small_parts,
)

UPRIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def grid_of(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> Grid:
    return Grid(shape[::-1], spacing, (0.0, 0.0, 0.0), UPRIGHT)


@given(
    seed=st.integers(0, 10_000),
    fill=st.floats(0.02, 0.3),
    smallest=st.floats(0.1, 12),
    spacing=st.sampled_from([(1.0, 1.0, 1.0), (2.0, 2.0, 5.0), (0.1, 0.1, 0.1)]),
)
def test_parts_below_a_volume_go_and_all_others_stay(
    seed: int, fill: float, smallest: float, spacing: tuple[float, float, float]
) -> None:
    mask = np.random.default_rng(seed).random((6, 7, 8)) < fill
    grid = grid_of(mask.shape, spacing)
    kept, dropped = without_small_parts(mask, grid, smallest * grid.voxel_ml)
    parts, count = ndimage.label(mask, np.ones((3, 3, 3)))
    sizes = ndimage.sum_labels(mask, parts, range(1, count + 1)) if count else np.zeros(0)
    large = 1 + np.flatnonzero(sizes >= smallest)
    np.testing.assert_array_equal(kept, np.isin(parts, large))
    assert dropped == count - large.size


@pytest.mark.parametrize(
    ("limit_ml", "stays"), [(0.3, True), (0.30000000000000004, True), (0.31, False), (0.34, False)]
)
def test_three_voxels_of_a_tenth_of_a_ml_are_three_tenths_whatever_the_rounding(limit_ml: float, stays: bool) -> None:
    mask = np.zeros((4, 5, 6), bool)
    mask[1, 2, 1:4] = True
    kept, dropped = without_small_parts(mask, grid_of(mask.shape, (5.0, 5.0, 4.0)), limit_ml)
    assert kept.any() == stays and dropped == (0 if stays else 1)


@pytest.mark.parametrize("smallest", [0.0, -1.0])
def test_without_a_limit_every_part_stays(smallest: float) -> None:
    mask = np.zeros((3, 3, 3), np.uint8)
    mask[0, 0, 0] = mask[2, 2, 2] = 1
    kept, dropped = without_small_parts(mask, grid_of(mask.shape, (1.0, 1.0, 1.0)), smallest)
    assert np.array_equal(kept, mask > 0) and dropped == 0


def test_the_less_of_its_voxels_counts_the_larger_a_part_must_be() -> None:
    mask = np.zeros((3, 9, 3), np.uint8)
    mask[1, 1:4, 1] = mask[1, 6:8, 1] = 1
    sure = np.where(np.arange(9) < 5, 0.3, 0.9)[None, :, None] * np.ones(mask.shape)
    kept, dropped = without_small_parts(mask, grid_of(mask.shape, (10.0, 10.0, 10.0)), 1.0, sure)
    assert dropped == 1 and not kept[:, :5].any() and kept[1, 6:8, 1].all()


def test_parts_touch_by_corners_and_the_largest_does_not() -> None:
    mask = np.zeros((4, 4, 4), np.uint8)
    mask[0, 0, 0] = mask[1, 1, 1] = mask[1, 1, 2] = 1
    assert connected_parts(mask).max() == 1
    assert sitk.GetArrayFromImage(largest_part(sitk.GetImageFromArray(mask))).sum() == 2
    assert not sitk.GetArrayFromImage(largest_part(sitk.GetImageFromArray(mask * 0))).any()


def test_a_mask_grows_along_each_axis_by_its_own_radius() -> None:
    mask = np.zeros((5, 7, 9), bool)
    mask[2, 3, 4] = True
    z, y, x = np.nonzero(grown(mask, (3, 2, 1)))
    assert (np.ptp(x), np.ptp(y), np.ptp(z)) == (6, 4, 2)


def test_holes_are_filled_slice_by_slice() -> None:
    ring = np.ones((2, 5, 5), bool)
    ring[:, 2, 2] = False
    ring[1, :, 2:] = False
    filled = filled_in_slices(ring)
    assert filled[0].all() and not filled[1, 2, 2]


@given(seed=st.integers(0, 10_000), fill=st.floats(0.02, 0.3))
def test_parts_are_numbered_by_size_and_keep_their_voxels(seed: int, fill: float) -> None:
    mask = np.random.default_rng(seed).random((6, 9, 8)) < fill
    parts, count = numbered_parts(mask)
    theirs, expected = ndimage.label(mask, np.ones((3, 3, 3)))
    assert count == expected and np.array_equal(parts > 0, mask)
    pairs = {(int(a), int(b)) for a, b in zip(parts[mask], theirs[mask], strict=True)}
    assert len(pairs) == count, "each part is one of scipy's"
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    assert (np.diff(sizes.astype(int)) <= 0).all()
