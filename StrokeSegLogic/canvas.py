"""Slices in the middle of a canvas: after training networks are shown them on the one that they learned from.

The zeros that convolutions add tell a network where the canvas ends. One that has learned with background around the
brain is less sure of lesions where the canvas ends at the brain, and surer than it should be on a wider one.
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
        # Rounded so that what lies in the middle stays there when a margin is cut away first.
        first = (n - kept + 1) // 2
        origin.append(slice(first, first + kept))
    return tuple(target), tuple(origin)


def on_canvas(slices: np.ndarray, canvas: Sequence[int]) -> tuple[np.ndarray, Window, Window]:
    """Normalised slices in the middle of a canvas. No brain is cut: a side on which that would be lost stays longer.

    Args:
        slices: float32 (N, C, H, W); a channel that is 0 everywhere is missing, others are `LOWEST` around the brain.
        canvas: rows and columns; empty leaves the slices as they are.

    Returns:
        The slices on the canvas, missing channels 0 there, too; their rows and columns in it; and which of their own
        rows and columns these are.
    """
    shape = slices.shape[2:]
    there = slices.any(axis=(2, 3), keepdims=True)
    brain: np.ndarray = np.any(there & (slices > LOWEST), axis=(0, 1))
    sides = []
    for axis, (n, side) in enumerate(zip(shape, canvas or shape, strict=True)):
        _, (kept,) = centred((n,), (side,))
        used: np.ndarray = np.any(brain, axis=1 - axis)
        sides.append(n if used.sum() > used[kept].sum() else side)
    target, origin = centred(shape, sides)
    if tuple(sides) == shape:
        return slices, target, origin
    out = np.broadcast_to(np.where(there, np.float32(LOWEST), np.float32(0)), (*slices.shape[:2], *sides)).copy()
    out[..., target[0], target[1]] = slices[..., origin[0], origin[1]]
    return out, target, origin
