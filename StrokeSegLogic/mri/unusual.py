"""What hardly any patient's infarct is like: very large, alike in both hemispheres, or mostly at the brain's rim.

Such answers come of volumes that are not what they are called by, of masks that hold scalp, and of other diseases. All
limits are held against the 1,119 infarcts of SOOP (Absher et al., Sci Data 2024 11:839): `benchmarks/unusual.py`.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
from scipy import ndimage

from ..base.progress import check_cancelled
from ..brain.hemispheres import MidPlane, both_hemispheres, mirrored
from ..result.doubts import Doubt
from ..space.grid import Grid

LARGEST_ML = 280.0
"""27 of SOOP's 1,119 patients have more."""
_JUDGED_ML = 5.0
"""Parts of small lesions say nothing of their pattern."""
MOST_MIRRORED, MIRROR_REACH_MM = 0.5, 4.0
"""22 of SOOP's patients have a larger share; the median of those with 5 ml is 0, 99 % lie below 0.68."""
MOST_AT_RIM, RIM_MM = 0.75, 5.0
"""None of SOOP's patients has a larger share: 99 % of those with 5 ml lie below 0.47, all below 0.74."""


class Unusual(str, Enum):
    """What is unusual."""

    LARGE = "large"
    BOTH_SIDES = "both sides alike"
    RIM = "mostly at the rim"


def unusual(lesion: np.ndarray, brain: np.ndarray, grid: Grid) -> tuple[Doubt, ...]:
    """What is unusual about a lesion, the plainest first.

    Args:
        lesion, brain: bool (z, y, x).
        grid: of both.
    """
    volume_ml = float(lesion.sum() * grid.voxel_ml)
    found = []
    if volume_ml > LARGEST_ML:
        found.append(
            Doubt((), Unusual.LARGE, f"{volume_ml:.0f} ml are marked; 27 of 1,119 stroke patients have over 280 ml")
        )
    if volume_ml >= _JUDGED_ML:
        check_cancelled()
        mirror = mirrored_share(lesion, brain, grid)
        if mirror > MOST_MIRRORED:
            words = (
                f"both hemispheres are marked alike: {mirror:.0%} of what is marked has its mirror image marked, too"
            )
            found.append(Doubt((), Unusual.BOTH_SIDES, words))
        check_cancelled()
        rim = rim_share(lesion, brain, grid)
        if rim > MOST_AT_RIM:
            words = f"{rim:.0%} of what is marked lies within {RIM_MM:g} mm of the brain mask's edge"
            found.append(Doubt((), Unusual.RIM, words))
    return tuple(found)


def mirrored_share(lesion: np.ndarray, brain: np.ndarray, grid: Grid) -> float:
    """Part of the lesion whose place in the other hemisphere, give or take 4 mm, is marked, too.

    What lies at the midline itself is its own mirror image and counts neither way.
    """
    if not lesion.any() or not both_hemispheres(brain, grid):
        return 0.0
    plane = MidPlane.of(brain, grid)
    beside = lesion & (np.abs(plane.distance_mm(grid)) > 2 * MIRROR_REACH_MM)
    if not beside.any():
        return 0.0
    mirror = mirrored(lesion, plane, grid, MIRROR_REACH_MM)
    return float((beside & mirror).sum() / lesion.sum())


def rim_share(lesion: np.ndarray, brain: np.ndarray, grid: Grid) -> float:
    """Part of the lesion within 5 mm of the brain mask's edge; where the field of view ends is no edge."""
    if not lesion.any():
        return 0.0
    depth = ndimage.distance_transform_edt(brain, sampling=grid.spacing[::-1])
    return float((depth[lesion] <= RIM_MM).mean())
