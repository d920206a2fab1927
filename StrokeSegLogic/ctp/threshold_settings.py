"""The thresholds of core and hypoperfusion, and what tissue they are applied to."""

from __future__ import annotations

from dataclasses import dataclass

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
        fluid_hu: below this (HU, smoothed) a voxel of the CT is CSF. CSF has 0 to 15 HU, white matter 20 and more,
            an infarct of some hours 5 to 10 less. That sure CSF is found by density and then grown is the way of
            Manniesing et al., Sci Rep 2017, 7:119; both numbers are ours.
        fluid_rim_hu: below this it is CSF within 8 mm of such a voxel (partial volume), and else is not.
        fluid_rcbv: without CT, CSF has less than this part of the brain's median CBV, and has it on both sides.
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
