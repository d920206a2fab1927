"""How core, hypoperfusion and mismatch move with the thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...base.progress import Progress
from ..tissue.thresholds import ThresholdSegmentation, core_mask, hypoperfused_mask
from .mismatch import mismatch_ratio

CORE_RCBF = (0.20, 0.22, 0.24, 0.26, 0.28, 0.30, 0.32, 0.34, 0.36, 0.38, 0.40)
TMAX_S = (4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)


@dataclass(frozen=True)
class SweepRow:
    """Volumes at one pair of thresholds; the ratio as in `mismatch.PerfusionNumbers`."""

    core_rcbf: float
    tmax_s: float
    core_ml: float
    hypoperfused_ml: float

    @property
    def mismatch_ml(self) -> float:
        return self.hypoperfused_ml - self.core_ml

    @property
    def mismatch_ratio(self) -> float | None:
        return mismatch_ratio(self.hypoperfused_ml, self.core_ml)


@dataclass(frozen=True)
class Sweep:
    """A table of thresholds.

    Attributes:
        rows: every pair, by Tmax and then by rCBF.
        core_rcbf, tmax_s: the thresholds in use.
    """

    rows: tuple[SweepRow, ...]
    core_rcbf: float
    tmax_s: float

    def at(self, core_rcbf: float | None = None, tmax_s: float | None = None) -> tuple[SweepRow, ...]:
        """The rows at one threshold, or at both."""
        return tuple(
            row
            for row in self.rows
            if (core_rcbf is None or abs(row.core_rcbf - core_rcbf) < 1e-9)
            and (tmax_s is None or abs(row.tmax_s - tmax_s) < 1e-9)
        )

    def near(self, rcbf_by: float, tmax_by_s: float) -> tuple[SweepRow, ...]:
        """The rows whose thresholds are off those in use by at most so much."""
        return tuple(
            row
            for row in self.rows
            if abs(row.core_rcbf - self.core_rcbf) <= rcbf_by + 1e-9
            and abs(row.tmax_s - self.tmax_s) <= tmax_by_s + 1e-9
        )


def sweep(
    segmentation: ThresholdSegmentation,
    core_rcbf: Sequence[float] = CORE_RCBF,
    tmax_s: Sequence[float] = TMAX_S,
    progress: Progress | None = None,
) -> Sweep:
    """Volumes over pairs of thresholds; those in use are among them. Reference tissue and clean-up stay the same.

    Where the scale of Tmax is cut off, longer times have no row: nothing can be told of them.
    """
    progress = progress or Progress()
    ready, settings = segmentation.tissue, segmentation.settings
    voxel_ml = ready.grid.voxel_ml
    flows = sorted({*core_rcbf, settings.core_rcbf})
    times = sorted(time for time in {*tmax_s, settings.hypoperfusion_tmax_s} if ready.told(time))
    rows = []
    for number, time in enumerate(times):
        late = hypoperfused_mask(ready, time, settings.smallest_hypoperfused_ml)
        volume = float(late.sum() * voxel_ml)
        for flow in flows:
            progress((number + flows.index(flow) / len(flows)) / len(times), f"thresholds at Tmax {time:g} s")
            core = core_mask(ready, flow, late, settings)
            rows.append(SweepRow(flow, time, float(core.sum() * voxel_ml), volume))
    progress(1.0, "thresholds")
    return Sweep(tuple(rows), settings.core_rcbf, settings.hypoperfusion_tmax_s)
