"""What the brain network is shown of a head."""

from __future__ import annotations

import numpy as np

DARKEST, BRIGHTEST = 2.0, 98.0
"""Percentiles of a volume that become 0 and 1 (as for MindGrab, arXiv 2506.11860)."""
CT_WINDOW_HU = (-100.0, 200.0)
"""What is shown of CT: over its whole range, brain and fluid would be the same."""


def comparable(values: np.ndarray, *, is_ct: bool = False) -> np.ndarray:
    """A head's values from 0 to 1, float32: cut at the 2nd and 98th percentile of the volume; 0 where it is flat.

    Args:
        values: finite, of a whole volume.
        is_ct: whether values are HU.
    """
    if is_ct:
        values = values.clip(*CT_WINDOW_HU)
    low, high = np.percentile(values, (DARKEST, BRIGHTEST))
    if not high > low:
        return np.zeros(values.shape, np.float32)
    return ((values - low) / (high - low)).clip(0, 1).astype(np.float32)
