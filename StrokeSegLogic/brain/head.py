"""Where the brain is: read off skull-stripped volumes, or found in whole heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..base.progress import Progress
from ..metrics.voxel import dice
from ..space.grid import Grid, reorient
from ..space.masks import ball_radius, closed, filled, largest_part
from ..space.resampling import field_of_view, resample_mask
from ..study.case import Role
from .head_rules import cut_from_head, dark_ring
from .network import find_brain
from .spinal_canal import KEPT_MM, LEFT_IN_MM, LONG_MM, above_spinal_canal

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
_LEAST_SHOWN, _LEAST_AGREEMENT = 0.95, 0.9
"""Of the reference's brain in another volume's field of view, and Dice of the two. Stripping tools and the network
agree to 0.93 and more; a volume that lies 10 mm off agrees to 0.9."""
_SKULL = 0.35
"""Dark share of a ring (`dark_ring`), by hand: over 0.5 in most slabs of heads, up to 0.25 in stripped brains. A slab
of the vertex alone, where scalp is all that a section shows, has no such ring, and ADC's bone is not dark."""
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
        own: bool (z, y, x), the brain as the reference itself shows it, where another volume's was held against it.
        declined: volumes whose brain was not taken for the reference's, and why.
    """

    mask: np.ndarray
    role: Role
    source: BrainSource
    told: str = ""
    own: np.ndarray | None = None
    declined: Mapping[Role, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """How it was found."""
        return self.told or self.source.value.format(role=self.role)


def brain_mask(
    images: Mapping[Role, sitk.Image], reference: Role, grid: Grid, progress: Progress | None = None
) -> BrainMask:
    """The brain on a grid.

    A skull-stripped reference's own outline is taken. Next come other stripped volumes' outlines, if they agree with
    the brain that the network finds on the reference: a volume that shows a part of the head, or lies elsewhere, lends
    none. Otherwise the network says where the brain is on the reference. With DWI it is still cut out of the head by
    rules: the lesion networks have never been shown all that lies in the true mask, skull base and cerebellum, and
    would mark it. What rules cut that is larger than any brain is none: then the network is asked on DWI, too. What
    lies below the foramen magnum goes (`above_spinal_canal`).

    Args:
        images: the case's volumes that may lend their brain, on any grids; the reference among them.
        reference: the role whose brain is wanted.
        grid: where the mask is wanted, cubic voxels in working orientation.
        progress: a cancel is heard inside the network.

    Raises:
        InputError: if no brain is found.
        ModelError: if the network is missing or damaged.
    """
    outline = _brain_outline(images[reference], progress)
    if outline is not None:
        return _cranial(BrainMask(resample_mask(outline, grid), reference, BrainSource.OUTLINE), grid)
    own: np.ndarray | None = None
    declined: dict[Role, str] = {}
    for role in _ORDER:
        if role is reference or role not in images:
            continue
        outline, source = _brain_outline(images[role], progress), BrainSource.OUTLINE
        if outline is None and role is Role.DWI:
            outline, source = cut_from_head(images[role], role), BrainSource.RULES
        if outline is None:
            continue
        lent = resample_mask(outline, grid)
        if source is BrainSource.RULES and lent.sum() * grid.voxel_ml > LARGEST_BRAIN_ML:
            continue
        if own is None:
            own = _as_shown(images[reference], reference, grid, progress)
        against = _disagreement(lent, own, images[role], reference, grid)
        if not against:
            return _cranial(BrainMask(lent, role, source, own=own, declined=declined), grid)
        declined[role] = against
    mask, source = _in_head(images[reference], reference, grid, progress, own)
    return _cranial(BrainMask(mask, reference, source, declined=declined), grid)


def _in_head(
    image: sitk.Image, role: Role, grid: Grid, progress: Progress | None, own: np.ndarray | None
) -> tuple[np.ndarray, BrainSource]:
    """The brain in a head, and how it was found; `own` is what `_as_shown` said, if it was asked."""
    by_rules = resample_mask(cut_from_head(image, role), grid) if role is Role.DWI else None
    if by_rules is not None and by_rules.sum() * grid.voxel_ml <= LARGEST_BRAIN_ML:
        return by_rules, BrainSource.RULES
    found = _by_network(image, grid, progress) if own is None else own
    if found.sum() * grid.voxel_ml >= _LEAST_FOUND_ML and _is_tall(grid):
        return found, BrainSource.NETWORK
    if by_rules is None:
        by_rules = resample_mask(cut_from_head(image, role), grid)
    return by_rules, BrainSource.RULES


def _is_tall(grid: Grid) -> bool:
    return grid.size[2] * grid.spacing[2] >= _LEAST_HEIGHT_MM


def _by_network(image: sitk.Image, grid: Grid, progress: Progress | None) -> np.ndarray:
    """What the network finds; nothing where the scan is lower than any that it was shown."""
    return find_brain(image, grid, progress=progress) if _is_tall(grid) else np.zeros(grid.shape, bool)


def _as_shown(image: sitk.Image, role: Role, grid: Grid, progress: Progress | None) -> np.ndarray:
    """The brain of a head as the network finds it, or, where it finds no whole brain, as rules cut it."""
    found = _by_network(image, grid, progress)
    if found.sum() * grid.voxel_ml >= _LEAST_FOUND_ML:
        return found
    return resample_mask(cut_from_head(image, role), grid)


def _disagreement(lent: np.ndarray, own: np.ndarray, lender: sitk.Image, reference: Role, grid: Grid) -> str:
    """Why a volume's brain is not the reference's, whose own is known; "" if it is, or nothing is known."""
    if not own.any():
        return ""
    shown = float((own & field_of_view(Grid.of(lender), grid)).sum() / own.sum())
    if shown < _LEAST_SHOWN:
        return f"it shows {shown:.0%} of the brain that {reference} shows"
    agreement = dice(own, lent)
    if agreement < _LEAST_AGREEMENT:
        return f"it does not lie where {reference} shows the brain (Dice {agreement:.2f})"
    return ""


def _brain_outline(image: sitk.Image, progress: Progress | None) -> sitk.Image | None:
    """The outline of a stripped brain, or None for what shows a head, with air around it or without."""
    outline = stripped_outline(image)
    return None if outline is None or _holds_a_head(outline, image, progress) else outline


def _holds_a_head(outline: sitk.Image, image: sitk.Image, progress: Progress | None) -> bool:
    """Whether what looks like a stripped brain is a head: the network finds a whole brain well inside it.

    In a slab there is no whole brain to find, and what the network finds means nothing: there the skull decides, a
    dark ring below the outline.
    """
    grid = Grid.of(outline)
    if not _is_tall(Grid.of(reorient(outline))):
        return dark_ring(image, outline) > _SKULL
    found = find_brain(image, grid, progress=progress)
    if found.sum() * grid.voxel_ml < _LEAST_FOUND_ML:
        return dark_ring(image, outline) > _SKULL
    inside = sitk.GetArrayViewFromImage(outline) > 0
    return float(found.sum()) < _HEAD * float(inside.sum())


def _cranial(brain: BrainMask, grid: Grid) -> BrainMask:
    """A mask as it is handed on: without the spinal canal."""
    if not brain.mask.any():
        raise InputError("no brain was found in the volumes", fix="Give skull-stripped volumes, or check the inputs")
    # Around what the network finds lesions are looked for, too (`mri.prepare.RIM_MM`): the medulla's end lies there.
    kept_mm = 0.0 if brain.source is BrainSource.NETWORK else KEPT_MM
    long_mm = LEFT_IN_MM if brain.source is BrainSource.OUTLINE else LONG_MM
    return replace(brain, mask=above_spinal_canal(brain.mask, grid, kept_mm, long_mm))


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
