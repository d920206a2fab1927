"""Values at other voxels of space: onto a grid, back onto the reference, slices at another pixel spacing.

ITK's filters are given up in the middle of a volume where the run is cancelled.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk

from ..base.errors import Cancelled
from ..base.progress import check_cancelled
from .grid import Grid

FEWEST_IN_A_ROW = 4
"""Voxels that ITK's recursive Gaussian needs along an axis."""
_HALF = 0.499
"""Half, less what interpolation of 0 and 1 may lose by rounding."""
_INTERPOLATORS = {"linear": sitk.sitkLinear, "nearest": sitk.sitkNearestNeighbor}


def execute(work: Any, *images: sitk.Image) -> sitk.Image:
    """What a filter makes of images; it is asked between parts of the volume whether to go on.

    Args:
        work: a SimpleITK filter object, its parameters set.
        images: its inputs.

    Raises:
        Cancelled: if the run was cancelled.
        RuntimeError: what ITK raises.
    """
    given_up = False

    def ask() -> None:
        nonlocal given_up
        # An exception would not pass through ITK: the filter is told to stop, and the reason raised behind it.
        try:
            check_cancelled()
        except Cancelled:
            given_up = True
            work.Abort()

    work.AddCommand(sitk.sitkProgressEvent, ask)
    try:
        made: sitk.Image = work.Execute(*images)
    except RuntimeError:
        if given_up:
            raise Cancelled from None
        raise
    finally:
        work.RemoveAllCommands()
    if given_up:
        raise Cancelled
    return made


def resample(image: sitk.Image, grid: Grid, interpolation: str = "linear", fill: float = 0.0) -> sitk.Image:
    """The image's values at the voxels of `grid`, in physical space.

    With "linear", an axis that gets coarser by more than half is smoothed first (Gaussian, half the new voxel
    less half the old as sigma), so that fine structure does not alias. An image that already lies on the grid
    is handed back untouched.

    Args:
        image: any 3-D image.
        grid: where values are wanted.
        interpolation: "linear" or "nearest" (for labels).
        fill: value outside the image's field of view.
    """
    if Grid.of(image).same(grid):
        return image
    if interpolation == "linear":
        image = _smooth_for(image, grid)
    work = sitk.ResampleImageFilter()
    work.SetSize(grid.size)
    work.SetTransform(sitk.Transform(3, sitk.sitkIdentity))
    work.SetInterpolator(_INTERPOLATORS[interpolation])
    work.SetOutputOrigin(grid.origin)
    work.SetOutputSpacing(grid.spacing)
    work.SetOutputDirection(grid.direction)
    work.SetDefaultPixelValue(fill)
    work.SetOutputPixelType(image.GetPixelID())
    return execute(work, image)


def resample_mask(mask: sitk.Image, grid: Grid) -> np.ndarray:
    """A 0/1 image at the voxels of `grid`: bool (z, y, x), set where at least half of the neighbourhood is.

    A voxel half-way between set and unset is always set. Nearest neighbour would decide such ties by rounding, and
    so by how the volume happens to be stored.
    """
    values = sitk.GetArrayFromImage(resample(sitk.Cast(mask, sitk.sitkFloat32), grid))
    return values > _HALF


def field_of_view(own: Grid, grid: Grid) -> np.ndarray:
    """Which voxels of `grid` a volume on the grid `own` shows, bool (z, y, x), as masks are resampled."""
    return resample_mask(own.image(np.ones(own.shape, np.uint8)), grid)


def _smooth_for(image: sitk.Image, grid: Grid) -> sitk.Image:
    # The target's step along each image axis: how far apart two target voxels lie along that axis.
    along = np.abs(np.linalg.inv(np.asarray(image.GetDirection()).reshape(3, 3)) @ grid.matrix).max(axis=1)
    for axis, step in enumerate(along):
        image = smooth_axis(image, axis, float(step))
    return image


def smooth_axis(image: sitk.Image, axis: int, step: float) -> sitk.Image:
    """An image (2-D or 3-D) smoothed along one axis before it is sampled at a larger step (mm), so as not to alias.

    Gaussian, half the new step less half the old as sigma; nothing is done where the step grows by half or less.
    """
    spacing = image.GetSpacing()[axis]
    if step <= 1.5 * spacing or image.GetSize()[axis] < FEWEST_IN_A_ROW:
        return image
    work = sitk.RecursiveGaussianImageFilter()
    work.SetSigma((step - spacing) / 2)
    work.SetDirection(axis)
    return execute(work, image)


def onto_reference(values: np.ndarray, working: Grid, reference: Grid) -> np.ndarray:
    """Probabilities (z, y, x) of the working grid at the reference's voxels, float32, 0 beyond the working grid.

    Each plane's probability comes back before the vote, so that labels, agreement and probability of the result are
    of one making: they are counted on the voxels that the reader sees.
    """
    image = resample(working.image(np.ascontiguousarray(values, np.float32)), reference)
    # Linear interpolation keeps the range; smoothing before it may leave it by a rounding error.
    return np.clip(sitk.GetArrayFromImage(image), 0.0, 1.0)


SpacingMm = tuple[float, float]
"""Distance of rows and of columns, mm."""


def resample_slices(
    stack: np.ndarray, spacing: SpacingMm, target: SpacingMm, shape: tuple[int, ...] | None = None
) -> np.ndarray:
    """Slices at another pixel spacing, over the same field of view; linear, smoothed before they get coarser.

    Args:
        stack: (N, H, W).
        spacing: distance of rows and of columns in mm.
        target: the same, wanted.
        shape: rows and columns wanted; None is what covers the field of view.

    Returns:
        float32 (N, rows, columns).
    """
    if np.allclose(spacing, target) and (shape is None or stack.shape[1:] == shape):
        return stack
    if shape is None:
        shape = tuple(
            max(round(n * old / new), 1) for n, old, new in zip(stack.shape[1:], spacing, target, strict=True)
        )
    # Both grids share their centre, so that a side that is rounded pads or cuts both borders alike.
    first = tuple(
        ((n - 1) * old - (m - 1) * new) / 2
        for n, m, old, new in zip(stack.shape[1:], shape, spacing, target, strict=True)
    )
    out = np.zeros((len(stack), *shape), np.float32)
    for number, values in enumerate(stack):
        image = sitk.GetImageFromArray(values.astype(np.float32))
        image.SetSpacing(spacing[::-1])
        for axis, step in enumerate(target[::-1]):
            image = smooth_axis(image, axis, step)
        moved = sitk.Resample(
            image,
            shape[::-1],
            sitk.Transform(2, sitk.sitkIdentity),
            sitk.sitkLinear,
            first[::-1],
            target[::-1],
            (1.0, 0.0, 0.0, 1.0),
            0.0,
        )
        out[number] = sitk.GetArrayFromImage(moved)
    return out
