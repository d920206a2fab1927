"""From the working grid back onto the reference grid."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from .grid import Grid, resample


def onto_reference(values: np.ndarray, working: Grid, reference: Grid) -> np.ndarray:
    """Probabilities (z, y, x) of the working grid at the reference's voxels, float32, 0 beyond the working grid.

    Each plane's probability comes back before the vote, so that labels, agreement and probability of the result are
    of one making: they are counted on the voxels that the reader sees.
    """
    image = resample(working.image(np.ascontiguousarray(values, np.float32)), reference)
    # Linear interpolation keeps the range; smoothing before it may leave it by a rounding error.
    return np.clip(sitk.GetArrayFromImage(image), 0.0, 1.0)
