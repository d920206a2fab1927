"""Colour-coded maps, as vendors show perfusion to readers and as the slow-fusion paper's networks saw them."""

from __future__ import annotations

import numpy as np


def rainbow(values: np.ndarray) -> np.ndarray:
    """Colours (3, ...) in 0 to 1 of values in 0 to 1, from blue over green to red.

    Three overlapping triangles cut at 1. Which colour bar the paper's vendor used is not stated
    (arXiv 2203.10039); a rainbow is what most perfusion software shows.
    """
    centres = np.reshape((0.75, 0.5, 0.25), (3, *[1] * values.ndim))
    return np.clip(1.5 - np.abs(4.0 * (values[None] - centres)), 0.0, 1.0).astype(np.float32)
