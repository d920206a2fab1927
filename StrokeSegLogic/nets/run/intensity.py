"""Intensities made comparable between scanners: one definition for training, slices and volumes."""

from __future__ import annotations

import numpy as np

from ...base.errors import InputError

LOWEST, HIGHEST = -1.0, 4.0
"""Range of normalised intensities: no signal, and five times the typical tissue's."""


def normalise(values: np.ndarray, brain: np.ndarray) -> np.ndarray:
    """Signal relative to the brain's median: (x / median) - 1, cut to -1 ... 4, and -1 outside the brain.

    MR signal has a true zero (air) and an arbitrary gain, so that a ratio to typical tissue is what carries over
    between scanners; it does not move with a slice's noise or texture, as a z-score does. Images that somebody has
    shifted (negative inside more than 5 % of the brain, z-scores for instance) first get their 1st percentile as
    zero.

    Args:
        values: any shape.
        brain: bool, same shape; at least one voxel.

    Returns:
        float32, same shape.

    Raises:
        InputError: if the brain has no contrast to normalise by.
    """
    inside = values[brain].astype(np.float32)
    zero = np.float32(0)
    if np.percentile(inside, 5) < 0:
        zero = np.percentile(inside, 1).astype(np.float32)
    gain = np.median(inside) - zero
    if not gain > 0:
        raise InputError(
            "more than half of the brain has no signal",
            fix="Check that this is the right volume and that it is not masked or windowed away",
        )
    relative = np.clip((values.astype(np.float32) - zero) / gain - 1.0, LOWEST, HIGHEST)
    return np.where(brain, relative, np.float32(LOWEST))
