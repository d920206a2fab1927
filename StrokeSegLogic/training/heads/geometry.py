"""A head in a scanner: turned, of another size, bent a little, sampled on a grid that need not hold all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

_BEND_KNOTS = (5, 6, 5)
"""Of the coarse lattice of displacements that bend a head."""


@dataclass(frozen=True)
class Pose:
    """Where a grid's voxels come from in a head of 1 mm, arrays (z, y, x).

    Attributes:
        matrix: from mm on the grid, about its centre, to mm in the head, about the brain's centre (3, 3).
        shift_mm: (3,), added in the head.
        bend_mm: displacements (3, *knots) over the grid, added in the head.
        mirrored: whether left and right change places.
    """

    matrix: np.ndarray
    shift_mm: np.ndarray
    bend_mm: np.ndarray
    mirrored: bool


def draw_pose(random: np.random.Generator, *, turn_degrees: float = 20.0, shift_mm: float = 15.0) -> Pose:
    """A pose: turned about all axes, 0.85 to 1.15 of the size along each, sheared, shifted, bent by some mm."""
    angles = np.deg2rad(random.normal(0, turn_degrees / 2, 3).clip(-turn_degrees, turn_degrees))
    turn = np.eye(3)
    for axis, angle in enumerate(angles):
        first, second = (i for i in range(3) if i != axis)
        step = np.eye(3)
        step[first, first] = step[second, second] = np.cos(angle)
        step[first, second], step[second, first] = -np.sin(angle), np.sin(angle)
        turn = turn @ step
    scale = np.diag(random.uniform(0.92, 1.08) * random.uniform(0.93, 1.07, 3))
    shear = np.eye(3) + np.triu(random.uniform(-0.06, 0.06, (3, 3)), 1)
    bend = random.normal(0, random.uniform(0.0, 3.5), (3, *_BEND_KNOTS))
    return Pose(turn @ scale @ shear, random.uniform(-shift_mm, shift_mm, 3), bend, bool(random.random() < 0.5))


def sample(
    tissues: np.ndarray, centre: np.ndarray, pose: Pose, shape: tuple[int, int, int], spacing_mm: tuple[float, ...]
) -> np.ndarray:
    """The tissues at a grid's voxels, uint8 of `shape`; what lies outside of the label map repeats its edge.

    Args:
        tissues: uint8 (z, y, x), 1 mm.
        centre: voxel (z, y, x) of the head that comes to the middle of the grid, before the shift.
        pose: see `Pose`.
        shape, spacing_mm: of the grid (z, y, x).
    """
    axes = [(np.arange(n, dtype=np.float32) - (n - 1) / 2) * step for n, step in zip(shape, spacing_mm, strict=True)]
    knots = [np.linspace(0, side - 1, n) for side, n in zip(pose.bend_mm.shape[1:], shape, strict=True)]
    where = positions(axes, knots, centre, pose)
    return ndimage.map_coordinates(tissues, where, order=0, mode="nearest")


def positions(axes: Sequence[np.ndarray], knots: Sequence[np.ndarray], centre: np.ndarray, pose: Pose) -> np.ndarray:
    """Voxels of the head (z, y, x) that a grid's points come from, float32 (3, *grid).

    Args:
        axes: mm from the grid's centre along z, y and x, increasing.
        knots: the same points in steps of the lattice that bends the head.
        centre: voxel of the head that comes to the middle of the grid, before the shift.
        pose: see `Pose`.
    """
    # Mirrored, x runs the other way; the lattice does not.
    along = [axes[0], axes[1], -axes[2] if pose.mirrored else axes[2]]
    where = np.empty((3, *(len(axis) for axis in axes)), np.float32)
    for row in range(3):
        a, b, c = (pose.matrix[row, i] * axis for i, axis in enumerate(along))
        start = centre[row] + pose.shift_mm[row]
        where[row] = (a[:, None, None] + b[None, :, None]) + (c[None, None, :] + start)
        where[row] += field_at(pose.bend_mm[row], knots, order=3)
    return where


def smooth_field(knots: np.ndarray, shape: tuple[int, int, int], order: int = 1) -> np.ndarray:
    """A field (z, y, x) through knots spread evenly over it, float32; along each axis by itself, which is fast."""
    return field_at(knots, [np.linspace(0, side - 1, n) for side, n in zip(knots.shape, shape, strict=True)], order)


def field_at(knots: np.ndarray, at: Sequence[np.ndarray], order: int = 1) -> np.ndarray:
    """A field through knots, float32, at the points of a lattice: `at` are their places along each axis, in knots."""
    field = knots.astype(np.float32)
    for axis, places in enumerate(at):
        weights = ndimage.map_coordinates(
            np.eye(field.shape[axis], dtype=np.float32),
            np.stack(np.meshgrid(places, np.arange(field.shape[axis]), indexing="ij")),
            order=order,
            mode="nearest",
        )
        field = np.moveaxis(np.tensordot(weights.astype(np.float32), field, (1, axis)), 0, axis)
    return field
