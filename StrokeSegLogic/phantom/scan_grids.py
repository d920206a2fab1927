"""The grids of the synthetic scans."""

from __future__ import annotations

import numpy as np

from ..space.grid import Grid
from .shapes import rotation


def structural_grid(
    spacing: tuple[float, float, float] = (0.9, 0.9, 4.0), tilt_deg: tuple[float, float, float] = (-6, 1.5, -2)
) -> Grid:
    """Axial slices with a field of view of 230 x 230 x 168 mm, slightly oblique."""
    return centred_grid(spacing, (230, 230, 168), tilt_deg, (0, 15, 8))


def diffusion_grid(
    spacing: tuple[float, float, float] = (2.0, 2.0, 3.0), tilt_deg: tuple[float, float, float] = (4, -2, 3)
) -> Grid:
    """Axial slices with a field of view of 224 x 224 x 150 mm, oblique in another way."""
    return centred_grid(spacing, (224, 224, 150), tilt_deg, (2, 18, 10))


def centred_grid(
    spacing: tuple[float, float, float],
    extent: tuple[float, float, float],
    tilt_deg: tuple[float, float, float],
    centre: tuple[float, float, float],
) -> Grid:
    """A grid of a given field of view around a point.

    Args:
        spacing: voxel size x, y, z, mm.
        extent: field of view x, y, z, mm.
        tilt_deg: rotation about x, y, z, degrees.
        centre: of the field of view, mm, LPS.
    """
    x, y, z = (max(round(e / s), 1) for e, s in zip(extent, spacing, strict=True))
    direction = rotation(np.radians(np.asarray(tilt_deg, float)))
    origin = np.asarray(centre) - direction @ ((np.array([x, y, z]) - 1) / 2 * np.asarray(spacing))
    return Grid(
        (x, y, z),
        spacing,
        (float(origin[0]), float(origin[1]), float(origin[2])),
        tuple(float(d) for d in direction.ravel()),
    )
