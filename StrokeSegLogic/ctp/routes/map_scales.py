"""Perfusion maps as networks see them: on a scale without the vendor's factor or zero, and in colours."""

from __future__ import annotations

import numpy as np

NORMAL_QUANTILE = 0.3
"""Of the times within a brain: where one hemisphere at most is late, this time is normal tissue's."""

_TIMED = 0.5
"""Part of the brain from which on 0 means no time; fluid is never so much."""


def relative(values: np.ndarray, brain: np.ndarray) -> np.ndarray:
    """Values over the brain's median, which is told from the voxels above 0; float32.

    Args:
        values: any shape.
        brain: bool, same shape. Without any signal in it the values stay 0.
    """
    shown = values[brain & (values > 0)]
    middle = float(np.median(shown)) if shown.size else 1.0
    return (values / np.float32(middle)).astype(np.float32)


def delay(values: np.ndarray, brain: np.ndarray) -> np.ndarray:
    """Times less those of normal tissue, in the map's unit; float32. 0, which means no time, is not counted as a time.

    Args:
        values: any shape.
        brain: bool, same shape.
    """
    return (values - np.float32(normal_time(values, brain))).astype(np.float32)


def normal_time(values: np.ndarray, brain: np.ndarray) -> float:
    """The time of normal tissue; 0 for a map without any, and where most of the brain is 0, as in a Tmax map that is
    cut at 0."""
    timed = values[brain & (values > 0)]
    if timed.size < _TIMED * int(brain.sum()) or not timed.size:
        return 0.0
    return float(np.quantile(timed, NORMAL_QUANTILE))


def rainbow(values: np.ndarray) -> np.ndarray:
    """Colours (3, ...) in 0 to 1 of values in 0 to 1, from blue over green to red.

    Three overlapping triangles cut at 1. Which colour bar the paper's vendor used is not stated
    (arXiv 2203.10039); a rainbow is what most perfusion software shows.
    """
    centres = np.reshape((0.75, 0.5, 0.25), (3, *[1] * values.ndim))
    return np.clip(1.5 - np.abs(4.0 * (values[None] - centres)), 0.0, 1.0).astype(np.float32)
