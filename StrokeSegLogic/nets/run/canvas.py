"""Slices in the middle of a canvas: networks are shown them on the one that they learned on.

The zeros that convolutions add tell a network where the canvas ends. One that has learned with background around the
brain is less sure of lesions where the canvas ends at the brain, and surer on a wider one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .intensity import LOWEST

Window = tuple[slice, ...]


def centred(shape: Sequence[int], canvas: Sequence[int]) -> tuple[Window, Window]:
    """Which part of a canvas an image takes that lies in its middle, and which part of the image that is.

    What is larger than the canvas is cut on both sides.
    """
    target, origin = [], []
    for n, side in zip(shape, canvas, strict=True):
        kept = min(n, side)
        target.append(slice((side - kept) // 2, (side - kept) // 2 + kept))
        # Rounded so that an image whose even margin is cut away first lies in the same place.
        first = (n - kept + 1) // 2
        origin.append(slice(first, first + kept))
    return tuple(target), tuple(origin)


def canvases(slices: np.ndarray, canvas: Sequence[int]) -> list[tuple[int, int]]:
    """The canvas of each slice, rows and columns: the one that is asked for, but longer where brain would be cut.

    Args:
        slices: normalised, (N, C, H, W), see `on_canvas`.
        canvas: rows and columns; empty leaves slices as they are.
    """
    shape = slices.shape[2:]
    if not canvas:
        return [(shape[0], shape[1])] * len(slices)
    brain = _there(slices) & (slices > LOWEST)
    sides = []
    for axis, (n, side) in enumerate(zip(shape, canvas, strict=True)):
        _, (kept,) = centred((n,), (side,))
        used: np.ndarray = np.any(brain, axis=(1, 3 - axis))
        sides.append([n if lost else side for lost in used.sum(axis=1) > used[:, kept].sum(axis=1)])
    return list(zip(*sides, strict=True))


def on_canvas(slices: np.ndarray, canvas: Sequence[int]) -> tuple[np.ndarray, Window, Window]:
    """Normalised slices in the middle of a canvas.

    Args:
        slices: float32 (N, C, H, W); a channel that is 0 everywhere is missing, others are `LOWEST` around the brain.
        canvas: rows and columns.

    Returns:
        The slices on the canvas, missing channels 0 there, too; their rows and columns in it; and which of their own
        rows and columns these are.
    """
    shape = slices.shape[2:]
    target, origin = centred(shape, canvas)
    if tuple(canvas) == shape:
        return slices, target, origin
    empty = np.where(_there(slices), np.float32(LOWEST), np.float32(0))
    out = np.broadcast_to(empty, (*slices.shape[:2], *canvas)).copy()
    out[..., target[0], target[1]] = slices[..., origin[0], origin[1]]
    return out, target, origin


def _there(slices: np.ndarray) -> np.ndarray:
    """Which channels are not missing, bool (N, C, 1, 1)."""
    return np.any(slices, axis=(2, 3), keepdims=True)
