"""Masks: their connected parts, and what lies around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk

from .grid import Grid, bounding_box, box_slices
from .resampling import execute
from .volume import Volume

_TOLERANCE = 1e-6
"""Of a voxel: 0.3 ml are three voxels of 0.1 ml, whatever the rounding."""


def largest_part(mask: sitk.Image) -> sitk.Image:
    """The largest connected part (6 neighbours) of a mask, uint8."""
    ordered = sitk.RelabelComponentImageFilter()
    ordered.SortByObjectSizeOn()
    parts = execute(ordered, execute(sitk.ConnectedComponentImageFilter(), mask))
    return sitk.Cast(parts == 1, sitk.sitkUInt8)


def closed(mask: sitk.Image, radius: list[int]) -> sitk.Image:
    """The morphological closing by a ball of that radius in voxels."""
    closing = sitk.BinaryMorphologicalClosingImageFilter()
    closing.SetKernelRadius(radius)
    return execute(closing, mask)


def ball_radius(image: sitk.Image, mm: float) -> list[int]:
    """A structuring element's radius in voxels; an axis whose voxels are thicker than the radius stays as it is."""
    return [int(mm / step) for step in image.GetSpacing()]


def filled(mask: sitk.Image) -> sitk.Image:
    """The mask with its holes filled."""
    return execute(sitk.BinaryFillholeImageFilter(), mask)


def connected_parts(mask: np.ndarray) -> np.ndarray:
    """A number from 1 on for each connected part (26 neighbours) of a mask (z, y, x), 0 outside."""
    connected = sitk.ConnectedComponentImageFilter()
    connected.FullyConnectedOn()
    return sitk.GetArrayFromImage(execute(connected, sitk.GetImageFromArray((mask != 0).astype(np.uint8))))


def numbered_parts(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """The connected parts (26 neighbours) of a mask (z, y, x), numbered in descending volume from 1 on, and how many
    there are; of equals that which comes first stays first."""
    parts = connected_parts(mask)
    size = np.bincount(parts.ravel())[1:]
    number = np.zeros(len(size) + 1, parts.dtype)
    number[np.argsort(-size, kind="stable") + 1] = np.arange(1, len(size) + 1)
    return number[parts], len(size)


def without_small_parts(
    mask: np.ndarray, grid: Grid, smallest_ml: float, part: np.ndarray | None = None
) -> tuple[np.ndarray, int]:
    """A mask less its connected parts (26 neighbours) below a volume, and how many those were.

    Args:
        mask: (z, y, x).
        grid: that it lies on.
        smallest_ml: a part of exactly this volume stays.
        part: (z, y, x), of each voxel so much counts; all of it if None.

    Returns:
        bool (z, y, x), and a count.
    """
    mask = mask != 0
    if smallest_ml <= 0 or not mask.any():
        return mask, 0
    parts = connected_parts(mask)
    size = np.bincount(parts.ravel(), None if part is None else part.ravel())
    small = size < smallest_ml / grid.voxel_ml - _TOLERANCE
    small[0] = False
    return mask & ~small[parts], int(small.sum())


def grown(mask: np.ndarray, radius: Sequence[int]) -> np.ndarray:
    """A mask (z, y, x) dilated by a ball of this radius, in voxels along x, y, z; bool."""
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    return sitk.GetArrayFromImage(sitk.BinaryDilate(image, list(radius))) > 0


def filled_in_slices(mask: np.ndarray) -> np.ndarray:
    """A mask (z, y, x) without holes in any slice: thick slices leave most holes open above or below; bool."""
    planes = [sitk.BinaryFillhole(sitk.GetImageFromArray(plane.astype(np.uint8))) for plane in mask]
    return np.stack([sitk.GetArrayFromImage(plane) for plane in planes]) > 0


def cut(mask: np.ndarray, grid: Grid) -> Volume:
    """A mask (z, y, x) cut to the box around it, uint8; the first voxel alone where it is empty."""
    if not mask.any():
        return Volume(np.zeros((1, 1, 1), np.uint8), grid.crop((0, 0, 0), (1, 1, 1)))
    start, size = bounding_box(mask)
    return Volume(mask[box_slices(start, size)].astype(np.uint8), grid.crop(start, size))
