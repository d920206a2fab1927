"""Two slabs of one scan, which lie one above the other."""

from __future__ import annotations

import numpy as np

from .grid import Grid

_TOUCHING_MM = 15.0
"""Two slabs of one scan lie at most this far apart along the slices."""


def have_same_slices(first: Grid, other: Grid) -> bool:
    """Whether slices of two grids have the same pixels, distance and orientation, wherever they lie."""
    if first.size[:2] != other.size[:2]:
        return False
    return np.allclose(first.spacing, other.spacing, rtol=1e-3) and np.allclose(
        first.direction, other.direction, atol=1e-3
    )


def are_two_slabs(first: Grid, other: Grid) -> bool:
    """Whether two grids lie one above the other, with the same slices beside that: two slabs of one scan."""
    if not have_same_slices(first, other):
        return False
    normal = np.asarray(first.direction).reshape(3, 3)[:, 2]
    low, high = sorted(
        (float(corners.min()), float(corners.max())) for corners in (first.corners() @ normal, other.corners() @ normal)
    )
    gap = high[0] - low[1]
    shift = first.to_world(np.zeros((1, 3)))[0] - other.to_world(np.zeros((1, 3)))[0]
    sideways = float(np.linalg.norm(shift - normal * (normal @ shift)))
    return -0.5 * first.spacing[2] <= gap <= _TOUCHING_MM and sideways < 0.5 * min(first.spacing[:2])
