"""Where the brain is: read off skull-stripped volumes, or found in whole heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..base.progress import Progress
from ..space.grid import Grid, reorient
from ..space.masks import ball_radius, closed, filled, largest_part
from ..space.resampling import resample_mask
from ..study.case import Role
from .head_rules import cut_from_head
from .network import find_brain

LARGEST_BRAIN_ML = 2100.0
"""A non-zero part larger than any brain with its fluid is a head (see `USUAL_BRAIN_ML`)."""
USUAL_BRAIN_ML = (900.0, 1900.0)
"""What the mask of a whole adult brain with its fluid holds, small and large heads included."""
LARGEST_SECTION_CM2 = 215.0
"""An axial section of a brain is at most 14.5 x 18.5 cm of an ellipse; of a head it is 16 x 20 cm and more. It tells a
brain from a head where only a slab was scanned."""
_STRIPPED_BACKGROUND = 0.2
_HEAD = 0.8
"""Brain is a smaller part than this of a head without air; of a stripped volume's outline it is 0.93 to 1.1."""
_LEAST_FOUND_ML = 500.0
"""What the network finds less of is no whole brain: it was shown whole heads."""
_LEAST_HEIGHT_MM = 100.0
"""The network was shown no head of which a scan holds less from top to feet."""
# The easiest to strip first: fat is suppressed on DWI; on FLAIR and T2 bone is dark between scalp and brain.
_ORDER = (Role.DWI, Role.FLAIR, Role.T2, Role.T1, Role.ADC)


class BrainSource(Enum):
    """How a brain was found."""

    OUTLINE = "outline of the skull-stripped {role}"
    NETWORK = "found on {role} by a network"
    RULES = "cut out of the head on {role} (approximate)"
    GIVEN = "given by the user"


@dataclass(frozen=True)
class BrainMask:
    """The brain on a grid.

    Attributes:
        mask: bool (z, y, x).
        role: the volume that it was found on; the reference, if it was given.
        source: how.
        told: how, in other words than the source's; "" for those.
    """

    mask: np.ndarray
    role: Role
    source: BrainSource
    told: str = ""

    @property
    def words(self) -> str:
        """How it was found."""
        return self.told or self.source.value.format(role=self.role)


def brain_mask(
    images: Mapping[Role, sitk.Image], reference: Role, grid: Grid, progress: Progress | None = None
) -> BrainMask:
    """The brain on a grid.

    If any volume is skull-stripped, its own outline is taken (the reference's first), unless the brain network finds
    much less in it: air around a head may have been set to zero, too. Otherwise the network says where the brain is on
    the reference. With DWI it is still cut out of the head by rules: the lesion networks have never been shown all
    that lies in the true mask, skull base and cerebellum, and would mark it. What rules cut that is larger than any
    brain is none: then the network is asked on DWI, too.

    Args:
        images: the case's volumes, on any grids.
        reference: the role whose outline is preferred.
        grid: where the mask is wanted, cubic voxels in working orientation.
        progress: a cancel is heard inside the network.

    Raises:
        InputError: if no brain is found.
        ModelError: if the network is missing or damaged.
    """
    order = [reference, *(role for role in _ORDER if role in images and role is not reference)]
    for role in order:
        outline = stripped_outline(images[role])
        if outline is not None and not _holds_a_head(outline, images[role], progress):
            return BrainMask(_required(resample_mask(outline, grid)), role, BrainSource.OUTLINE)
    role = next(role for role in _ORDER if role in images)
    by_rules = None
    if role is Role.DWI:
        by_rules = resample_mask(cut_from_head(images[role], role), grid)
        if by_rules.sum() * grid.voxel_ml <= LARGEST_BRAIN_ML:
            return BrainMask(_required(by_rules), role, BrainSource.RULES)
    if grid.size[2] * grid.spacing[2] >= _LEAST_HEIGHT_MM:
        found = find_brain(images[reference], grid, progress=progress)
        if found.sum() * grid.voxel_ml >= _LEAST_FOUND_ML:
            return BrainMask(found, reference, BrainSource.NETWORK)
    if by_rules is None:
        by_rules = resample_mask(cut_from_head(images[role], role), grid)
    return BrainMask(_required(by_rules), role, BrainSource.RULES)


def _holds_a_head(outline: sitk.Image, image: sitk.Image, progress: Progress | None) -> bool:
    """Whether what looks like a stripped brain is a head: the network finds a whole brain well inside it."""
    found = find_brain(image, Grid.of(outline), progress=progress)
    inside = sitk.GetArrayViewFromImage(outline) > 0
    if found.sum() * Grid.of(outline).voxel_ml < _LEAST_FOUND_ML:
        return False
    return float(found.sum()) < _HEAD * float(inside.sum())


def _required(mask: np.ndarray) -> np.ndarray:
    if not mask.any():
        raise InputError("no brain was found in the volumes", fix="Give skull-stripped volumes, or check the inputs")
    return mask


def stripped_outline(image: sitk.Image) -> sitk.Image | None:
    """The brain of a skull-stripped volume as uint8, or None for a volume that shows a head.

    A stripped volume has one value, seen in its corners, in at least a fifth of its voxels, and what is left is no
    larger than a brain. A volume cut to the brain's own box may have no such corner; then nothing is decided here.
    """
    array = sitk.GetArrayViewFromImage(image)
    corners = array[:: array.shape[0] - 1 or 1, :: array.shape[1] - 1 or 1, :: array.shape[2] - 1 or 1]
    background = float(np.median(corners))
    tissue = array != background
    # Resampling before us rings: what differs from the background by a thousandth of the range is background.
    spread = float(np.percentile(array[tissue], 95)) - background if tissue.any() else 0.0
    tissue = np.abs(array - background) > 1e-3 * abs(spread)
    if 1.0 - tissue.mean() < _STRIPPED_BACKGROUND or _larger_than_a_brain(
        Grid.of(image).image(tissue.astype(np.uint8))
    ):
        return None
    mask = Grid.of(image).image(tissue.astype(np.uint8))
    return filled(largest_part(closed(mask, ball_radius(image, 3.0))))


def _larger_than_a_brain(tissue: sitk.Image) -> bool:
    """Whether so much tissue, in so many centimetres of head, must be a head."""
    upright = reorient(tissue)
    array = sitk.GetArrayViewFromImage(upright)
    height_cm = float(array.any(axis=(1, 2)).sum() * upright.GetSpacing()[2] / 10)
    limit = min(LARGEST_BRAIN_ML, LARGEST_SECTION_CM2 * height_cm)
    return float(array.sum()) * Grid.of(upright).voxel_ml > limit
