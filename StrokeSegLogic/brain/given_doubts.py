"""What speaks against a brain mask that the user gave: the brain that is found lies elsewhere."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..base.progress import Progress
from ..metrics.voxel import dice
from ..space.grid import Grid
from ..space.resampling import resample_mask
from ..study.case import Role
from .head import BrainSource, brain_mask, stripped_outline

LEAST_DICE, LEAST_OF_RULES = 0.85, 0.75
"""Dice of a given mask with the brain that is found, below which a reader is told; and where rules cut that out of a
head, which is rough. Masks of the same head have over 0.9; shifted by 17 mm or back to front 0.8, half a brain 0.67."""
_SAME = 0.95
"""The outline of a stripped volume is the mask itself then: nothing need be found."""


def mask_doubt(given: np.ndarray, grid: Grid, image: sitk.Image, role: Role, progress: Progress) -> str:
    """What a reader must know of a given mask; "" where it is like the brain that is found, or none is found.

    Args:
        given: bool (z, y, x).
        grid: of it; cubic voxels in working orientation.
        image: the reference.
        role: its role.
        progress: a cancel is heard inside the network.
    """
    outline = stripped_outline(image)
    if outline is not None and dice(resample_mask(outline, grid), given) >= _SAME:
        return ""
    try:
        found = brain_mask({role: image}, role, grid, progress)
    except InputError:
        # Nothing to hold it against: the mask is the user's knowledge.
        return ""
    likeness = dice(found.mask, given)
    if likeness >= (LEAST_OF_RULES if found.source is BrainSource.RULES else LEAST_DICE):
        return ""
    given_ml, found_ml = (mask.sum() * grid.voxel_ml for mask in (given, found.mask))
    return (
        f"the given brain mask ({given_ml:,.0f} ml) differs much from the brain that is found on {role} "
        f"({found_ml:,.0f} ml; Dice {likeness:.2f}): check that it is of this volume and lies on it; it was taken as "
        "it is"
    )
