"""NaN and infinity in an MR volume: no value, which is what tools write around a head, and is no measurement within."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid
from .checks import require_finite

_AIR = 0.1
"""Of the 99th percentile: what is darker is no part of a head's outline."""
_MOST_WITHIN = 1e-3
"""Of the head's voxels; with more missing the volume does not show the brain."""


def zero_for_no_value(image: sitk.Image, where: str) -> tuple[sitk.Image, str]:
    """The volume with 0 where it holds NaN or infinity, and a sentence on it; "" where there is none.

    Raises:
        InputError: if it holds no number, or lacks more than a thousandth of the head.
    """
    values = sitk.GetArrayViewFromImage(image)
    known = np.isfinite(values)
    if known.all():
        return image, ""
    if not known.any():
        require_finite(image, where)
    filled = np.where(known, values, 0).astype(values.dtype)
    head = _head(filled, known)
    within = int((head & ~known).sum())
    count = int((~known).sum())
    if within > _MOST_WITHIN * head.sum():
        raise InputError(
            f"holds {within} NaN or infinite voxels inside of the head ({within / int(head.sum()):.1%} of it)",
            where=where,
            fix="Export it again; only outside of the head may values be missing",
        )
    told = "1 voxel without value (NaN or infinite) counts" if count == 1 else _several(count)
    place = "outside of the head" if not within else f"{within} of them inside of the head, where nothing can be judged"
    return Grid.of(image).image(filled), f"{told} as 0: {place}"


def _several(count: int) -> str:
    return f"{count} voxels without value (NaN or infinite) count"


def _head(filled: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The largest bright body and what it encloses."""
    bright = filled > _AIR * np.percentile(filled[known], 99)
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(sitk.GetImageFromArray(bright.astype(np.uint8))))
    return sitk.GetArrayFromImage(sitk.BinaryFillhole(parts == 1)).astype(bool)
