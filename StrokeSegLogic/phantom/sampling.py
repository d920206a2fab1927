"""A head sampled at the voxels of a grid: the mean signal over each voxel, and what becomes of it in a receiver."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from ..space.grid import Grid
from ..space.smoothing import discrete_gaussian
from .anatomy import Head
from .infarct import Infarct
from .waves import Waves

_CHUNK = 120_000
"""Points evaluated at once: about 100 MB at the peak."""
_SAMPLES_MM = 1.6
"""A voxel that is longer than this along an axis is sampled several times along it."""

Signals = Callable[[np.ndarray, np.ndarray], list[np.ndarray]]
"""From a mixture (tissue, N) and a severity of infarct (N,) to one signal (N,) per channel."""


def scan(
    head: Head, infarct: Infarct | None, grid: Grid, skull: bool, channels: int, signals: Signals
) -> tuple[np.ndarray, np.ndarray]:
    """Noise-free signals (channel, z, y, x), each voxel the mean over its samples, and the mask of what is kept."""
    finest = min(grid.spacing)
    edge = max(finest, 1.0)
    offsets = _offsets(grid, finest)
    clean = np.zeros((channels, int(np.prod(grid.size))), np.float32)
    seen = np.zeros(grid.shape, bool)
    for part in parts(grid):
        index = indices(grid, part)
        points = head.to_head(grid.to_world(index))
        depth = head.skin(points) if skull else head.brain(points)
        seen.reshape(-1)[part] = depth > 0
        near = np.flatnonzero(depth > -2 - max(grid.spacing))
        if not len(near):
            continue
        total = np.zeros((channels, len(near)), np.float32)
        for offset in offsets:
            points = head.to_head(grid.to_world(index[near] + offset))
            mixture = head.tissues(points, edge, skull)
            severity = infarct.severity(points, edge) if infarct else np.zeros(len(near), np.float32)
            texture = head.texture(points)
            for row, values in zip(total, signals(mixture, severity), strict=True):
                row += values * texture
        clean[:, part.start + near] = total / len(offsets)
    return clean.reshape(channels, *grid.shape), seen


def parts(grid: Grid) -> list[slice]:
    """Runs of consecutive voxels, each small enough to work on."""
    count = int(np.prod(grid.size))
    return [slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]


def indices(grid: Grid, part: slice) -> np.ndarray:
    """Indices (N, 3), x, y, z, of a run of voxels."""
    z, y, x = np.unravel_index(np.arange(part.start, part.stop), grid.shape)
    return np.stack([x, y, z], axis=1).astype(float)


def _offsets(grid: Grid, finest: float) -> list[np.ndarray]:
    """Sample positions within a voxel, in index steps: several along axes much longer than the finest."""
    counts = [int(np.ceil(s / _SAMPLES_MM)) if s >= 1.5 * finest else 1 for s in grid.spacing]
    steps = [(np.arange(n) + 0.5) / n - 0.5 for n in counts]
    return [np.array(offset) for offset in product(*steps)]


def coil_shading(grid: Grid, seen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slow shading of the receive coils, about ±12 %, 1 outside of what is seen; (z, y, x)."""
    waves = Waves.of(rng, 260, 4, 0.3)
    shading = np.ones(grid.shape, np.float32)
    where = np.argwhere(seen)[:, ::-1]
    shading[seen] = np.exp(0.07 * waves.at(grid.to_world(where).astype(np.float32)))
    return shading


def blurred(volume: np.ndarray) -> np.ndarray:
    """The point spread of the read-out: a Gaussian of 0.4 voxels within the slices."""
    return discrete_gaussian(volume, (0.16, 0.16, 0.0))


def rician(volume: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Magnitude of a complex signal with Gaussian noise in both channels (Gudbjartsson and Patz, MRM 1995)."""
    real = volume + np.float32(sigma) * rng.standard_normal(volume.shape, np.float32)
    imaginary = np.float32(sigma) * rng.standard_normal(volume.shape, np.float32)
    return np.hypot(real, imaginary)
