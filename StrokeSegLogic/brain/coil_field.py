"""What receive coils make of a head: bright beside them, dark far from them. It is told from tissue, and undone."""

from __future__ import annotations

import numpy as np

from ..space.grid import Grid

_STEP_MM, _UNIT_MM = 3.0, 100.0
_TISSUE = 0.5
"""Of the median; what is darker is fluid."""
_BELOW = 0.3
"""Of the tissue: the field runs along the darker part of it; what is bright, as infarcts are, hardly moves it."""
_CYCLES, _NEAR = 30, 0.01
_LEAST_VOXELS = 500
_RANGE = (0.5, 99.5)
"""Percentiles of the field in the brain. Beyond them, at the rim and outside, it goes no farther."""


def without_coil_field(values: np.ndarray, brain: np.ndarray, grid: Grid) -> np.ndarray:
    """A volume over the coils' field: exp of a quadratic function of place, fitted to the brain's tissue.

    Ten coefficients follow no small lesion, and hardly a large one. The median of the field in the brain is 1.

    Args:
        values: (z, y, x); air is 0.
        brain: bool (z, y, x).
        grid: of both.

    Returns:
        float32 (z, y, x); the values as they are where they have negative ones, or too few are known.
    """
    values = values.astype(np.float32)
    steps = tuple(max(round(_STEP_MM / side), 1) for side in grid.spacing[::-1])
    known = np.zeros(values.shape, bool)
    sampled = tuple(slice(None, None, step) for step in steps)
    known[sampled] = brain[sampled]
    signal = values[known]
    if signal.size < _LEAST_VOXELS or np.percentile(signal, 5) < 0 or not np.median(signal) > 0:
        return values
    known &= values > _TISSUE * np.median(signal)
    index = np.argwhere(known)
    middle, side = index.mean(axis=0), np.array(grid.spacing[::-1]) / _UNIT_MM
    terms = np.stack(_products(*((index - middle) * side).T), axis=1)
    logarithm = np.log(values[known].astype(np.float64))
    weights = _quantile(terms, logarithm)
    axes = np.ogrid[tuple(slice(n) for n in values.shape)]
    products = _products(*((axis - at) * step for axis, at, step in zip(axes, middle, side, strict=True)))
    field = sum((weight * product for weight, product in zip(weights, products, strict=True)), np.zeros(values.shape))
    low, high = np.percentile(field[brain], _RANGE)
    field = field.clip(low, high) - np.median(field[brain])
    return values / np.exp(field).astype(np.float32)


def _quantile(terms: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The weights (K,) of terms (N, K) above which all but `_BELOW` of the values lie (Koenker and Bassett 1978)."""
    weights = np.linalg.lstsq(terms, values, rcond=None)[0]
    for _ in range(_CYCLES):
        apart = values - terms @ weights
        price = np.sqrt(np.where(apart > 0, _BELOW, 1 - _BELOW) / np.maximum(np.abs(apart), _NEAR))
        weights = np.linalg.lstsq(terms * price[:, None], values * price, rcond=None)[0]
    return weights


def _products(z: np.ndarray, y: np.ndarray, x: np.ndarray) -> list[np.ndarray]:
    """All products of up to two coordinates."""
    return [np.ones_like(x), x, y, z, x * x, y * y, z * z, x * y, x * z, y * z]
