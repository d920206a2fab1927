"""Where the brain is: read off skull-stripped volumes, or found in whole heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..space.grid import Grid, reorient
from ..space.masks import closed, filled, largest_part
from ..space.resampling import resample, resample_mask
from ..space.smoothing import recursive_gaussian
from ..study.case import Role

LARGEST_BRAIN_ML = 2100.0
"""A non-zero part larger than any brain with its fluid is a head (see `USUAL_BRAIN_ML`)."""
USUAL_BRAIN_ML = (900.0, 1900.0)
"""What the mask of a whole adult brain with its fluid holds, small and large heads included."""
LARGEST_SECTION_CM2 = 215.0
"""An axial section of a brain is at most 14.5 x 18.5 cm of an ellipse; of a head it is 16 x 20 cm and more. It tells a
brain from a head where only a slab was scanned."""
_STRIPPED_BACKGROUND = 0.2
_SEARCH_MM = 2.0
# Scalp and skull together are 9 to 15 mm thick in adults, the scalp alone 3 to 7.
_DEEP_MM, _SCALP_MM = 12.0, 5.0
# The easiest to strip first: fat is suppressed on DWI; on FLAIR and T2 bone is dark between scalp and brain.
_ORDER = (Role.DWI, Role.FLAIR, Role.T2, Role.T1, Role.ADC)


@dataclass(frozen=True)
class BrainMask:
    """The brain on a grid.

    Attributes:
        mask: bool (z, y, x).
        role: the volume that it was found on.
        from_head: whether it was cut out of a whole head, by simple rules, and is not a stripped volume's outline.
    """

    mask: np.ndarray
    role: Role
    from_head: bool

    @property
    def words(self) -> str:
        """How it was found."""
        if self.from_head:
            return f"cut out of the head on {self.role} (approximate)"
        return f"outline of the skull-stripped {self.role}"


def brain_mask(images: Mapping[Role, sitk.Image], reference: Role, grid: Grid) -> BrainMask:
    """The brain on a grid.

    If any volume is skull-stripped, its own outline is taken (the reference's first). Otherwise the brain is cut out
    of the head: bright tissue, opened so that eyes and scalp come off, its largest part, closed over sulci and
    ventricles. That is coarser than a trained tool's mask but needs no download.

    Args:
        images: the case's volumes, on any grids.
        reference: the role whose outline is preferred.
        grid: where the mask is wanted, cubic voxels.

    Raises:
        InputError: if no brain is found.
    """
    order = [reference, *(role for role in _ORDER if role in images and role is not reference)]
    for role in order:
        outline = stripped_outline(images[role])
        if outline is not None:
            return BrainMask(_required(resample_mask(outline, grid)), role, False)
    role = next(role for role in _ORDER if role in images)
    mask = resample_mask(cut_from_head(images[role], role), grid)
    return BrainMask(_required(mask), role, True)


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
    return filled(largest_part(closed(mask, _radius(image, 3.0))))


def _larger_than_a_brain(tissue: sitk.Image) -> bool:
    """Whether so much tissue, in so many centimetres of head, must be a head."""
    upright = reorient(tissue)
    array = sitk.GetArrayViewFromImage(upright)
    height_cm = float(array.any(axis=(1, 2)).sum() * upright.GetSpacing()[2] / 10)
    limit = min(LARGEST_BRAIN_ML, LARGEST_SECTION_CM2 * height_cm)
    return float(array.sum()) * Grid.of(upright).voxel_ml > limit


def cut_from_head(image: sitk.Image, role: Role) -> sitk.Image:
    """The brain in a volume that shows a whole head, uint8 on the volume's grid.

    What lies 12 mm below the head's surface is nearly all brain: its median tells brain from bone and fluid (below
    half of it) and, on T1, from fat (far above it). The largest part of that tissue, opened, is grown back to the
    tissue beside it and closed over sulci and ventricles.

    Args:
        image: with skull.
        role: on T1, fat is brighter than brain and is cut off above.
    """
    coarse = _coarse(reorient(image))
    smooth = recursive_gaussian(coarse, _SEARCH_MM / 2, narrow=True)
    bright = float(np.percentile(sitk.GetArrayViewFromImage(smooth), 99))
    head = filled(largest_part(closed(smooth > 0.1 * bright, _radius(coarse, 8.0))))
    # Unsquared, in mm, positive inside; a volume's own border counts as head, not as surface.
    depth = sitk.SignedMaurerDistanceMap(head, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    inner = sitk.GetArrayViewFromImage(smooth)[sitk.GetArrayViewFromImage(depth) > _DEEP_MM]
    if inner.size == 0:
        return Grid.of(image).image(np.zeros(Grid.of(image).shape, np.uint8))
    middle = float(np.median(inner))
    high = 1.8 * middle if role is Role.T1 else np.inf
    tissue = (smooth > 0.5 * middle) & (smooth < high) & (depth > _SCALP_MM)
    core = largest_part(sitk.BinaryErode(tissue & (depth > _DEEP_MM / 2), _radius(coarse, 4.0)))
    grown = sitk.BinaryDilate(core, _radius(coarse, 6.0)) & tissue
    mask = filled(largest_part(closed(grown, _radius(coarse, 8.0))))
    own = Grid.of(image)
    return own.image(resample_mask(mask, own).astype(np.uint8))


def _coarse(image: sitk.Image) -> sitk.Image:
    """The image at 2 mm, about its own centre, so that it is the same however the volume is stored."""
    grid = Grid.of(image)
    spacing = tuple(max(step, _SEARCH_MM) for step in grid.spacing)
    size = tuple(max(round(n * old / new), 1) for n, old, new in zip(grid.size, grid.spacing, spacing, strict=True))
    return resample(image, grid.about_centre(size, spacing))


def _radius(image: sitk.Image, mm: float) -> list[int]:
    """A structuring element's radius in voxels; an axis whose voxels are thicker than the radius stays as it is."""
    return [int(mm / step) for step in image.GetSpacing()]
