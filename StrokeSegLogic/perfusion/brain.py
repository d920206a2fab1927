"""The brain in the frames of a series."""

from __future__ import annotations

import numpy as np

from ..brain import LARGEST_SECTION_CM2
from ..ct_brain import MEAN_HU, brain_of_ct
from ..errors import InputError
from ..grid import Grid

_SMALLEST_ML = 20.0


def brain_of_frames(mean: np.ndarray, grid: Grid) -> np.ndarray:
    """The brain, bool (z, y, x), on the mean over time (z, y, x), HU (see `ct_brain`).

    Raises:
        InputError: if there is none.
    """
    found = brain_of_ct(grid.image(mean), MEAN_HU)
    section_cm2 = float(found.sum(axis=(1, 2)).max()) * grid.spacing[0] * grid.spacing[1] / 100
    # Larger than any brain's section: air was taken for tissue.
    if found.sum() * grid.voxel_ml < _SMALLEST_ML or section_cm2 > LARGEST_SECTION_CM2:
        raise InputError(
            "no brain was found on the mean of the frames",
            where="the perfusion series",
            fix="Check that the values are HU (rescale slope and intercept applied) and that slices show the head",
        )
    return found
