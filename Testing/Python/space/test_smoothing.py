"""Gaussians, against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.smoothing import (
    SLICES,
    discrete_gaussian,
    gaussian_in_slices,
    gaussian_within,
    recursive_gaussian,
)

UPRIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def test_smoothing_within_tissue_is_not_biased_by_a_vessel_beside_it() -> None:
    grid = Grid((30, 30, 1), (1.0, 1.0, 5.0), (0.0, 0.0, 0.0), UPRIGHT)
    values = np.full(grid.shape, 20.0)
    mask = np.ones(grid.shape, bool)
    mask[0, 10:14, 10:14] = False
    values[~mask] = 400
    even = gaussian_within(values, mask, grid, 2.0)
    assert even[mask] == pytest.approx(20, abs=1e-3) and (even[~mask] == 0).all()


def test_smoothing_agrees_with_scipys_gaussian_in_the_middle_of_tissue() -> None:
    grid = Grid((40, 40, 1), (1.0, 1.0, 5.0), (0.0, 0.0, 0.0), UPRIGHT)
    values = np.random.default_rng(0).random(grid.shape).astype(np.float32)
    even = gaussian_within(values, np.ones(grid.shape, bool), grid, 2.0)
    expected = ndimage.gaussian_filter(values, (0, 2, 2), truncate=6)
    assert even[0, 12:28, 12:28] == pytest.approx(expected[0, 12:28, 12:28], abs=0.01)


@pytest.mark.parametrize("sigma", [2.0, 5.0])
def test_smoothing_never_leaves_the_range_of_what_it_smooths(sigma: float) -> None:
    values = np.ones((14, 44, 44), np.float32)
    values[:, 20:, :] = 6.0
    grid = Grid((44, 44, 14), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0), UPRIGHT)
    found = gaussian_within(values, np.ones(values.shape, bool), grid, sigma)
    assert found.max() <= 6.0 and found.min() >= 1.0 and 1.0 < found[7, 19, 22] < 6.0


def test_slices_are_smoothed_each_by_itself_and_a_narrow_kernel_leaves_them() -> None:
    values = np.random.default_rng(1).random((3, 60, 50)).astype(np.float32)
    found = gaussian_in_slices(values, (2.0, 1.0, 5.0), 3.0)
    expected = ndimage.gaussian_filter(values, (0, 3, 1.5), truncate=6)
    assert found[:, 20:40, 12:38] == pytest.approx(expected[:, 20:40, 12:38], abs=0.01)
    assert np.array_equal(gaussian_in_slices(values, (2.0, 2.0, 5.0), 0.9), values)


def test_an_axis_of_three_voxels_stays_as_it_is() -> None:
    image = sitk.GetImageFromArray(np.random.default_rng(2).random((3, 3, 3)).astype(np.float32))
    assert np.array_equal(sitk.GetArrayFromImage(recursive_gaussian(image, 2.0)), sitk.GetArrayFromImage(image))
    assert recursive_gaussian(image, 2.0, SLICES, narrow=True) is image


def test_a_sampled_kernel_is_exact_for_narrow_gaussians_and_leaves_an_axis_of_variance_0() -> None:
    values = np.zeros((5, 21, 21), np.float32)
    values[2, 10, 10] = 1
    found = discrete_gaussian(values, (0.16, 0.16, 0.0))
    assert found.sum() == pytest.approx(1, abs=1e-5) and not found[[0, 1, 3, 4]].any()
    assert found[2, 10, 10] == pytest.approx(found[2].max()) and found[2, 10, 9] == pytest.approx(found[2, 9, 10])
