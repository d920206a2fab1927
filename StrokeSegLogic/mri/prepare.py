"""A case made ready for the networks: one working grid, the brain, comparable intensities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..base.progress import Progress
from ..brain.head import LARGEST_BRAIN_ML, SMALLEST_BRAIN_ML, brain_mask
from ..nets.run.inputs import normalise
from ..space.grid import Grid, bounding_box, box_slices, working_grid
from ..space.planes import PLANES, Plane, to_stack
from ..space.resampling import resample, resample_mask
from ..study.case import Case, Role

MARGIN = 8
"""Voxels of background kept around the brain, so that its border is not the image's."""
MIN_PIXELS = 20
"""A slice with less brain than this is not shown to a network."""


def seen_slices(brain: np.ndarray, plane: Plane) -> np.ndarray:
    """Which slices, bool (N,), of a plane hold enough of a brain (z, y, x) to be shown to a network."""
    return to_stack(brain, plane).sum((1, 2)) >= MIN_PIXELS


@dataclass(frozen=True)
class Prepared:
    """The networks' input.

    Attributes:
        grid: cubic voxels in working orientation, cut to the brain's box.
        channels: float32 (C, z, y, x) in the model's order; 0 where a sequence is missing.
        brain: bool (z, y, x).
        brain_from: how the brain was found, in words.
        used: roles that the networks see.
        unused: roles that the model does not know.
        warnings: what a reader should know.
    """

    grid: Grid
    channels: np.ndarray
    brain: np.ndarray
    brain_from: str
    used: tuple[Role, ...]
    unused: tuple[Role, ...]
    warnings: tuple[str, ...]

    def seen(self, plane: Plane) -> np.ndarray:
        """Which slices (N,) of a plane hold enough brain to be shown to its network."""
        return seen_slices(self.brain, plane)

    @property
    def slices(self) -> dict[Plane, int]:
        """How many slices each plane's network sees."""
        return {plane: int(self.seen(plane).sum()) for plane in PLANES}


def prepare(case: Case, reference: Role, roles: tuple[Role, ...], spacing_mm: float, progress: Progress) -> Prepared:
    """Lays a case on the working grid of its reference.

    Args:
        case: at least one of the roles.
        reference: a role of the case.
        roles: the network's, in channel order.
        spacing_mm: side of the working grid's voxels.
        progress: fraction and message.

    Raises:
        InputError: if there is no brain, or a sequence has no contrast in it.
    """
    progress(0.0, "finding the brain")
    field = working_grid(Grid.of(case.series[reference].image), spacing_mm)
    images = {role: series.image for role, series in case.series.items()}
    whole = brain_mask(images, reference, field)
    start, size = bounding_box(whole.mask, MARGIN)
    grid = field.crop(start, size)
    brain = whole.mask[box_slices(start, size)].copy()
    warnings = _brain_warnings(float(brain.sum()) * grid.voxel_ml, whole.from_head)
    channels = np.zeros((len(roles), *grid.shape), np.float32)
    used = tuple(role for role in roles if role in images)
    for number, role in enumerate(used):
        progress(0.3 + 0.7 * number / len(used), f"laying {role} on the common grid")
        channels[roles.index(role)], seen = _channel(images[role], case.series[role].source, grid, brain)
        if seen < 0.9:
            warnings.append(f"{role} covers only {100 * seen:.0f} % of the brain; the rest is judged without it")
    unused = tuple(role for role in case.roles if role not in used)
    return Prepared(grid, channels, brain, whole.words, used, unused, tuple(warnings))


def _channel(image: sitk.Image, source: str, grid: Grid, brain: np.ndarray) -> tuple[np.ndarray, float]:
    """The normalised sequence on the grid, 0 (as if missing) beyond its field of view; part of brain seen."""
    values = sitk.GetArrayFromImage(resample(sitk.Cast(image, sitk.sitkFloat32), grid))
    own = Grid.of(image)
    covered = resample_mask(own.image(np.ones(own.shape, np.uint8)), grid)
    inside = brain & covered
    if not inside.any():
        raise InputError("shows no part of the brain", where=source, fix="Leave it out, or check its position")
    try:
        normal = normalise(values, inside)
    except InputError as error:
        raise InputError(error.what, where=source, fix=error.fix) from error
    normal[brain & ~covered] = 0.0
    return normal, float(inside.sum() / brain.sum())


def _brain_warnings(volume_ml: float, from_head: bool) -> list[str]:
    found = []
    if not SMALLEST_BRAIN_ML <= volume_ml <= LARGEST_BRAIN_ML:
        found.append(f"the brain mask holds {volume_ml:.0f} ml, which no whole adult brain does: check its outline")
    if from_head:
        found.append("the brain was cut out of the head by simple rules: check that no lesion lies outside its outline")
    return found
