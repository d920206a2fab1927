"""An acute infarct in one arterial territory of a head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .anatomy import Head
from .contrast import BRAIN_TISSUES
from .shapes import cover
from .waves import Waves

_LATTICE_MM = 3.0
"""Step at which the volume is measured while the infarct's size is set; 10 ml are 370 samples."""
_MIDLINE_MM = 2.0
"""Nearest to the midline."""


@dataclass(frozen=True)
class _Territory:
    """Name, how often it is hit, and the volumes in ml that it can hold."""

    name: str
    weight: float
    smallest_ml: float
    largest_ml: float
    distance: Callable[[np.ndarray, np.ndarray], np.ndarray]


def _wedge(points: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Distance in widths of a cone from the insula out to the cortex: a branch of the middle cerebral artery."""
    apex = np.array([33, 6, 4], np.float32)
    angle = 0.4 + 2.5 * turn[0]  # 0 is forward, a quarter turn up, a half turn back
    axis = np.array([0.75, -0.66 * np.cos(angle), 0.66 * np.sin(angle)], np.float32)
    axis /= np.linalg.norm(axis)
    ray = points - apex
    along = ray @ axis
    across = np.linalg.norm(ray - along[:, None] * axis, axis=1)
    return np.hypot(across / (6 + 0.5 * np.maximum(along, 0)), np.minimum(along, 0) / 8)


def _ball(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Callable:
    def distance(points: np.ndarray, turn: np.ndarray) -> np.ndarray:
        moved = np.asarray(centre) + (turn - 0.5) * 0.6 * np.asarray(radii)
        return np.linalg.norm((points - moved.astype(np.float32)) / np.asarray(radii, np.float32), axis=1)

    return distance


_TERRITORIES = (
    _Territory("middle cerebral artery, branch", 0.5, 10, 70, _wedge),
    _Territory("middle cerebral artery, deep", 0.25, 6, 25, _ball((26, 0, 8), (10, 20, 13))),
    _Territory("posterior cerebral artery", 0.15, 8, 40, _ball((16, 66, 6), (14, 28, 16))),
    _Territory("anterior cerebral artery", 0.1, 6, 25, _ball((9, -14, 44), (10, 30, 18))),
)


class Infarct:
    """An infarct with a soft, noise-warped edge, in brain tissue of one side only.

    Attributes:
        territory: which artery, in words.
        side: "left" or "right" of the patient.
        target_ml: its volume on a fine grid, to about 5 %.
    """

    def __init__(self, rng: np.random.Generator, head: Head) -> None:
        weights = np.array([territory.weight for territory in _TERRITORIES])
        kind = _TERRITORIES[int(rng.choice(len(_TERRITORIES), p=weights / weights.sum()))]
        self.territory = kind.name
        self._sign = int(rng.choice([-1, 1]))
        self.side = "left" if self._sign > 0 else "right"
        self.target_ml = float(np.exp(rng.uniform(np.log(kind.smallest_ml), np.log(kind.largest_ml))))
        self._kind = kind
        self._turn = rng.uniform(size=3)
        self._edge = Waves.of(rng, 26, 9, 0.4)
        self._fringe = Waves.of(rng, 9, 9, 0.3)
        self._texture = Waves.of(rng, 14, 8, 0.5)
        self._satellites = self._draw_satellites(rng)
        self._limit = 0.0
        self._set_limit(head)

    def _draw_satellites(self, rng: np.random.Generator) -> np.ndarray:
        """Emboli downstream: (x, y, z, radius) by row, mm."""
        count = int(rng.choice([0, 1, 2, 3], p=[0.4, 0.25, 0.2, 0.15]))
        place = np.array([[38, 15, 32]]) + rng.normal(size=(count, 3)) * [9, 24, 12]
        place[:, 0] = np.clip(place[:, 0], 12, 55)
        return np.concatenate([place, rng.uniform(2.5, 5, (count, 1))], axis=1).astype(np.float32)

    def _mirrored(self, head_points: np.ndarray) -> np.ndarray:
        """The points with the infarct's side turned to positive x."""
        return head_points * np.array([self._sign, 1, 1], np.float32)

    def _level(self, points: np.ndarray) -> np.ndarray:
        """Distance of mirrored points from the territory's core, in its own unit of about 8 mm."""
        warp = 0.2 * self._edge.at(points) + 0.07 * self._fringe.at(points)
        return self._kind.distance(points, self._turn) + warp

    def _satellite_depth(self, points: np.ndarray) -> np.ndarray:
        depth = np.full(len(points), -1e3, np.float32)
        fringe = 0.8 * self._fringe.at(points)
        for *centre, radius in self._satellites:
            gap = np.linalg.norm(points - np.asarray(centre, np.float32), axis=1)
            np.maximum(depth, radius - gap + fringe, out=depth)
        return depth

    def _depth(self, head_points: np.ndarray) -> np.ndarray:
        """How far below its edge a point lies: about mm, negative outside; (N,)."""
        points = self._mirrored(head_points)
        depth = np.maximum((np.float32(self._limit) - self._level(points)) * 8, self._satellite_depth(points))
        return np.minimum(depth, points[:, 0] - _MIDLINE_MM)

    def _set_limit(self, head: Head) -> None:
        """Finds the level up to which the infarct holds its target volume of tissue."""
        reach = np.arange(-100, 110, _LATTICE_MM)
        world = np.stack(np.meshgrid(reach, reach, reach, indexing="ij"), -1).reshape(-1, 3)
        points = head.to_head(world)
        points = points[(points[:, 0] * self._sign > _MIDLINE_MM) & (points[:, 2] > -35)]
        points = points[head.brain(points) > 0]
        mirrored = self._mirrored(points)
        level = np.where(self._satellite_depth(mirrored) > 0, -np.inf, self._level(mirrored))
        # Only the nearer part can be hit, so tissue needs to be known nowhere else.
        order = np.argsort(level, kind="stable")[: int(4e3 * self.target_ml / _LATTICE_MM**3)]
        # As in the truth: more tissue than fluid.
        tissue = head.tissues(points[order], 1.0, skull=False)[list(BRAIN_TISSUES)].sum(axis=0) >= 0.5
        volume = np.cumsum(tissue) * _LATTICE_MM**3 / 1000
        last = min(int(np.searchsorted(volume, self.target_ml)), len(order) - 1)
        self._limit = float(level[order[last]])

    def severity(self, head_points: np.ndarray, edge_mm: float) -> np.ndarray:
        """Part (N,) of the tissue that is infarcted at head positions (N, 3): 0 to 1, patchy inside."""
        depth = self._depth(head_points)
        inside = np.flatnonzero(depth > -edge_mm)
        severity = np.zeros(len(depth), np.float32)
        patches = np.clip(0.86 + 0.14 * self._texture.at(head_points[inside]), 0.55, 1.1)
        severity[inside] = cover(depth[inside], 2 * edge_mm) * patches
        return severity

    def covers(self, head_points: np.ndarray) -> np.ndarray:
        """Whether head positions (N, 3) lie within the infarct's edge, be it tissue or fluid; (N,)."""
        return self._depth(head_points) > 0
