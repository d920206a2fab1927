"""Tissue with so little flow that the maps cannot tell its delay: Tmax is 0 there, as in software's failed fits.

Tmax 0 alone says nothing: some software stores it for all tissue without delay. Where flow is normal it means no delay;
where hardly any blood flows nothing was measured, and the delay is taken from the nearest tissue that has it. So the
middle of an infarct, at the brain's edge too, is as late as what surrounds it, and a healthy island is not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import SimpleITK as sitk

from ...space.grid import Grid, bounding_box, box_slices
from ...space.masks import connected_parts

_HARDLY = 0.3
"""Flow below this part of the usual is too low to be timed: that of a core."""
_MARGIN_MM = 40.0
"""Around what has no delay, so far the nearest tissue that has it is looked for."""


def find_untimed(
    tmax: np.ndarray,
    cbf: np.ndarray,
    tissue: np.ndarray,
    mirror: Callable[[np.ndarray], np.ndarray] | None,
) -> np.ndarray:
    """Tissue without delay whose flow is below 30 % of the median, on one side alone; bool (z, y, x).

    What looks so on both sides is partial volume of CSF and the brain's edge.

    Args:
        tmax: as given, s, (z, y, x); 0 is none.
        cbf: smoothed, any unit.
        tissue: bool.
        mirror: a mask's mirror image with some reach; None where one hemisphere alone is seen.
    """
    flowing = cbf[tissue & (cbf > 0)]
    if not flowing.size:
        return np.zeros(tissue.shape, bool)
    found = tissue & (tmax <= 0) & (cbf < _HARDLY * float(np.median(flowing)))
    return found if mirror is None else found & ~mirror(found)


def nearest_delay(tmax: np.ndarray, no_time: np.ndarray, timed: np.ndarray, grid: Grid) -> np.ndarray:
    """Tmax (z, y, x), where `no_time` that of the nearest `timed` voxel in mm, and what most of a connected part has.

    That is: at least the median over the connected part (26 neighbours). An infarct that borders on healthy tissue at
    one side is one infarct.
    """
    if not no_time.any() or not timed.any():
        return tmax
    margin = tuple(int(np.ceil(_MARGIN_MM / step)) for step in grid.spacing)
    box = box_slices(*bounding_box(no_time, margin))
    inside, known, times = no_time[box], timed[box], tmax[box]
    if not known.any():
        return tmax
    image = sitk.GetImageFromArray(known.astype(np.uint8))
    image.SetSpacing(grid.spacing)
    # scipy's distance transform settles ties the other way: on some maps other voxels would be called core.
    distance = sitk.DanielssonDistanceMapImageFilter()
    distance.InputIsBinaryOn()
    distance.UseImageSpacingOn()
    distance.Execute(image)
    places = np.argwhere(inside)
    steps = sitk.GetArrayFromImage(distance.GetVectorDistanceMap())[inside][:, ::-1]
    near = np.clip(places + steps, 0, np.array(inside.shape) - 1)
    found = times[tuple(near.T)]
    out = tmax.copy()
    out[box][inside] = np.maximum(found, _median_of_part(found, connected_parts(inside)[inside]))
    return out


def _median_of_part(values: np.ndarray, part: np.ndarray) -> np.ndarray:
    """For each value (N,) the lower median of the values of its part (N,)."""
    order = np.lexsort((values, part))
    _, first, back, count = np.unique(part[order], return_index=True, return_inverse=True, return_counts=True)
    middle = values[order][first + (count - 1) // 2]
    out = np.empty_like(values)
    out[order] = middle[back.reshape(-1)]
    return out
