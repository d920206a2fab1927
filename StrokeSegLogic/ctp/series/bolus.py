"""When contrast arrives in the brain, and whether the series saw it come and go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base.errors import InputError
from .time_series import ADVISED_S, gaps_after

LEAST_RISE_HU = 1.0
"""The mean over the brain rises by 3 to 6 HU in a usual study; below this there is nothing to measure."""
_ONSET = 0.05
_AHEAD_S = 2.5
"""Arteries are ahead of the mean."""
_TRUNCATED = 0.5
_FOOT = 0.2
"""Part of the bolus' height between which and the peak its coming and going are timed."""
_BACKWARDS = 0.75
"""In whole brains a bolus goes in about twice the time in which it comes."""
_WHERE = "the perfusion series"


@dataclass(frozen=True)
class Passage:
    """The bolus in the whole brain.

    Attributes:
        baseline: number of frames before contrast.
        warnings: what the reader of the result should know.
    """

    baseline: int
    warnings: tuple[str, ...]


def passage(mean_hu: np.ndarray, times_s: np.ndarray, noise_hu: float) -> Passage:
    """Reads the bolus' passage off the brain's mean curve.

    Args:
        mean_hu: (T,), mean of the brain in each frame.
        times_s: (T,), rising.
        noise_hu: standard error of such a mean.

    Raises:
        InputError: if no contrast arrives, it only begins to at the end, or it was there before; or if it goes faster
            than it comes.
    """
    peak = int(np.argmax(mean_hu))
    before = mean_hu[: peak + 1]
    # Low values before the peak; a median of some, so that one noisy or displaced frame does not decide.
    low = float(np.median(np.sort(before)[: max(3, len(before) // 3)]))
    rise = float(mean_hu[peak]) - low
    least = max(LEAST_RISE_HU, 5 * noise_hu)
    if rise < least and float(mean_hu[peak]) - float(np.median(mean_hu[-3:])) >= least:
        raise InputError(
            f"begins after contrast has arrived (brightest at {times_s[peak]:.3g} s, less from then on): "
            "there are no frames before contrast to measure from",
            where=_WHERE,
            fix="Give the whole series, its first frames, too",
        )
    if rise < least:
        raise InputError(
            f"contrast never arrives: the brain's mean rises by {max(rise, 0):.1f} HU only",
            where=_WHERE,
            fix="Check that this is the series with contrast, in HU, and that the injection did not fail",
        )
    if peak >= len(mean_hu) - 2:
        raise InputError(
            f"ends while contrast is still arriving (brightest at {times_s[peak]:.3g} of {times_s[-1]:.3g} s)",
            where=_WHERE,
            fix="Flow and volume cannot be computed from a curve without its peak; give the whole series",
        )
    if _runs_backwards(mean_hu - low, times_s, peak):
        raise backwards()
    onset = int(np.flatnonzero(before <= low + max(_ONSET * rise, noise_hu))[-1])
    baseline = max(int(np.searchsorted(times_s, times_s[onset] - _AHEAD_S, side="right")), 1)
    warnings = []
    if baseline < 2:
        warnings.append("contrast is there from the first frames on: the baseline is uncertain, CBV and CBF too")
    left = float(np.mean(mean_hu[-3:])) - low
    if left > _TRUNCATED * rise:
        warnings.append(
            f"truncated curve: {100 * left / rise:.0f} % of the brain's peak enhancement is left at the end "
            f"({times_s[-1]:.3g} s); CBV and MTT come out too low, Tmax is unreliable where blood arrives late"
        )
    elif times_s[-1] < ADVISED_S:
        warnings.append(
            f"the series is {times_s[-1]:.3g} s long; tissue that fills late may be cut short: its CBV comes out "
            "too low, and a long Tmax is not seen"
        )
    if words := _gap_over(times_s, onset, peak, mean_hu - low):
        warnings.append(words)
    return Passage(baseline, tuple(warnings))


def backwards() -> InputError:
    """The refusal of a series whose frames run the wrong way."""
    return InputError(
        "runs backwards in time: contrast comes slowly and goes fast, which no bolus does",
        where=_WHERE,
        fix="Give the frames in the order in which they were recorded, or their true times",
    )


def _runs_backwards(above: np.ndarray, times_s: np.ndarray, peak: int) -> bool:
    """Whether the curve (HU above the baseline) is that of a bolus read from its end.

    Dispersion makes a bolus come faster than it goes: in height and in time.
    """
    smooth = np.convolve(np.pad(above, 1, mode="edge"), np.full(3, 1 / 3), "valid")
    low = smooth <= _FOOT * above[peak]
    before, behind = np.flatnonzero(low[:peak]), np.flatnonzero(low[peak:])
    if not before.size or not behind.size:
        # It does not come, or does not go, within the series.
        return False
    comes, goes = times_s[peak] - times_s[before[-1]], times_s[peak + behind[0]] - times_s[peak]
    slopes = np.diff(smooth) / np.diff(times_s)
    return bool(goes < _BACKWARDS * comes and slopes.max() < _BACKWARDS * -slopes.min())


def _gap_over(times_s: np.ndarray, onset: int, peak: int, above: np.ndarray) -> str:
    """A warning where frames are missing between the bolus' arrival and its fall to half; else ""."""
    fallen = np.flatnonzero(above[peak:] <= above[peak] / 2)
    last = peak + int(fallen[0]) if fallen.size else len(times_s) - 1
    wide = gaps_after(times_s)
    over = wide[(wide >= onset - 1) & (wide < last)]
    if not over.size:
        return ""
    first = int(over[0])
    return (
        f"frames are missing over the bolus, between {times_s[first] - times_s[0]:.3g} and "
        f"{times_s[first + 1] - times_s[0]:.3g} s: flow, Tmax, core and the intensity ratio are not to be relied on"
    )
