"""The plane between the hemispheres, what lies on either side of it, and what the other side tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..space.grid import Grid
from ..space.masks import grown

_ROW_MM = 4.0
_WIDE = 0.5


@dataclass(frozen=True)
class MidPlane:
    """The plane x = a + b y + c z in mm, LPS: x grows to the patient's left.

    Attributes:
        coefficients: a (mm), b, c.
    """

    coefficients: tuple[float, float, float]

    @classmethod
    def of(cls, brain: np.ndarray, grid: Grid) -> MidPlane:
        """Fitted to the middles of the brain's width (patient's left to right) over its rows.

        So a turned or shifted head does not spill one side onto the other.

        Args:
            brain: bool (z, y, x), not empty.
            grid: that the mask lies on.
        """
        world = grid.to_world(np.argwhere(brain)[:, ::-1])
        rows = np.round(world[:, 1:] / _ROW_MM).astype(np.int64)
        # One number a row: unique numbers are found many times faster than unique pairs.
        rows -= rows.min(axis=0)
        depth = int(rows[:, 1].max()) + 1
        first = np.round(world[:, 1:].min(axis=0) / _ROW_MM)
        keys, row = np.unique(rows[:, 0] * depth + rows[:, 1], return_inverse=True)
        low, high = np.full(len(keys), np.inf), np.full(len(keys), -np.inf)
        np.minimum.at(low, row, world[:, 0])
        np.maximum.at(high, row, world[:, 0])
        # Wide rows see both hemispheres; narrow rows at poles and brain stem say little of the middle.
        wide = high - low >= _WIDE * (high - low).max()
        places = (np.column_stack([keys // depth, keys % depth]) + first) * _ROW_MM
        design = np.column_stack([np.ones(int(wide.sum())), places[wide]])
        plane, *_ = np.linalg.lstsq(design, ((low + high) / 2)[wide], rcond=None)
        return cls((float(plane[0]), float(plane[1]), float(plane[2])))

    def left_of(self, world: np.ndarray) -> np.ndarray:
        """Whether positions (N, 3) lie on the patient's left; bool (N,)."""
        a, b, c = self.coefficients
        return world[:, 0] > a + b * world[:, 1] + c * world[:, 2]

    def reflected(self, world: np.ndarray) -> np.ndarray:
        """Positions (N, 3) mirrored at the plane."""
        a, b, c = self.coefficients
        normal = np.array([1.0, -b, -c])
        return world - 2 * ((world @ normal - a) / (normal @ normal))[:, None] * normal

    def left(self, grid: Grid) -> np.ndarray:
        """The voxels of a grid on the patient's left; bool (z, y, x)."""
        return self._beyond(grid) > 0

    def distance_mm(self, grid: Grid) -> np.ndarray:
        """Of a grid's voxels (z, y, x), positive on the patient's left."""
        _, b, c = self.coefficients
        return self._beyond(grid) / float(np.sqrt(1 + b * b + c * c))

    def _beyond(self, grid: Grid) -> np.ndarray:
        """How far voxels (z, y, x) lie beyond the plane along x, mm."""
        a, b, c = self.coefficients
        normal = np.array([1.0, -b, -c])
        # The distance is linear in the index: three short ramps instead of a position for every voxel.
        x, y, z = normal @ grid.matrix
        start = float(normal @ np.asarray(grid.origin)) - a
        depth, height, width = grid.shape
        plane = start + z * np.arange(depth)[:, None, None] + y * np.arange(height)[None, :, None]
        return plane + x * np.arange(width)[None, None, :]


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
