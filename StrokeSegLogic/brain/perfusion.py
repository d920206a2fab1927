"""The brain in the frames of a series, and in maps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..space.grid import Grid
from ..space.masks import filled_in_slices
from ..study.case import Role
from .ct import AIR_HU, MEAN_HU, brain_of_ct
from .head import LARGEST_SECTION_CM2, stripped_outline
from .hemispheres import MidPlane, both_hemispheres, mirrored

FROM_FRAMES, FROM_MAPS = "cut out of the mean of the frames", "outline of the maps"
"""How `brain_of_frames` and `brain_of_maps` find it, for results."""
_SMALLEST_ML = 20.0
_WIDE_BRAIN = 0.02
"""Up to this part of the usual largest value a map's voxel is background, where the map has no outline of its own."""
_USUAL_LARGEST = 99.0
"""Percentile of the values above 0: one hot voxel must not hide the brain."""
_MOST_ADDED = 0.25
"""What adds more than this part to a map's outline shows a head, not an infarct that the map left empty."""


def brain_of_frames(mean: np.ndarray, grid: Grid) -> np.ndarray:
    """The brain, bool (z, y, x), on the mean over time (z, y, x), HU (see `ct`).

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


def brain_of_maps(grid: Grid, values: Mapping[Role, np.ndarray]) -> np.ndarray:
    """Where maps show brain, bool (z, y, x): CBF's own outline where it is 0 outside, else where there is flow.

    Software stores exact zeros in infarcts, too: what another map shows, or the CT opposite of brain, belongs to it.

    Args:
        grid: of the maps.
        values: (z, y, x) by name, finite; at least one of CBF, CBV, MTT, TTP and TMAX, the first of which is decisive.
    """
    names = [name for name in (Role.CBF, Role.CBV, Role.MTT, Role.TTP, Role.TMAX) if name in values]
    own = _outline(grid, values[names[0]])
    if own is None:
        own = _above_background(values[names[0]])
    own = filled_in_slices(own)
    if not own.any():
        return own
    for name in names[1:]:
        other = _outline(grid, values[name])
        if other is not None:
            own = _with(own, other)
    if Role.CT in values and both_hemispheres(own, grid):
        on_ct = brain_of_ct(grid.image(values[Role.CT]), MEAN_HU) & (values[Role.CT] > AIR_HU / 2)
        own = _with(own, on_ct & mirrored(own, MidPlane.of(own, grid), grid))
    return own


def _outline(grid: Grid, values: np.ndarray) -> np.ndarray | None:
    found = stripped_outline(grid.image(values))
    return None if found is None else sitk.GetArrayFromImage(found) > 0


def _above_background(values: np.ndarray) -> np.ndarray:
    above = values[values > 0]
    return np.asarray(values > _WIDE_BRAIN * (float(np.percentile(above, _USUAL_LARGEST)) if above.size else 0.0))


def _with(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    both = filled_in_slices(own | other)
    return both if both.sum() <= (1 + _MOST_ADDED) * own.sum() else own
