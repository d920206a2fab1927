"""Small volumes with known voxels and places, from which every format's files are made."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..inputs import Input, expect, pick

SHAPE = (12, 10, 6)
"""Voxels along x, y, z."""
FRAMES = 8


def brain(rng: np.random.Generator, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Whole numbers (x, y, z), int16: a bright middle with noise in nothing."""
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij"))
    inside = (grid**2).sum(axis=0) < 0.8
    return (inside * rng.integers(200, 400, shape)).astype(np.int16)


def frames(rng: np.random.Generator, count: int = FRAMES) -> np.ndarray:
    """HU (x, y, z, t), int16, no two frames alike."""
    base = brain(rng)[..., None] // 10
    return (base + rng.integers(-5, 6, (*SHAPE, count)) + 3 * np.arange(count)).astype(np.int16)


def affine(rng: np.random.Generator) -> np.ndarray:
    """(4, 4), voxel to mm, RAS: turned by any angle, with any plausible spacing."""
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    found = np.eye(4)
    found[:3, :3] = turn * rng.uniform(1.0, 6.0, 3)
    found[:3, 3] = rng.uniform(-60, 60, 3)
    return found


def upright(rng: np.random.Generator) -> np.ndarray:
    """(4, 4), voxel to mm, RAS: along the axes, in any of the 8 directions."""
    found = np.diag([*(rng.uniform(1.0, 6.0, 3) * pick(rng, (-1.0, 1.0))), 1.0])
    found[:3, 3] = rng.uniform(-60, 60, 3)
    return found


def lps(ras: np.ndarray) -> np.ndarray:
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ ras


def right(
    home: Path, role: str, voxels: np.ndarray, ras: np.ndarray, kind: str, study: str, *, must_work: bool = True
) -> Input:
    """An input whose right answer is known.

    Args:
        voxels: (x, y, z) or (x, y, z, t).
        ras: (4, 4), voxel to mm, RAS.
        study: what is loaded.
    """
    expect(home, role, voxels.T.astype(np.float32), lps(ras))
    return Input(kind, ("load", study), expected=True, must_work=must_work, voxels=voxels.size)
