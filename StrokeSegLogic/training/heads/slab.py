"""A slice of a posed head, with its thickness: a few thin layers whose signals add up to what a scanner measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ...base.settings import Plane
from ...space.grid import to_stack
from .anatomy import COARSE, Anatomy
from .geometry import Pose, field_at, positions
from .relaxation import Region

HALF_MM = (92, 104, 84)
"""Half of the field along z, y and x, in pixels of 1 mm: the largest brain fits."""
NORMAL = {"axial": 0, "coronal": 1, "sagittal": 2}
_LAYER_MM = 1.3


@dataclass(frozen=True)
class Slab:
    """Layers of a slice, arrays (layers, H, W), rows and columns as `grid.to_stack` gives them.

    Attributes:
        plane: of the slice.
        where: voxels (z, y, x) of the head, float32 (3, layers, H, W).
        place: the same in MNI, see `atlas.mni_place`.
        regions: `Region`, uint8.
        depth_mm, ventricle_mm, air: of the middle layer (H, W), see `Anatomy`.
        below_mm: how far below the brain's middle, likewise.
    """

    plane: Plane
    where: np.ndarray
    place: np.ndarray
    regions: np.ndarray
    depth_mm: np.ndarray
    ventricle_mm: np.ndarray
    air: np.ndarray
    below_mm: np.ndarray


def cut(head: Anatomy, pose: Pose, plane: Plane, through: np.ndarray, thickness_mm: float) -> Slab:
    """The slice of a head through a voxel (3,) of it."""
    normal = NORMAL[plane]
    axes = [np.arange(-half, half, dtype=np.float32) + 0.5 for half in HALF_MM]
    layers = max(round(thickness_mm / _LAYER_MM), 1)
    offsets = (np.arange(layers, dtype=np.float32) - (layers - 1) / 2) * (thickness_mm / layers)
    axes[normal] = grid_place(head, pose, through)[normal] + offsets
    where = positions(axes, [_in_knots(axis, i, pose) for i, axis in enumerate(axes)], head.centre, pose)
    where = np.stack([to_stack(row, plane) for row in where])
    regions = ndimage.map_coordinates(head.regions, where, order=0, mode="nearest")
    # Beyond the box that the head was cut to there is air, whatever its edge holds.
    outside = np.zeros(regions.shape, bool)
    for row, side in zip(where, head.regions.shape, strict=True):
        outside |= (row < 0) | (row > side - 1)
    regions[outside] = Region.AIR
    place = np.tensordot(head.mni.astype(np.float32), where, 1) + head.mni_shift.astype(np.float32)[:, None, None, None]
    middle = where[:, layers // 2, ::2, ::2] / COARSE
    depth, ventricle, air = (
        _doubled(ndimage.map_coordinates(field, middle, order=1, mode="nearest"))
        for field in (head.depth_mm, head.ventricle_mm, head.air)
    )
    below = where[0, layers // 2] - np.float32(head.centre[0])
    return Slab(plane, where, place, regions, depth, ventricle, air, below)


def grid_place(head: Anatomy, pose: Pose, voxel: np.ndarray) -> np.ndarray:
    """Where a voxel of the head comes to lie, mm (z, y, x) from the grid's centre: `positions`, turned round."""
    place = np.zeros(3)
    for _ in range(4):
        axes = [np.array([value], np.float32) for value in place]
        knots = [_in_knots(axis, i, pose) for i, axis in enumerate(axes)]
        missed = voxel - positions(axes, knots, head.centre, pose)[:, 0, 0, 0]
        step = np.linalg.solve(pose.matrix, missed)
        step[2] *= -1 if pose.mirrored else 1
        place = place + step
    return place


def _in_knots(axis_mm: np.ndarray, axis: int, pose: Pose) -> np.ndarray:
    return (axis_mm / (2 * HALF_MM[axis]) + 0.5) * (pose.bend_mm.shape[axis + 1] - 1)


def _doubled(field: np.ndarray) -> np.ndarray:
    """A field at every second pixel, at every pixel."""
    return field_at(field, [np.arange(2 * n, dtype=np.float32) / 2 for n in field.shape])


def rough(shape: tuple[int, int], cell_mm: float, random: np.random.Generator) -> np.ndarray:
    """Smooth noise (H, W) of about unit variance, with features of a size, float32."""
    knots = [int(np.ceil(n / cell_mm)) + 2 for n in shape]
    at = [np.arange(n, dtype=np.float32) / cell_mm + random.random() for n in shape]
    # Between knots linear interpolation averages, and what varies varies less: 4/9 of it on the whole.
    return field_at(random.standard_normal(knots, np.float32), at) * np.float32(1.5)
