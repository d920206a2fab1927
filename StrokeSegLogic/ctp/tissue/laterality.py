"""On which side a map is higher, told without its unit: for maps whose scale is unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base.errors import InputError
from ...brain.hemispheres import MidPlane, both_hemispheres
from ...space.grid import Grid
from ...space.smoothing import gaussian_within
from .reference import Side

_SMOOTHING_MM = 3.0
_TAIL = 0.9
"""Quantile of the one side beyond which values of the other side count as higher; a healthy side has a tenth there."""
CLEAR = 0.15
"""From this difference on a side is named. Ours."""


@dataclass(frozen=True)
class Asymmetry:
    """How two hemispheres differ in one map. Ranks alone are used, so any rising scale gives nearly the same.

    Attributes:
        left_excess: part of the left beyond the right's 90th percentile, less the tenth expected of a mirror image.
        right_excess: likewise of the right beyond the left's.
        left_above: chance that a voxel of the left is higher than a voxel of the right, 0 to 1; ties count half.
        side: the side that is clearly higher; None if neither is.
    """

    left_excess: float
    right_excess: float
    left_above: float
    side: Side | None

    @property
    def difference(self) -> float:
        """Positive where the left is higher."""
        return self.left_excess - self.right_excess


def asymmetry(values: np.ndarray, brain: np.ndarray, grid: Grid) -> Asymmetry:
    """How the hemispheres differ.

    On a map of delay (TTP, Tmax, MTT) the higher side is the delayed side.

    Args:
        values: (z, y, x).
        brain: 0 outside, of the same shape; voxels whose value is no number do not count.
        grid: that both lie on.

    Raises:
        InputError: if there is no brain with values, or one hemisphere alone.
    """
    brain = (brain != 0) & np.isfinite(values)
    if not both_hemispheres(brain, grid):
        what = "holds one hemisphere alone, which has no side to be compared with" if brain.any() else "holds no brain"
        raise InputError(what, where="the map", fix="Give slices that show both hemispheres")
    even = gaussian_within(values.astype(np.float32), brain, grid, _SMOOTHING_MM)
    left_half = MidPlane.of(brain, grid).left(grid)
    left, right = np.sort(even[brain & left_half]), np.sort(even[brain & ~left_half])
    left_excess, right_excess = _excess(left, right), _excess(right, left)
    difference = left_excess - right_excess
    side: Side | None = None
    if abs(difference) >= CLEAR:
        side = "left" if difference > 0 else "right"
    return Asymmetry(left_excess, right_excess, _above(left, right), side)


def _excess(own: np.ndarray, other: np.ndarray) -> float:
    limit = other[min(int(_TAIL * other.size), other.size - 1)]
    return float((own > limit).mean() - (other > limit).mean())


def _above(own: np.ndarray, other: np.ndarray) -> float:
    """The area under the ROC curve of two sorted samples (Mann and Whitney's U over the number of pairs)."""
    below = np.searchsorted(other, own, side="left") + np.searchsorted(other, own, side="right")
    return float(below.mean() / 2 / other.size)
