"""A case made ready for the networks: one working grid, the brain, comparable intensities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..base.progress import Progress
from ..base.settings import PLANES, Plane
from ..brain.coil_field import without_coil_field
from ..brain.given import GivenMask
from ..brain.head import USUAL_BRAIN_ML, BrainMask, BrainSource, brain_mask, stripped_outline
from ..nets.run.inputs import LOWEST, normalise
from ..space.grid import Grid, bounding_box, box_slices, to_stack, working_grid
from ..space.masks import ball_radius
from ..space.resampling import field_of_view, resample
from ..study.case import Case, Role
from .alignment import Position, align

MARGIN = 8
"""Voxels of background kept around the brain, so that its border is not the image's."""
RIM_MM = 3.0
"""Around a brain that the network found in which lesions are looked for, too: where fluid and skull look alike its
outline is a guess of 1 to 3 mm, and infarcts of the cortex lie there. See `vote.run_planes`."""
MOST_OF_BRAIN = 0.75
"""A sequence that shows less of the brain than this leaves too much of it to the others."""
MIN_PIXELS = 20
"""A slice with less brain than this is not shown to a network."""


def shown_within(channels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Normalised channels (C, z, y, x) with nothing shown outside of a mask; a missing sequence stays missing."""
    return np.stack([np.where(mask, channel, np.float32(LOWEST)) if channel.any() else channel for channel in channels])


def seen_slices(brain: np.ndarray, plane: Plane) -> np.ndarray:
    """Which slices, bool (N,), of a plane hold enough of a brain (z, y, x) to be shown to a network."""
    return to_stack(brain, plane).sum((1, 2)) >= MIN_PIXELS


class NetworkInput(Protocol):
    """What networks are shown of a case; see `Prepared`."""

    @property
    def grid(self) -> Grid: ...

    @property
    def channels(self) -> np.ndarray: ...

    @property
    def brain(self) -> np.ndarray: ...

    @property
    def searched(self) -> np.ndarray: ...

    def seen(self, plane: Plane) -> np.ndarray: ...


@dataclass(frozen=True)
class Prepared:
    """The networks' input.

    Attributes:
        grid: cubic voxels in working orientation, cut to the brain's box.
        channels: float32 (C, z, y, x) in the model's order; 0 where a sequence is missing.
        brain: bool (z, y, x), what intensities are measured in.
        searched: bool (z, y, x), where lesions are looked for: the brain, or a little more (`RIM_MM`).
        brain_from: how the brain was found, in words.
        used: roles that the networks see, and the part of the brain that each shows.
        unused: roles that the model does not know.
        warnings: what a reader should know.
        case: the sequences where they were laid: as given, but for those that were moved onto the reference.
        positions: what registration found of each sequence; none where it was off or had nothing to do.
    """

    grid: Grid
    channels: np.ndarray
    brain: np.ndarray
    searched: np.ndarray
    brain_from: str
    used: Mapping[Role, float]
    unused: tuple[Role, ...]
    warnings: tuple[str, ...]
    case: Case
    positions: tuple[Position, ...] = ()

    def seen(self, plane: Plane) -> np.ndarray:
        """Which slices (N,) of a plane hold enough brain to be shown to its network."""
        return seen_slices(self.searched, plane)

    @property
    def of_most(self) -> tuple[Role, ...]:
        """The roles that show most of the brain."""
        return tuple(role for role, seen in self.used.items() if seen >= MOST_OF_BRAIN)

    @property
    def slices(self) -> dict[Plane, int]:
        """How many slices each plane's network sees."""
        return {plane: int(self.seen(plane).sum()) for plane in PLANES}


def prepare(
    case: Case,
    reference: Role,
    roles: tuple[Role, ...],
    spacing_mm: float,
    progress: Progress,
    given: GivenMask | None = None,
    *,
    register: bool = False,
) -> Prepared:
    """Lays a case on the working grid of its reference.

    Args:
        case: at least one of the roles.
        reference: a role of the case.
        roles: the network's, in channel order.
        spacing_mm: side of the working grid's voxels.
        progress: fraction and message.
        given: the brain, where the user knows it; found if None.
        register: whether sequences that do not lie on the reference are moved onto it.

    Raises:
        InputError: if there is no brain, or a sequence has no contrast in it.
    """
    progress(0.0, "finding the brain")
    field = working_grid(Grid.of(case.series[reference].image), spacing_mm)
    whole = _brain(case, reference, field, given, progress)
    positions: tuple[Position, ...] = ()
    if register and (apart := _apart(case, reference)):
        # As the reference itself shows it: another sequence, not yet registered, may show it elsewhere.
        own = field.image((whole.mask if whole.own is None else whole.own).astype(np.uint8))
        case, positions = align(case, reference, apart, own, progress.span(0.1, 0.3))
        whole = _brain_again(whole, case, reference, field, positions, progress)
    images = _images(case)
    start, size = bounding_box(whole.mask, MARGIN)
    grid = field.crop(start, size)
    brain = whole.mask[box_slices(start, size)].copy()
    searched = _searched(brain, whole.source, grid)
    warnings = _brain_warnings(float(brain.sum()) * grid.voxel_ml, whole.source)
    warnings += [position.doubt for position in positions if position.doubt]
    warnings += [f"the brain was not taken from {role}: {why}" for role, why in whole.declined.items()]
    channels = np.zeros((len(roles), *grid.shape), np.float32)
    known = [role for role in roles if role in images]
    used: dict[Role, float] = {}
    for number, role in enumerate(known):
        progress(0.3 + 0.7 * number / len(known), f"laying {role} on the common grid")
        level = role is Role.DWI and _is_head(images[role], role, whole)
        of_role = _channel(images[role], case.series[role].source, grid, brain, searched, level)
        channels[roles.index(role)], seen = of_role
        used[role] = seen
        if seen < 0.9:
            warnings.append(f"{role} covers only {100 * seen:.0f} % of the brain; the rest is judged without it")
    unused = tuple(role for role in case.roles if role not in used)
    return Prepared(grid, channels, brain, searched, whole.words, used, unused, tuple(warnings), case, positions)


def _searched(brain: np.ndarray, source: BrainSource, grid: Grid) -> np.ndarray:
    if source is not BrainSource.NETWORK:
        return brain
    mask = grid.image(brain.astype(np.uint8))
    return sitk.GetArrayFromImage(sitk.BinaryDilate(mask, ball_radius(mask, RIM_MM))) > 0


def _brain(case: Case, reference: Role, field: Grid, given: GivenMask | None, progress: Progress) -> BrainMask:
    if given is None:
        return brain_mask(_images(case), reference, field, progress)
    return BrainMask(given.on(field), reference, BrainSource.GIVEN, given.words)


def _images(case: Case) -> dict[Role, sitk.Image]:
    return {role: series.image for role, series in case.series.items()}


def _brain_again(
    whole: BrainMask, case: Case, reference: Role, field: Grid, positions: Sequence[Position], progress: Progress
) -> BrainMask:
    """The brain after registration: what was moved may lend it now, and what may lie elsewhere lends none."""
    moved = {position.role for position in positions if position.decision == "moved"}
    astray = {position.role for position in positions if position.decision in ("refused", "not measured")}
    borrowed = whole.role is not reference
    if not (moved & {whole.role, *whole.declined} or (borrowed and whole.role in astray)):
        return whole
    images = {role: image for role, image in _images(case).items() if role not in astray}
    again = brain_mask(images, reference, field, progress)
    declined = {role: why for role, why in whole.declined.items() if role in astray}
    if borrowed and whole.role in astray:
        declined[whole.role] = f"it is not sure that it lies on {reference}"
    return replace(again, declined={**declined, **again.declined})


def _apart(case: Case, reference: Role) -> dict[Role, tuple[Role, ...]]:
    """The sequences to register, each with those that lie as it does: DWI and ADC of the same acquisition."""
    groups: dict[Role, tuple[Role, ...]] = {role: () for role in case.roles if role is not reference}
    pair = [case.series[role] for role in (Role.DWI, Role.ADC) if role in case.series]
    if len(pair) == 2 and Grid.of(pair[0].image).same(Grid.of(pair[1].image)):
        follower = Role.DWI if reference is Role.ADC else Role.ADC
        groups.pop(follower)
        if Role.DWI in groups:
            groups[Role.DWI] = (Role.ADC,)
    return groups


def _is_head(image: sitk.Image, role: Role, brain: BrainMask) -> bool:
    """Whether a volume shows more than a stripped brain."""
    if brain.role is role and brain.source is not BrainSource.GIVEN:
        return brain.source is not BrainSource.OUTLINE  # it was looked at when the brain was found
    return stripped_outline(image) is None


def _channel(
    image: sitk.Image, source: str, grid: Grid, brain: np.ndarray, searched: np.ndarray, level: bool
) -> tuple[np.ndarray, float]:
    """The normalised sequence on the grid, 0 (as if missing) beyond its field of view; part of brain seen.

    Where it is to be levelled, it is without what the coils made of it: where they are near, brain of b = 1500 and more
    is as bright as an infarct.
    """
    values = sitk.GetArrayFromImage(resample(sitk.Cast(image, sitk.sitkFloat32), grid))
    covered = field_of_view(Grid.of(image), grid)
    inside = brain & covered
    if not inside.any():
        raise InputError("shows no part of the brain", where=source, fix="Leave it out, or check its position")
    if level:
        values = without_coil_field(values, inside, grid)
    try:
        normal = normalise(values, inside, searched)
    except InputError as error:
        raise InputError(error.what, where=source, fix=error.fix) from error
    normal[searched & ~covered] = 0.0
    return normal, float(inside.sum() / brain.sum())


def _brain_warnings(volume_ml: float, source: BrainSource) -> list[str]:
    found = []
    low, high = USUAL_BRAIN_ML
    if not low <= volume_ml <= high:
        found.append(
            f"the brain mask holds {volume_ml:,.0f} ml, and that of a whole adult brain {low:,.0f} to {high:,.0f} ml: "
            "check its outline"
        )
    if source is BrainSource.RULES:
        found.append("the brain was cut out of the head by simple rules: check that no lesion lies outside its outline")
    return found
