"""Which slices of a volume a report shows, how much of each, and where they lie in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..space.grid import Grid, bounding_box
from .pictures import View, anatomical

SMALL_PX, LARGE_PX = 280, 420
"""Pixels along the longest side of the brain in the rows of six and of three."""
_MARGIN_MM = 8.0


def montage(found: np.ndarray, brain: np.ndarray, fewest: int, most: int) -> list[int]:
    """The slices that show what was found, with slices around a small one that hold none; the brain without any.

    Args:
        found, brain: bool (z, y, x).
        fewest, most: slices to show.
    """
    depth = len(found)
    held = np.flatnonzero(found.any(axis=(1, 2)))
    if not held.size:
        area = brain.sum(axis=(1, 2))
        inside = np.flatnonzero(area > area.max() / 10)  # its poles tell nothing
        return spread(inside if inside.size else np.arange(depth), fewest)
    if held.size >= fewest:
        return spread(held, most)
    first, last = int(held[0]), int(held[-1])
    spare = max(fewest - (last - first + 1), 0)
    first = max(min(first - spare // 2, depth - fewest), 0)
    around = np.arange(first, min(max(first + fewest, last + 1), depth))
    return spread(around, most) if around.size > most else [int(k) for k in around]


def fullest(found: np.ndarray, brain: np.ndarray) -> int:
    """The slice with most of what was found; of the brain without any; the middle one without brain."""
    tissue = found if found.any() else brain
    return int(tissue.sum(axis=(1, 2)).argmax()) if tissue.any() else len(found) // 2


def visible_box(brain: np.ndarray, grid: Grid) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
    """The box around the brain with a margin; None, for all, without brain."""
    if not brain.any():
        return None
    return bounding_box(brain, [int(np.ceil(_MARGIN_MM / step)) for step in grid.spacing])


def spread(slices: np.ndarray | Sequence[int], most: int) -> list[int]:
    """At most `most` of the slices, evenly spread, first and last among them."""
    if len(slices) <= most:
        return [int(k) for k in slices]
    return [int(slices[i]) for i in np.round(np.linspace(0, len(slices) - 1, most)).astype(int)]


def position(view: View) -> str:
    """Where the slice's centre lies, as 3D Slicer says it: "S 12 mm" is 12 mm to the head from the origin."""
    centre = view.slab.to_world((np.asarray(view.slab.size)[None] - 1) / 2)[0]
    axis = {"sagittal": 0, "coronal": 1, "axial": 2}[view.plane]
    return f"{anatomical(axis, float(centre[axis]))} mm"
