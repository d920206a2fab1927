"""Gaussian smoothing: recursive for wide kernels, discrete for narrow kernels, within a mask alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk

from .grid import Grid
from .resampling import FEWEST_IN_A_ROW

SLICES, VOLUME = (0, 1), (0, 1, 2)
"""Axes (x, y, z) within slices stacked along z, and all."""


def recursive_gaussian(
    image: sitk.Image, sigma_mm: float, axes: Sequence[int] = VOLUME, *, narrow: bool = False
) -> sitk.Image:
    """An image smoothed along some of its axes (Young and van Vliet's filter, whose cost no sigma raises).

    Args:
        image: float, 2-D or 3-D; its spacing is in mm.
        sigma_mm: of the Gaussian.
        axes: x, y, z as 0, 1, 2; an axis with too few voxels stays as it is.
        narrow: whether axes stay in whose voxels sigma is less than half of; the filter is not exact there, and there
            is little to gain.
    """
    if narrow and tuple(axes) == VOLUME and min(image.GetSize()) >= FEWEST_IN_A_ROW:
        return sitk.SmoothingRecursiveGaussian(image, sigma_mm)
    for axis in axes:
        if image.GetSize()[axis] >= FEWEST_IN_A_ROW and (narrow or image.GetSpacing()[axis] <= 2 * sigma_mm):
            image = sitk.RecursiveGaussian(image, sigma_mm, direction=axis)
    return image


def gaussian_in_slices(volume: np.ndarray, spacing: Sequence[float], sigma_mm: float) -> np.ndarray:
    """A volume (z, y, x) smoothed within its slices.

    Args:
        volume: float32.
        spacing: x, y, z, mm.
        sigma_mm: a kernel narrower than half a pixel leaves the volume as it is.
    """
    image = sitk.GetImageFromArray(volume)
    image.SetSpacing(tuple(map(float, spacing)))
    return sitk.GetArrayFromImage(recursive_gaussian(image, sigma_mm, SLICES))


def gaussian_within(values: np.ndarray, mask: np.ndarray, grid: Grid, sigma_mm: float) -> np.ndarray:
    """Gaussian smoothing (sigma in mm) among the voxels of a mask alone; 0 outside of it.

    Vessels and air would else bleed into tissue: masked smoothing has no such bias (Wack et al., BMC Med Imaging 2014,
    14:28).

    Args:
        values, mask: (z, y, x); what is no number does not count.
        grid: of both.
        sigma_mm: 0 for none.
    """
    mask = (mask != 0) & np.isfinite(values)
    inside = np.where(mask, values, 0).astype(np.float32)
    if sigma_mm <= 0 or not mask.any():
        return inside

    def smooth(array: np.ndarray) -> np.ndarray:
        return sitk.GetArrayFromImage(recursive_gaussian(grid.image(array), sigma_mm))

    mean = smooth(inside) / np.maximum(smooth(mask.astype(np.float32)), 1e-6)
    # The recursive filter overshoots a little: no mean lies beyond what it is a mean of.
    held = np.clip(mean, inside[mask].min(), inside[mask].max())
    return np.where(mask, held, 0).astype(np.float32)


def discrete_gaussian(volume: np.ndarray, variance: Sequence[float], widest: int = 32) -> np.ndarray:
    """A volume (z, y, x) smoothed by a sampled kernel, exact for narrow kernels too.

    Args:
        volume: float32.
        variance: in voxels squared along x, y, z; 0 leaves an axis as it is.
        widest: most voxels of the kernel.
    """
    image = sitk.GetImageFromArray(volume)
    return sitk.GetArrayFromImage(
        sitk.DiscreteGaussian(image, tuple(variance), maximumKernelWidth=widest, useImageSpacing=False)
    )
