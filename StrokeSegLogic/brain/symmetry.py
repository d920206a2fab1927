"""What the other hemisphere tells: a mask seen in the mirror, and whether both hemispheres are there."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from ..space.grid import Grid
from ..space.masks import grown
from .hemispheres import MidPlane

_NARROWEST = 0.6
"""A brain is about 0.8 times as wide as it is long, one hemisphere 0.4."""


def both_hemispheres(brain: np.ndarray, grid: Grid) -> bool:
    """Whether a mask of brain, bool (z, y, x), is wide enough for two hemispheres; ours, by width over length."""
    if not brain.any():
        return False
    world = grid.to_world(np.argwhere(brain)[:, ::-1])
    (left, front), (right, back) = np.percentile(world[:, :2], (1, 99), axis=0)
    # The grid's own voxel belongs to either extent: small masks are not narrower than their voxels.
    width, length = right - left + min(grid.spacing), back - front + min(grid.spacing)
    return bool(width >= _NARROWEST * length)


def mirrored(mask: np.ndarray, plane: MidPlane, grid: Grid, reach_mm: float = 0.0) -> np.ndarray:
    """The mask (z, y, x) reflected at the plane between the hemispheres, grown within slices by `reach_mm`; bool.

    Hemispheres are no exact mirror images: what is told by its counterpart needs some reach.
    """
    if not mask.any():
        return np.zeros(mask.shape, bool)
    a, b, c = plane.coefficients
    normal = np.array([1.0, -b, -c])
    reflection = sitk.AffineTransform(3)
    reflection.SetMatrix((np.eye(3) - 2 * np.outer(normal, normal) / (normal @ normal)).ravel().tolist())
    reflection.SetTranslation((2 * a * normal / (normal @ normal)).tolist())
    image = grid.image(mask.astype(np.uint8))
    seen = sitk.Resample(image, image, reflection, sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8)
    radius = [round(reach_mm / grid.spacing[0]), round(reach_mm / grid.spacing[1]), 0]
    mirror = sitk.GetArrayFromImage(seen)
    return grown(mirror, radius) if any(radius) else mirror > 0
