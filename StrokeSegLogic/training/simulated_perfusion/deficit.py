"""A perfusion deficit whose core has the shape of a real lesion, and whose penumbra fills part of its territory."""

from __future__ import annotations

import numpy as np

from ...phantom.anatomy import Head
from ...phantom.ctp_deficit import Deficit, brain_part
from ...phantom.waves import Waves
from .lattice import STEP_MM, Lattice, depth, smooth
from .territories import Territories

KINDS = ("core and penumbra", "whole territory", "core only", "penumbra only")
_SHARES = (0.54, 0.18, 0.14, 0.14)
_EDGE = 0.42
"""Of the smoothed lesion: a little below a half, or thin lesions would vanish."""
_NONE = -60.0
_BEYOND = 3.0
"""How many times faster than within it the deficit fades beyond its territory."""
_LATTICE_MM = 4.0


class LesionDeficit(Deficit):
    """See `phantom.ctp_deficit.Deficit`, whose place it takes in a phantom.

    Attributes:
        kind: one of `KINDS`.
    """

    def __init__(self, rng: np.random.Generator, head: Head, lesion: Lattice, territories: Territories) -> None:
        """Args:
        rng: decides the kind and how far the penumbra reaches.
        head: that the deficit lies in; its frame is MNI's.
        lesion: part of each cell that the lesion fills.
        territories: on the lesion's lattice.
        """
        self.kind = str(rng.choice(KINDS, p=_SHARES))
        held = smooth(lesion.values, 0.6) > _EDGE
        if not held.any():
            held = lesion.values >= lesion.values.max()
        self._core = Lattice(depth(held), lesion.origin)
        self._territory = territories.of(held, fine=bool(rng.uniform() < 0.35))
        self._reach = float(np.exp(rng.uniform(np.log(5), np.log(40))))
        if self.kind == "whole territory":
            self._reach = 400.0
        self._wobble = Waves.of(rng, 34, 9, 0.4)
        self._fringe = Waves.of(rng, 13, 9, 0.4)
        middle = np.argwhere(held).mean(axis=0)[::-1] * STEP_MM + np.asarray(lesion.origin)
        self.side = "left" if middle[0] > 0 else "right"
        self.hypoperfused_ml, self.core_ml = self._volumes(head)
        self.centre = head.to_world(middle)

    def depths(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Depth in about mm below the edge of the whole deficit, and of the core, at head positions (N, 3)."""
        lesion = self._core.at(points) + np.float32(0.8) * self._fringe.at(points)
        core = np.full_like(lesion, _NONE) if self.kind == "penumbra only" else lesion
        if self.kind == "core only":
            return core + 1, core
        reach = np.float32(self._reach) * (1 + np.float32(0.2) * self._wobble.at(points)) + lesion
        territory = self._territory.at(points) + np.float32(1.5) * self._fringe.at(points)
        territory = np.where(territory < 0, np.float32(_BEYOND) * territory, territory)
        grown = np.minimum(reach, territory)
        return np.maximum(grown, core + 1), core

    def _volumes(self, head: Head) -> tuple[float, float]:
        """Hypoperfused and core tissue, ml, on a coarse lattice."""
        reach = np.arange(-108, 120, _LATTICE_MM, dtype=np.float32)
        points = np.stack(np.meshgrid(reach, reach, reach, indexing="ij"), -1).reshape(-1, 3)
        points = points[self.depths(points)[0] > 0]
        points = points[head.brain(points) > 0]
        points = points[brain_part(head, points, _LATTICE_MM) >= 0.5]
        whole, core = self.depths(points)
        voxel_ml = _LATTICE_MM**3 / 1e3
        return float((whole > 0).sum() * voxel_ml), float(((whole > 0) & (core > 0)).sum() * voxel_ml)
