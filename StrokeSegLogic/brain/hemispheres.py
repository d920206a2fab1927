"""The plane between the hemispheres, and what lies on either side of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..space.grid import Grid

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

    def left(self, grid: Grid) -> np.ndarray:
        """The voxels of a grid on the patient's left; bool (z, y, x)."""
        a, b, c = self.coefficients
        normal = np.array([1.0, -b, -c])
        # The distance is linear in the index: three short ramps instead of a position for every voxel.
        x, y, z = normal @ grid.matrix
        start = float(normal @ np.asarray(grid.origin)) - a
        depth, height, width = grid.shape
        plane = start + z * np.arange(depth)[:, None, None] + y * np.arange(height)[None, :, None]
        return plane + x * np.arange(width)[None, None, :] > 0
