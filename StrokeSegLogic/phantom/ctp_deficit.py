"""A perfusion deficit with core and penumbra in one arterial territory of a head."""

from __future__ import annotations

import numpy as np

from .anatomy import Head
from .contrast import BRAIN_TISSUES
from .shapes import cover
from .waves import Waves

_LATTICE_MM = 4.0
_MIDLINE_MM = 2.0
# Centre and radii (mm, mirrored head frame) of what an artery supplies.
_LARGE = ((40, 10, 16), (26, 44, 34))
_SMALL = (
    ((44, -16, 26), (16, 22, 18)),
    ((46, 26, 30), (16, 22, 18)),
    ((44, 30, 2), (15, 24, 15)),
    ((16, 64, 10), (14, 26, 16)),
    ((10, -16, 44), (10, 28, 18)),
)


class Deficit:
    """Where blood flow is low, and where it is too low to survive.

    Attributes:
        side: "left" or "right" of the patient.
        hypoperfused_ml: core and penumbra together, tissue only.
        core_ml: the core alone.
        centre: middle of the core, world mm (LPS).
    """

    def __init__(self, rng: np.random.Generator, head: Head, large: bool) -> None:
        self._sign = int(rng.choice([-1, 1]))
        self.side = "left" if self._sign > 0 else "right"
        centre, radii = _LARGE if large else _SMALL[int(rng.integers(len(_SMALL)))]
        self._radii = np.asarray(radii, np.float32) * rng.uniform(0.9, 1.1, 3).astype(np.float32)
        self._centre = np.asarray(centre, np.float32) + rng.normal(0, 3, 3).astype(np.float32)
        # The core lies where collaterals reach last: nearer to the origin of the artery.
        inward = np.array([-5, -3, -4], np.float32) * (1 if large else 0.4)
        self._core_centre = self._centre + inward + rng.normal(0, 2, 3).astype(np.float32)
        self._edge = Waves.of(rng, 32, 9, 0.4)
        self._core_edge = Waves.of(rng, 22, 9, 0.4)
        total = rng.uniform(70, 170) if large else np.exp(rng.uniform(np.log(8), np.log(30)))
        share = rng.uniform(0.08, 0.3) if large else rng.uniform(0.1, 0.35)
        self._limits = (0.0, 0.0)
        self.hypoperfused_ml, self.core_ml = self._calibrate(head, float(total), float(share))
        self.centre = head.to_world(self._core_centre * np.array([self._sign, 1, 1], np.float32))

    def depths(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Depth in about mm below the edge of the whole deficit, and of the core, at head positions (N, 3)."""
        mirrored = points * np.array([self._sign, 1, 1], np.float32)
        outer, inner = self._levels(mirrored)
        scale = np.float32(self._radii.mean())
        whole = np.minimum((np.float32(self._limits[0]) - outer) * scale, mirrored[:, 0] - _MIDLINE_MM)
        return whole, np.minimum((np.float32(self._limits[1]) - inner) * scale, whole - 1)

    def shares(self, points: np.ndarray, edge_mm: float) -> tuple[np.ndarray, np.ndarray]:
        """Part of penumbra and of core, 0 to 1, at head positions (N, 3), with edges wider by `edge_mm`."""
        whole, core = self.depths(points)
        in_core = cover(core, 3 + edge_mm)
        return cover(whole, 3 + edge_mm) * (1 - in_core), in_core

    def _levels(self, mirrored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        outer = np.linalg.norm((mirrored - self._centre) / self._radii, axis=1) + 0.1 * self._edge.at(mirrored)
        inner = np.linalg.norm((mirrored - self._core_centre) / self._radii, axis=1)
        return outer, inner + 0.12 * self._core_edge.at(mirrored)

    def _calibrate(self, head: Head, total_ml: float, share: float) -> tuple[float, float]:
        """Sets the levels at which deficit and core hold their volumes of tissue; gives the volumes reached."""
        reach = np.arange(-108, 120, _LATTICE_MM)
        world = np.stack(np.meshgrid(reach, reach, reach, indexing="ij"), -1).reshape(-1, 3)
        points = head.to_head(world)
        points = points[points[:, 0] * self._sign > _MIDLINE_MM]
        points = points[head.brain(points) > 0]
        mirrored = points * np.array([self._sign, 1, 1], np.float32)
        outer, inner = self._levels(mirrored)
        near = np.argsort(outer, kind="stable")[: int(4e3 * total_ml / _LATTICE_MM**3)]
        near = near[brain_part(head, points[near], _LATTICE_MM) >= 0.5]
        hit = near[: max(int(total_ml * 1e3 / _LATTICE_MM**3), 2)]
        core = np.sort(inner[hit])[: max(int(len(hit) * share), 1)]
        self._limits = (float(outer[hit[-1]]), float(core[-1]))
        voxel_ml = _LATTICE_MM**3 / 1e3
        return len(hit) * voxel_ml, len(core) * voxel_ml


def brain_part(head: Head, points: np.ndarray, edge_mm: float) -> np.ndarray:
    """Part of brain tissue (not fluid), 0 to 1, at head positions (N, 3)."""
    return head.tissues(points, edge_mm, skull=False)[list(BRAIN_TISSUES)].sum(axis=0)
