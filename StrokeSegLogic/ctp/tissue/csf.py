"""Which voxels of the brain are cerebrospinal fluid (CSF): by CT, else by what holds no blood on both sides.

By CT as in Manniesing et al., Sci Rep 2017, 7:119: what is surely CSF by its density, grown into what may be. Here
growth ends after a few millimetres: an infarct of some hours loses 5 to 10 HU and more with the days, and such as
borders on a ventricle must not be swallowed by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ...space.grid import Grid
from ...space.masks import grown
from ...study.case import Role
from ..maps.missing_values import NO_CT_HU
from ..threshold_settings import ThresholdSettings

_RIM_MM = 8.0
"""How far around sure CSF less sure CSF lies: with 4 mm, ventricles' horns on real slices were called core."""

Smooth = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Smooths values within a mask, both (z, y, x)."""
Mirror = Callable[[np.ndarray], np.ndarray]
"""A mask's mirror image, with some reach; none at all where one hemisphere alone is seen."""


def find_csf(
    values: Mapping[Role, np.ndarray],
    tissue: np.ndarray,
    grid: Grid,
    settings: ThresholdSettings,
    smooth: Smooth,
    mirror: Mirror | None,
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """CSF, what holds no blood and is no CSF, both bool (z, y, x), and what a reader must know.

    Args:
        values: CBV and CT where there are, (z, y, x); CT below `missing_values.NO_CT_HU` is none.
        tissue: brain without vessels, bool.
        grid: of all.
        settings: limits.
        smooth: see there.
        mirror: see there; None where one hemisphere alone is seen.
    """
    none = np.zeros(tissue.shape, bool)
    seen = csf = none
    if Role.CT in values and settings.fluid_hu is not None:
        seen = tissue & (values[Role.CT] > NO_CT_HU)
        csf = _by_density(smooth(values[Role.CT], seen), seen, grid, settings)
    rest = tissue & ~seen
    part = rest.sum() / max(int(tissue.sum()), 1)
    if part <= 0.001:
        return csf, none, []
    beyond = f"{part:.0%} of the brain lies outside of the CT: there " if seen.any() else ""
    if Role.CBV not in values or settings.fluid_rcbv is None:
        words = "there is neither CT nor CBV" if not beyond else "there is no CBV"
        return csf, none, [f"{beyond}CSF was not excluded: {words}"]
    bloodless = _without_blood(smooth(values[Role.CBV], tissue), tissue, settings.fluid_rcbv) & rest
    # Ventricles and cisterns lie on both sides; an infarct without any blood lies on one side.
    lost = none if mirror is None else bloodless & ~mirror(bloodless)
    return csf | (bloodless & ~lost), lost, [f"{beyond}CSF was told by its low CBV, for want of a CT"]


def _by_density(hu: np.ndarray, seen: np.ndarray, grid: Grid, settings: ThresholdSettings) -> np.ndarray:
    limit = settings.fluid_hu or 0.0
    sure = seen & (hu < limit)
    radius = [round(_RIM_MM / step) for step in grid.spacing[:2]] + [0]
    return sure | (seen & grown(sure, radius) & (hu < max(settings.fluid_rim_hu, limit)))


def _without_blood(volume: np.ndarray, tissue: np.ndarray, part: float) -> np.ndarray:
    # Of those with any: where an infarct holds exact zeros they would pull the median down.
    held = volume[tissue & (volume > 0)]
    return tissue & (volume <= part * (float(np.median(held)) if held.size else 0.0))
