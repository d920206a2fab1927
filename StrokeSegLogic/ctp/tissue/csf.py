"""Which voxels of the brain are cerebrospinal fluid (CSF): by CT, else by what holds no blood on both sides.

By CT as in Manniesing et al., Sci Rep 2017, 7:119: what is surely CSF by its density, grown into what may be. Here
growth ends after a few millimetres: an infarct of some hours loses 5 to 10 HU and more with the days, and such as
borders on a ventricle must not be swallowed by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ...brain.hemispheres import MidPlane, both_hemispheres, mirrored
from ...space.grid import Grid
from ...space.masks import grown
from ...space.smoothing import gaussian_within
from ...study.case import Role
from ..maps.missing_values import NO_CT_HU
from ..series.fluid import FLUID_HU
from ..threshold_settings import ThresholdSettings

_RIM_MM = 8.0
"""How far around sure CSF less sure CSF lies: with 4 mm, ventricles' horns on real slices were called core."""

_THIN_MM, _TOGETHER_MM, _HARDLY_BLOOD = 1.0, 4.0, 0.25
"""Thin as fluid by a CT smoothed so, and with less than this part of the usual blood among itself. Noise of a
deconvolution brings a tenth to a fifth of it, a core keeps a third and more. Ours."""
_MIRROR_MM = 5.0
"""How far from its mirror image the same structure of the other side may lie."""
Mirror = Callable[[np.ndarray], np.ndarray]
"""A mask's mirror image, with some reach; none at all where one hemisphere alone is seen."""


def find_csf(
    values: Mapping[Role, np.ndarray],
    tissue: np.ndarray,
    grid: Grid,
    settings: ThresholdSettings,
    mirror: Mirror | None,
    fluid: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """CSF, what holds no blood and is no CSF, both bool (z, y, x), and what a reader must know.

    Args:
        values: CBV and CT where there are, (z, y, x); CT below `missing_values.NO_CT_HU` is none.
        tissue: brain without vessels, bool.
        grid: of all.
        settings: limits.
        mirror: see there; None where one hemisphere alone is seen.
        fluid: what a 4-D series showed to be CSF, bool; None without a series.
    """

    def smooth(volume: np.ndarray, within: np.ndarray) -> np.ndarray:
        return gaussian_within(volume, within, grid, settings.smoothing_mm)

    none = np.zeros(tissue.shape, bool)
    seen = csf = none
    if Role.CT in values and settings.fluid_hu is not None:
        seen = tissue & (values[Role.CT] > NO_CT_HU)
        hu = smooth(values[Role.CT], seen)
        csf = _by_density(hu, seen, grid, settings)
        if Role.CBV in values and settings.fluid_rcbv is not None:
            csf = csf | _thin_and_bloodless(values[Role.CT], values[Role.CBV], seen, grid)
    if fluid is not None:
        csf = csf | (tissue & fluid)
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


def mirror_of(brain: np.ndarray, grid: Grid) -> Mirror | None:
    """The mirror at a brain's (z, y, x) mid-plane; None where it holds one hemisphere alone."""
    if not both_hemispheres(brain, grid):
        return None
    plane = MidPlane.of(brain, grid)
    return lambda mask: mirrored(mask, plane, grid, _MIRROR_MM)


def _by_density(hu: np.ndarray, seen: np.ndarray, grid: Grid, settings: ThresholdSettings) -> np.ndarray:
    limit = settings.fluid_hu or 0.0
    sure = seen & (hu < limit)
    radius = [round(_RIM_MM / step) for step in grid.spacing[:2]] + [0]
    return sure | (seen & grown(sure, radius) & (hu < max(settings.fluid_rim_hu, limit)))


def _thin_and_bloodless(hu: np.ndarray, cbv: np.ndarray, seen: np.ndarray, grid: Grid) -> np.ndarray:
    """What may be CSF by its density and holds hardly any blood: of 12 HU it has no darker fluid beside it."""
    thin = seen & (gaussian_within(hu, seen, grid, _THIN_MM) < FLUID_HU)
    # Among itself: the blood of tissue beside it is not mixed in.
    return thin & _without_blood(gaussian_within(cbv, thin, grid, _TOGETHER_MM), seen, _HARDLY_BLOOD, cbv)


def _without_blood(volume: np.ndarray, tissue: np.ndarray, part: float, usual: np.ndarray | None = None) -> np.ndarray:
    """Tissue with a volume below this part of the usual: the median of `usual`, which is the volume itself if None."""
    # Of those with any: where an infarct holds exact zeros they would pull the median down.
    usual = volume if usual is None else usual
    held = usual[tissue & (usual > 0)]
    return tissue & (volume <= part * (float(np.median(held)) if held.size else 0.0))
