"""A lesion grown from a point: what hangs together with it in a probability map."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from .grid import Grid
from .masks import cut
from .resampling import execute
from .volume import Volume

STEP = 0.05
"""Thresholds stand this far from one another, the lowest at a step above 0 and the highest at a step below 1."""


def probability_at(probability: sitk.Image, point_mm: tuple[float, float, float]) -> float | None:
    """The value of the voxel that a point, mm, LPS, lies in; None beyond the map."""
    index = _voxel(probability, point_mm)
    return None if index is None else float(probability[index])


def first_threshold(value: float) -> float:
    """Where growing begins: at one half, or below the value of the point itself, where something of it is found."""
    return stepped(min(value, 0.5), 0)


def stepped(threshold: float, steps: int) -> float:
    """The threshold so many steps higher (below 0: lower), on a step and within the limits."""
    # A value that lies on a step to rounding lies on it.
    at = int(np.floor(threshold / STEP + 1e-6)) + steps
    return round(STEP * min(max(at, 1), round(1 / STEP) - 1), 6)


def grown_from(probability: sitk.Image, point_mm: tuple[float, float, float], threshold: float) -> Volume | None:
    """The connected part (26 neighbours) of all voxels of a threshold or more that a point lies in.

    Args:
        probability: of any real type.
        point_mm: LPS.
        threshold: of the map's unit; compared in the map's own precision.

    Returns:
        uint8, cut to the box around the part; None where the point's own voxel is below the threshold or lies beyond
        the map.
    """
    index = _voxel(probability, point_mm)
    if index is None:
        return None
    fill = sitk.ConnectedThresholdImageFilter()
    fill.SetSeedList([index])
    fill.SetLower(threshold)
    fill.SetUpper(float(np.finfo(np.float32).max))
    fill.SetConnectivity(sitk.ConnectedThresholdImageFilter.FullConnectivity)
    part = sitk.GetArrayViewFromImage(found := execute(fill, probability))
    if not part[index[::-1]]:
        return None
    return cut(part, Grid.of(found))


def _voxel(image: sitk.Image, point_mm: tuple[float, float, float]) -> tuple[int, int, int] | None:
    grid = Grid.of(image)
    place = np.rint(grid.to_index(np.array([point_mm]))[0])
    if not np.all((place >= 0) & (place < grid.size)):
        return None
    x, y, z = place.astype(int).tolist()
    return x, y, z
