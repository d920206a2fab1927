"""Core and penumbra by thresholds on perfusion maps, as commercial software draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..grid import Grid
from .tissue import PerfusionTissue, prepare, without_small_parts

PENUMBRA, CORE = 1, 2
"""Label values; 0 is all else."""
CONTRALATERAL, NORMAL_TISSUE = "contralateral", "normal tissue"


@dataclass(frozen=True)
class ThresholdSettings:
    """Thresholds and clean-up. Of every number the source, or that it is ours.

    Attributes:
        core_rcbf: core is tissue with CBF below this part of the reference. 0.30: DEFUSE 3 (Albers et al., NEJM 2018,
            378:708); 0.31 of the contralateral mean is best against DWI in Campbell et al., Stroke 2011, 42:3435, and
            0.38 of it in Cereda et al., J Cereb Blood Flow Metab 2016, PMC5076783.
        hypoperfusion_tmax_s: hypoperfused is tissue with a longer Tmax. 6 s: DEFUSE 3.
        reference: what CBF is relative to: "contralateral", the mean over normal tissue of the hemisphere with less
            delayed tissue (Campbell 2011); or "normal tissue", that over normal tissue of both hemispheres. Without
            delayed tissue there is no affected side, and both are the same.
        normal_tmax_s: tissue up to this Tmax is normal. 4 s: Klug et al., J Cereb Blood Flow Metab 2020,
            doi:10.1177/0271678X20924549, in whose public code CBF is relative to tissue below 4 s or to the other side.
        core_within_hypoperfusion: whether core has to be hypoperfused, as in INSPIRE's definition (Chen et al., Front
            Neurol 2021, 11:590766). It keeps chronic infarcts and healthy white matter, whose flow is low but not late,
            out of the core.
        smoothing_mm: sigma of a Gaussian within tissue alone (Wack et al., BMC Med Imaging 2014, 14:28); the 2 mm are
            ours. 0 for none.
        vessel_cbv: above this CBV (ml/100 g) a voxel is a vessel. Exclusion by CBV is that of Kudo et al., AJNR 2003,
            24:419, who tried limits of 5 to 20; the 8 are within that range.
        fluid_hu: below this (HU, smoothed) a voxel of the CT is fluid. Fluid has 0 to 15 HU, white matter 20 and more,
            an infarct of some hours 5 to 10 less. That sure fluid is found by density and then grown is the way of
            Manniesing et al., Sci Rep 2017, 7:119; both numbers are ours.
        fluid_rim_hu: below this it is fluid within 8 mm of such a voxel (partial volume), and else is not.
        fluid_rcbv: without CT, fluid has less than this part of the brain's median CBV, and has it on both sides.
            Ours: core keeps more, but for software that stores zeros in it.
        smallest_hypoperfused_ml, smallest_core_ml: connected parts below are dropped. That tools drop small islands
            is common; their limits are mostly unpublished, and these are ours. Where commercial software showed false
            Tmax > 6 s volumes, a quarter of them had up to 3 ml (PMC6731139).
    """

    core_rcbf: float = 0.30
    hypoperfusion_tmax_s: float = 6.0
    reference: str = CONTRALATERAL
    normal_tmax_s: float = 4.0
    core_within_hypoperfusion: bool = True
    smoothing_mm: float = 2.0
    vessel_cbv: float | None = 8.0
    fluid_hu: float | None = 10.0
    fluid_rim_hu: float = 15.0
    fluid_rcbv: float | None = 0.1
    smallest_hypoperfused_ml: float = 3.0
    smallest_core_ml: float = 1.0

    def __post_init__(self) -> None:
        if self.reference not in (CONTRALATERAL, NORMAL_TISSUE):
            raise ValueError(f"reference is '{self.reference}', neither '{CONTRALATERAL}' nor '{NORMAL_TISSUE}'")
        if not 0 < self.core_rcbf < 1:
            raise ValueError(f"core_rcbf is {self.core_rcbf:g}; it is a part, between 0 and 1")
        if not 0 <= self.normal_tmax_s <= self.hypoperfusion_tmax_s:
            raise ValueError("normal_tmax_s must lie between 0 and hypoperfusion_tmax_s")
        if min(self.smoothing_mm, self.smallest_hypoperfused_ml, self.smallest_core_ml) < 0:
            raise ValueError("smoothing and smallest volumes cannot be negative")


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
    maps: Mapping[str, sitk.Image],
    settings: ThresholdSettings | None = None,
    brain: np.ndarray | None = None,
) -> ThresholdSegmentation:
    """Core and penumbra of perfusion maps in standard units. Nothing found is a result: an empty segmentation.

    Args:
        maps: by name, on one grid: CBF (any unit, for it is used relative to itself) and TMAX (s); CBV (ml/100 g) and
            CT (HU) for the exclusion of vessels and fluid. Other names are not looked at.
        settings: thresholds and clean-up.
        brain: (z, y, x), 0 outside; by default what the maps show (see `brain.brain_of_maps`).

    NaN and infinity are no value: their number is said, where flow has none nothing is judged (see `gaps`).

    Raises:
        InputError: if CBF or TMAX is missing, a map holds no number at all, the maps lie on different grids, no brain
            is found, there is too little normal tissue, or the scale of Tmax is cut off at the limit of hypoperfusion.
    """
    settings = settings or ThresholdSettings()
    used = {name: maps[name] for name in ("CBF", "CBV", "TMAX", "CT") if name in maps}
    ready = prepare(used, settings, brain)
    hypoperfused = slow(ready, settings.hypoperfusion_tmax_s, settings.smallest_hypoperfused_ml)
    core = dead(ready, settings.core_rcbf, hypoperfused, settings)
    labels = np.where(core, CORE, np.where(hypoperfused, PENUMBRA, 0)).astype(np.uint8)
    return ThresholdSegmentation(ready.grid.image(labels), hypoperfused, core, ready, settings, ready.notes)


def slow(ready: PerfusionTissue, tmax_s: float, smallest_ml: float) -> np.ndarray:
    """Tissue with a longer Tmax than `tmax_s`, without small parts; bool (z, y, x).

    Where hardly any blood flows and the maps give no time it is as late as the nearest tissue (see `untimed`).
    """
    return without_small_parts(ready.tissue & (ready.tmax > tmax_s), ready.grid, smallest_ml)


def dead(ready: PerfusionTissue, rcbf: float, hypoperfused: np.ndarray, settings: ThresholdSettings) -> np.ndarray:
    """Tissue with a lower relative CBF than `rcbf`, without small parts; bool (z, y, x)."""
    low = ready.tissue & (ready.rcbf < rcbf)
    if settings.core_within_hypoperfusion:
        low &= hypoperfused
    return without_small_parts(low, ready.grid, settings.smallest_core_ml)
