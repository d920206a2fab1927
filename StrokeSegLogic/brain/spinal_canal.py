"""Where a brain mask ends below: the spinal canal is no brain, and nothing but its width tells the two apart."""

from __future__ import annotations

from math import ceil

import numpy as np

from ..space.grid import Grid

NARROW_CM2 = 5.0
"""A horizontal section of the spinal canal is smaller, of the foramen magnum larger (6 to 9 cm2)."""
LONG_MM = 9.0
"""What is narrow and shorter than this is the round end of a brain."""
LEFT_IN_MM = 30.0
"""So much of the medulla and below it stripping tools leave in; what is longer is a canal that they missed."""
KEPT_MM = 5.0
"""So far below the lowest wide section does the medulla reach (label maps of 12 heads)."""


def above_spinal_canal(mask: np.ndarray, grid: Grid, kept_mm: float = KEPT_MM, long_mm: float = LONG_MM) -> np.ndarray:
    """A brain mask without the canal's tail: bool (z, y, x).

    Its horizontal sections are measured in the patient's axes, however the volume is stored or tilted. What lies lower
    than the lowest section of 5 cm2 and more goes, where that is long: a mask that ends with the cerebellum,
    or where the scan does, loses nothing.

    Args:
        mask: (z, y, x), what is not 0 is brain.
        grid: of it; directions are the patient's.
        kept_mm: of the tail; never less than a slice, if it is not 0.
        long_mm: what is shorter is no tail.
    """
    mask = mask != 0
    index = np.argwhere(mask)[:, ::-1]
    if not len(index):
        return mask
    # A section is as thick as the voxels that lie one above the other: of these each holds one.
    upright = int(np.abs(grid.matrix[2] / np.asarray(grid.spacing)).argmax())
    thick = grid.spacing[upright]
    height = grid.to_world(index)[:, 2]
    section = np.rint((height - height.min()) / thick).astype(int)
    area_cm2 = np.bincount(section) * grid.voxel_ml * 10 / thick
    wide = np.flatnonzero(area_cm2 >= NARROW_CM2)
    if not len(wide) or wide[0] * thick < long_mm:
        return mask
    kept = mask.copy()
    x, y, z = index[section < wide[0] - ceil(kept_mm / thick - 1e-3)].T
    kept[z, y, x] = False
    return kept
