"""Core and penumbra by thresholds on perfusion maps, as commercial software draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ...space.grid import Grid
from ...space.masks import without_small_parts
from ...study.case import Role
from ..threshold_settings import ThresholdSettings
from .tissue import PerfusionTissue, prepare

PENUMBRA, CORE = 1, 2
"""Label values; 0 is all else."""


@dataclass(frozen=True)
class ThresholdSegmentation:
    """What thresholds make of the maps.

    Attributes:
        labels: uint8 on the maps' grid: 0, 1 penumbra, 2 core.
        hypoperfused, core: bool (z, y, x). Penumbra is what is hypoperfused and no core.
        tissue: the maps made ready; numbers and sweeps are computed from it.
        settings: used.
        notes: what a reader must know.
    """

    labels: sitk.Image
    hypoperfused: np.ndarray
    core: np.ndarray
    tissue: PerfusionTissue
    settings: ThresholdSettings
    notes: tuple[str, ...]

    @property
    def grid(self) -> Grid:
        return self.tissue.grid


def segment_by_thresholds(
    maps: Mapping[Role, sitk.Image],
    settings: ThresholdSettings | None = None,
    brain: np.ndarray | None = None,
    fluid: np.ndarray | None = None,
) -> ThresholdSegmentation:
    """Core and penumbra of perfusion maps in standard units. Nothing found is a result: an empty segmentation.

    Args:
        maps: by name, on one grid: CBF (any unit, for it is used relative to itself) and TMAX (s); CBV (ml/100 g) and
            CT (HU) for the exclusion of vessels and CSF. Other names are not looked at.
        settings: thresholds and clean-up.
        brain: (z, y, x), 0 outside; by default what the maps show (see `brain.brain_of_maps`).
        fluid: (z, y, x) bool, what a 4-D series showed to be fluid (see `series.fluid`).

    NaN and infinity are no value: their number is said, where flow has none nothing is judged (see `missing_values`).

    Raises:
        InputError: if CBF or TMAX is missing, a map holds no number at all, the maps lie on different grids, no brain
            is found, there is too little normal tissue, or the scale of Tmax is cut off at the limit of hypoperfusion.
    """
    settings = settings or ThresholdSettings()
    used = {name: maps[name] for name in (Role.CBF, Role.CBV, Role.TMAX, Role.CT) if name in maps}
    ready = prepare(used, settings, brain, fluid)
    hypoperfused = hypoperfused_mask(ready, settings.hypoperfusion_tmax_s, settings.smallest_hypoperfused_ml)
    core = core_mask(ready, settings.core_rcbf, hypoperfused, settings)
    labels = np.where(core, CORE, np.where(hypoperfused, PENUMBRA, 0)).astype(np.uint8)
    return ThresholdSegmentation(ready.grid.image(labels), hypoperfused, core, ready, settings, ready.notes)


def hypoperfused_mask(ready: PerfusionTissue, tmax_s: float, smallest_ml: float) -> np.ndarray:
    """Tissue with a longer Tmax than `tmax_s`, without small parts; bool (z, y, x).

    Where hardly any blood flows and the maps give no time it is as late as the nearest tissue (see `untimed`).
    """
    return without_small_parts(ready.tissue & (ready.tmax > tmax_s), ready.grid, smallest_ml)[0]


def core_mask(ready: PerfusionTissue, rcbf: float, hypoperfused: np.ndarray, settings: ThresholdSettings) -> np.ndarray:
    """Tissue with a lower relative CBF than `rcbf`, without small parts; bool (z, y, x)."""
    low = ready.tissue & (ready.rcbf < rcbf)
    if settings.core_within_hypoperfusion:
        low &= hypoperfused
    return without_small_parts(low, ready.grid, settings.smallest_core_ml)[0]
