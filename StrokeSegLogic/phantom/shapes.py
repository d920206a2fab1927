"""Signed distances of simple shapes: millimetres, positive inside, close to exact near the surface."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

_TINY = np.float32(1e-6)


def ellipsoid(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, centre: Sequence[float], radii: Sequence[float]
) -> np.ndarray:
    """Depth below the surface of an ellipsoid with axes along x, y, z.

    Args:
        x, y, z: positions (N,), mm.
        centre, radii: mm.

    Returns:
        Depth (N,), mm: the first-order distance k (k - 1) / |grad k|.
    """
    u = (x - np.float32(centre[0])) * np.float32(1 / radii[0])
    v = (y - np.float32(centre[1])) * np.float32(1 / radii[1])
    w = (z - np.float32(centre[2])) * np.float32(1 / radii[2])
    squares = u * u + v * v + w * w
    k = np.sqrt(squares)
    u *= np.float32(1 / radii[0])
    v *= np.float32(1 / radii[1])
    w *= np.float32(1 / radii[2])
    slope = np.sqrt(u * u + v * v + w * w)
    # At the centre both go to zero; the depth there is about the smallest radius.
    return np.where(squares > _TINY, (k - squares) / (slope + _TINY), np.float32(min(radii)))


def boxy_ellipsoid(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, centre: Sequence[float], radii: Sequence[float]
) -> np.ndarray:
    """Depth below a superellipsoid of exponent 2.5: fuller than an ellipsoid, as a skull is.

    Args:
        x, y, z: positions (N,), mm.
        centre, radii: mm.

    Returns:
        Depth (N,), mm.
    """
    total = np.zeros_like(x)
    slope = np.zeros_like(x)
    for position, c, r in zip((x, y, z), centre, radii, strict=True):
        u = np.abs(position - np.float32(c)) * np.float32(1 / r)
        power = u * np.sqrt(u)
        total += u * power
        power *= np.float32(1 / r)
        slope += power * power
    level = (total + _TINY) ** np.float32(0.4)
    # |grad level| = sqrt(slope) / level^1.5
    depth = (1 - level) * level * np.sqrt(level) / (np.sqrt(slope) + _TINY)
    # Towards the centre the estimate runs off to infinity.
    return np.minimum(depth, np.float32(min(radii)))


def tube(x: np.ndarray, y: np.ndarray, z: np.ndarray, points: Sequence[Sequence[float]]) -> np.ndarray:
    """Depth below the surface of a chain of round cones.

    Args:
        x, y, z: positions (N,), mm.
        points: (x, y, z, radius) of the joints, mm, two at least.

    Returns:
        Depth (N,), mm.
    """
    best = np.full_like(x, -1e3)
    for start, end in pairwise(points):
        axis = [np.float32(e - s) for s, e in zip(start[:3], end[:3], strict=True)]
        length = sum(a * a for a in axis)
        u, v, w = (p - np.float32(s) for p, s in zip((x, y, z), start[:3], strict=True))
        along = np.clip((u * axis[0] + v * axis[1] + w * axis[2]) / length, 0, 1)
        u -= along * axis[0]
        v -= along * axis[1]
        w -= along * axis[2]
        radius = np.float32(start[3]) + along * np.float32(end[3] - start[3])
        np.maximum(best, radius - np.sqrt(u * u + v * v + w * w), out=best)
    return best


def united(a: np.ndarray, b: np.ndarray, round_mm: float) -> np.ndarray:
    """Union of two depths with a fillet of about `round_mm`."""
    h = np.maximum(np.float32(round_mm) - np.abs(a - b), 0)
    return np.maximum(a, b) + h * h * np.float32(0.25 / round_mm)


def common(a: np.ndarray, b: np.ndarray, round_mm: float) -> np.ndarray:
    """Intersection of two depths with an edge rounded to about `round_mm`."""
    return -united(-a, -b, round_mm)


def cover(depth: np.ndarray, edge_mm: float) -> np.ndarray:
    """Part of a voxel that a shape fills: 0 to 1 over an edge of `edge_mm` around depth zero."""
    return np.clip(np.float32(0.5) + depth * np.float32(1 / edge_mm), 0, 1)


def rotation(angles: np.ndarray) -> np.ndarray:
    """The rotation (3, 3) about x, then y, then z by angles (3,) in radians."""
    (a, b, c), (d, e, f) = np.cos(angles), np.sin(angles)
    around_x = np.array([[1, 0, 0], [0, a, -d], [0, d, a]])
    around_y = np.array([[b, 0, e], [0, 1, 0], [-e, 0, b]])
    around_z = np.array([[c, -f, 0], [f, c, 0], [0, 0, 1]])
    return around_z @ around_y @ around_x
