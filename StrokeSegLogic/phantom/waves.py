"""Band-limited random fields: sums of plane waves, defined at every point of space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Waves:
    """A random field with unit variance.

    Attributes:
        vectors: wave vectors (3, K), radians per mm.
        phases: (K,), radians.
    """

    vectors: np.ndarray
    phases: np.ndarray

    @classmethod
    def of(cls, rng: np.random.Generator, wavelength_mm: float, count: int, spread: float = 0.15) -> Waves:
        """Waves in directions spread over the half sphere, with wavelengths within ± `spread` of that given."""
        # A Fibonacci lattice keeps few directions evenly spread; the turn around z makes them random.
        step = (np.arange(count) + 0.5) / count
        angle = np.arange(count) * np.pi * (3 - 5**0.5) + rng.uniform(0, 2 * np.pi)
        ring = np.sqrt(1 - step**2)
        directions = np.stack([ring * np.cos(angle), ring * np.sin(angle), step])
        length = wavelength_mm * rng.uniform(1 - spread, 1 + spread, count)
        return cls(
            (directions * (2 * np.pi / length)).astype(np.float32),
            rng.uniform(0, 2 * np.pi, count).astype(np.float32),
        )

    @property
    def _scale(self) -> np.float32:
        return np.float32((2 / len(self.phases)) ** 0.5)

    def at(self, points: np.ndarray) -> np.ndarray:
        """Values (N,) at points (N, 3) in mm, float32."""
        phase = points @ self.vectors
        phase += self.phases
        # A product with ones is several times quicker than sum(axis=1).
        return np.sin(phase, out=phase) @ np.full(len(self.phases), self._scale)

    def sheet_distance(self, points: np.ndarray) -> np.ndarray:
        """Distance (N,) in mm from points (N, 3) to the nearest zero of the field, to first order.

        The zeros of such a field are winding sheets half a wavelength apart, much as sulci are.
        """
        phase = points @ self.vectors
        phase += self.phases
        value = np.abs(np.sin(phase) @ np.ones_like(self.phases))
        gradient = np.cos(phase, out=phase) @ self.vectors.T
        slope = np.sqrt(np.einsum("nk,nk->n", gradient, gradient))
        # Where the field is flat there is no sheet near; the floor keeps it from becoming a pool.
        floor = np.float32(0.35 * np.sqrt((self.vectors**2).sum() / 2))
        return value / np.maximum(slope, floor)
