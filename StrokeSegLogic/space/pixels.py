"""Stacks of 2-D slices at another pixel spacing: the plane's counterpart of `grid.resample`."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from .grid import smooth_axis

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
