"""What networks are shown: comparable intensities, in the middle of the canvas that they learned on.

One definition for training, slices and volumes. The zeros that convolutions add tell a network where the canvas ends. A
network that has learned with background around the brain is less sure of lesions where the canvas ends at the brain,
and surer on a wider canvas.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...base.errors import InputError

LOWEST, HIGHEST = -1.0, 4.0
"""Range of normalised intensities: no signal, and five times the typical tissue's."""
Window = tuple[slice, ...]


def normalise(values: np.ndarray, brain: np.ndarray, shown: np.ndarray | None = None) -> np.ndarray:
    """Signal relative to the brain's median: (x / median) - 1, cut to -1 ... 4, and -1 outside of what is shown.

    MR signal has a true zero (air) and an arbitrary gain, so that a ratio to typical tissue is what carries over
    between scanners; it does not move with a slice's noise or texture, as a z-score does. Images that somebody has
    shifted (negative inside more than 5 % of the brain, z-scores for instance) first get their 1st percentile as
    zero.

    Args:
        values: any shape.
        brain: bool, same shape; at least one voxel.
        shown: bool, same shape, what networks see; the brain if None.

    Returns:
        float32, same shape.

    Raises:
        InputError: if the brain has no contrast to normalise by.
    """
    inside = values[brain].astype(np.float32)
    zero = np.float32(0)
    if np.percentile(inside, 5) < 0:
        zero = np.percentile(inside, 1).astype(np.float32)
    gain = np.median(inside) - zero
    if not gain > 0:
        raise InputError(
            "more than half of the brain has no signal",
            fix="Check that this is the right volume and that it is not masked or windowed away",
        )
    relative = np.clip((values.astype(np.float32) - zero) / gain - 1.0, LOWEST, HIGHEST)
    return np.where(brain if shown is None else shown, relative, np.float32(LOWEST))


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
    """The canvas of each slice, rows and columns: as asked for, but longer where brain would be cut.

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
