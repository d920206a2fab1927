"""Weights stored as int8 with a scale for each of the first dimension's channels; they compute in float32.

Symmetric, by the largest magnitude of a channel, after Krishnamoorthi, Quantizing deep convolutional networks for
efficient inference, arXiv 1806.08342.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .tensors import SCALE

LEAST_SIZE = 256
"""Numbers of a tensor: below it nothing is won."""
_LARGEST = 127


def is_worth_it(value: np.ndarray) -> bool:
    """Whether a tensor is stored as int8: kernels and matrices are, the few numbers of norms and biases are not."""
    return value.dtype.kind == "f" and value.ndim >= 2 and value.size >= LEAST_SIZE


def quantised(value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A tensor (C, ...) as int8 of the same shape, and the scales, float32 (C,).

    Raises:
        ValueError: if a number is not finite.
    """
    rows = value.reshape(len(value), -1).astype(np.float64)
    if not np.isfinite(rows).all():
        raise ValueError("holds values that are no numbers")
    scale = np.abs(rows).max(axis=1) / _LARGEST
    # Of a channel of zeros any scale will do.
    scale = np.where(scale > 0, scale, 1.0).astype(np.float32)
    whole = np.rint(rows / scale[:, None]).clip(-_LARGEST, _LARGEST)
    return whole.astype(np.int8).reshape(value.shape), scale


def dequantised(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A network's parameters as stored, those in int8 as float32 and without their scales."""
    return {
        name: value if value.dtype != np.int8 else _float(value, parameters[name + SCALE])
        for name, value in parameters.items()
        if not (name.endswith(SCALE) and parameters[name.removesuffix(SCALE)].dtype == np.int8)
    }


def _float(value: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return value.astype(np.float32) * scale.reshape(-1, *[1] * (value.ndim - 1))
