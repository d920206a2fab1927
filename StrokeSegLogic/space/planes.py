"""The three planes: stacks of slices out of a volume in working orientation, and back."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

Plane = Literal["axial", "coronal", "sagittal"]
PLANES: tuple[Plane, ...] = get_args(Plane)

MIRRORED: tuple[Plane, ...] = ("axial", "coronal")
"""Planes whose columns run from left to right. The models have learned from heads mirrored so; no network has seen a
face where the back of the head is, which a mirrored sagittal slice would show."""

# The volume axis (z, y, x) along which a plane's slices are stacked.
_STACKED = {"axial": 0, "coronal": 1, "sagittal": 2}


def to_stack(volume: np.ndarray, plane: Plane) -> np.ndarray:
    """The slices (N, H, W) of a volume (z, y, x) in working orientation, as a view.

    Rows and columns: axial front to back by left to right; coronal head to feet by left to right; sagittal head to
    feet by back to front (left and right are the patient's).
    """
    stack = np.moveaxis(volume, _STACKED[plane], 0)
    return stack[:, :, ::-1] if plane == "sagittal" else stack


def from_stack(stack: np.ndarray, plane: Plane) -> np.ndarray:
    """The volume (z, y, x) of slices (N, H, W): the inverse of `to_stack`, as a view."""
    if plane == "sagittal":
        stack = stack[:, :, ::-1]
    return np.moveaxis(stack, 0, _STACKED[plane])
