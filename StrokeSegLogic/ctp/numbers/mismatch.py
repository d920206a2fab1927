"""The numbers that stroke teams read off core and hypoperfusion."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...base.json_files import json_ready
from ..tissue.reference import Side
from ..tissue.thresholds import ThresholdSegmentation, hypoperfused_mask

TMAX_LEVELS_S = (4.0, 6.0, 8.0, 10.0)
_ONE_SIDED = 0.75
"""From this part of the hypoperfused volume on it is said to be of one side."""
LEAST_INTENSITY_ML = 10.0
"""Below this volume at Tmax > 6 s no intensity ratio is given: parts below 3 ml are dropped at either limit, so a small
lesion's ratio would be 0 by clean-up alone. Ours."""


@dataclass(frozen=True)
class DelayVolume:
    """Volume of tissue with a longer Tmax; None where it cannot be told, because the map's scale ends before."""

    tmax_s: float
    ml: float | None


@dataclass(frozen=True)
class PerfusionNumbers:
    """Volumes and ratios of one patient. Where no lesion is found, volumes are 0 and ratios None: that is a result.

    Attributes:
        core_ml, penumbra_ml: volumes of the two labels.
        hypoperfused_ml: tissue over the hypoperfusion threshold.
        delays: volumes at Tmax > 4, 6, 8 and 10 s, cleaned up alike.
        mismatch_ml: hypoperfused_ml less core_ml, as DEFUSE 3 has it. It is negative only where core was allowed
            outside of hypoperfused tissue.
        mismatch_ratio: hypoperfused_ml over core_ml; infinite with a hypoperfused volume but no core; None without
            either.
        hypoperfusion_intensity_ratio: volume at Tmax > 10 s over that at Tmax > 6 s (Olivot et al., Stroke 2014,
            45:1018); None where the latter is below `LEAST_INTENSITY_ML`, or either cannot be told.
        cbv_index: mean CBV where Tmax is over 6 s, over that of the reference tissue (as RAPID's rCBV, BMC Neurol
            2024, 24:294); vessels and CSF do not count; None without CBV or such tissue.
        left_share: part of the hypoperfused volume on the patient's left; None without any, or where one hemisphere
            alone lies in the field.
        side: "left" or "right" with at least three quarters on one side, else "both"; "unknown" where one hemisphere
            alone lies in the field; None without any.
        reference: which tissue CBF and CBV are relative to.
        reference_cbf: mean CBF of that tissue, in the map's unit.
        tissue_ml: volume that was judged: brain without vessels and CSF.
        core_rcbf, hypoperfusion_tmax_s: the thresholds in use.
        core_within_hypoperfusion: whether core had to be hypoperfused.
        notes: what a reader must know.
    """

    core_ml: float
    penumbra_ml: float
    hypoperfused_ml: float
    delays: tuple[DelayVolume, ...]
    mismatch_ml: float
    mismatch_ratio: float | None
    hypoperfusion_intensity_ratio: float | None
    cbv_index: float | None
    left_share: float | None
    side: str | None
    reference: str
    reference_cbf: float
    tissue_ml: float
    core_rcbf: float
    hypoperfusion_tmax_s: float
    core_within_hypoperfusion: bool
    notes: tuple[str, ...]

    @property
    def mismatch_ratio_words(self) -> str:
        """The ratio for people: "2.4", "infinite (no core)" or "undefined (no lesion)"."""
        value, remark = ratio_words(self.mismatch_ratio)
        return f"{value} ({remark})" if remark else value

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: JSON knows no infinity, so an infinite ratio is the word "infinite"."""
        return json_ready(asdict(self))


def measure_perfusion(segmentation: ThresholdSegmentation) -> PerfusionNumbers:
    """The numbers of a segmentation by thresholds."""
    ready, settings = segmentation.tissue, segmentation.settings
    voxel_ml = ready.grid.voxel_ml
    core_ml = float(segmentation.core.sum() * voxel_ml)
    hypoperfused_ml = float(segmentation.hypoperfused.sum() * voxel_ml)
    late = {level: hypoperfused_mask(ready, level, settings.smallest_hypoperfused_ml) for level in TMAX_LEVELS_S}
    volumes = {level: float(mask.sum() * voxel_ml) if ready.told(level) else None for level, mask in late.items()}
    share = _left_share(segmentation.hypoperfused, ready.left) if ready.both_sides else None
    return PerfusionNumbers(
        core_ml=core_ml,
        penumbra_ml=float((segmentation.hypoperfused & ~segmentation.core).sum() * voxel_ml),
        hypoperfused_ml=hypoperfused_ml,
        delays=tuple(DelayVolume(level, volume) for level, volume in volumes.items()),
        mismatch_ml=hypoperfused_ml - core_ml,
        mismatch_ratio=mismatch_ratio(hypoperfused_ml, core_ml),
        hypoperfusion_intensity_ratio=_intensity_ratio(volumes[10.0], volumes[6.0]),
        cbv_index=_cbv_index(late[6.0], ready.cbv, ready.reference.cbv) if ready.told(6.0) else None,
        left_share=share,
        side=_side(share) if ready.both_sides or hypoperfused_ml == 0 else "unknown",
        reference=ready.reference.words,
        reference_cbf=ready.reference.cbf,
        tissue_ml=float(ready.tissue.sum() * voxel_ml),
        core_rcbf=settings.core_rcbf,
        hypoperfusion_tmax_s=settings.hypoperfusion_tmax_s,
        core_within_hypoperfusion=settings.core_within_hypoperfusion,
        notes=segmentation.notes,
    )


def mismatch_ratio(hypoperfused_ml: float, core_ml: float) -> float | None:
    """Hypoperfused over core volume: infinite without core, None without either."""
    if core_ml > 0:
        return hypoperfused_ml / core_ml
    return math.inf if hypoperfused_ml > 0 else None


def ratio_words(ratio: float | None) -> tuple[str, str]:
    """A mismatch ratio for people, and why it is no number, "" where it is."""
    if ratio is None:
        return "undefined", "no lesion"
    return ("infinite", "no core") if math.isinf(ratio) else (f"{ratio:.1f}", "")


def _intensity_ratio(over_10_s: float | None, over_6_s: float | None) -> float | None:
    if over_10_s is None or over_6_s is None or over_6_s < LEAST_INTENSITY_ML:
        return None
    return over_10_s / over_6_s


def _cbv_index(late: np.ndarray, cbv: np.ndarray | None, reference: float | None) -> float | None:
    if cbv is None or not reference or not late.any():
        return None
    return float(cbv[late].mean() / reference)


def _left_share(mask: np.ndarray, left: np.ndarray) -> float | None:
    return float(left[mask].mean()) if mask.any() else None


def _side(share: float | None) -> Side | str | None:
    if share is None:
        return None
    if share >= _ONE_SIDED:
        return "left"
    return "right" if share <= 1 - _ONE_SIDED else "both"
