"""The arterial input and the venous output, found in the series, with the voxels that they were read from.

Candidates are the voxels that enhance most. Arteries are those whose curve is high, early and narrow, as in Mouridsen
et al., Magn Reson Med 2006 (there by clustering); the great veins are those that are high, later and
wider than the arteries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base.errors import InputError
from ...space.grid import Grid
from .bolus import backwards

LEAST_PEAK_HU = 40.0
"""Tissue enhances by 5 to 15 HU; an artery even in part of a voxel by more than this."""
VOXELS = 10
LARGEST_SCALE = 4.0
"""An artery that seems to fill less than a quarter of its voxels beside the vein shows that this is no vein."""
_EARLY_S = 3.0
_WIDEST_S = 20.0
_NOISE_FACTOR, _LEFT = 6.0, 0.5
_VEIN_DELAY_S, _VEIN_WIDTH = 1.0, 1.15
_VEIN_LEFT, _VEIN_WIDEST_S, _VEIN_PEAK = 0.5, 30.0, 0.5
_SEEDS = 60
_MOST_WAYS = 5.0
"""So many times its height a vessel's curve goes up and down: 2 for a bolus, 3 with all that comes round again."""
_FOOT, _LEFT_SKEWED = 0.2, -0.15
"""Above a fifth of its peak the skewness of a bolus is 0.3 and more, on phantoms of ours; reversed as much below 0."""


@dataclass(frozen=True)
class Vessel:
    """One vessel's curve.

    Attributes:
        curve: (T,) mean enhancement of the voxels, HU.
        voxels: (N, 3) indices z, y, x.
        given: the point or the kind of input that it was given by; "" where it was found.
    """

    curve: np.ndarray
    voxels: np.ndarray
    given: str = ""


@dataclass(frozen=True)
class _Shapes:
    """What curves look like, each (N,): height and time of the peak, width at half of it, mean of the three frames
    around it, mean of the last three, and deviation before contrast."""

    peak: np.ndarray
    time: np.ndarray
    width: np.ndarray
    crest: np.ndarray
    left: np.ndarray
    noise: np.ndarray


def find_artery(curves: np.ndarray, voxels: np.ndarray, times_s: np.ndarray, baseline: int) -> Vessel:
    """The arterial input function.

    Args:
        curves: (T, N) enhancement of candidates, HU.
        voxels: (N, 3) their indices z, y, x.
        times_s: (T,), rising.
        baseline: number of frames before contrast.

    Raises:
        InputError: if no candidate looks like an artery.
    """
    shapes = _shapes(curves, times_s, baseline)
    fit = (shapes.peak >= LEAST_PEAK_HU) & (shapes.peak >= _NOISE_FACTOR * shapes.noise)
    # A bolus comes and goes; what drifts or jumps and stays is bone that moved.
    fit &= (shapes.width <= _WIDEST_S) & (shapes.time < times_s[-1] - 2) & (shapes.left <= _LEFT * shapes.peak)
    if fit.sum() < VOXELS // 3:
        highest = float(shapes.peak.max(initial=0.0))
        raise InputError(
            f"no artery was found: the highest enhancement is {highest:.0f} HU, the least expected {LEAST_PEAK_HU:.0f}",
            where="the perfusion series",
            fix="Give the arterial curve or a mask of an artery as aif, or slices that reach the great arteries",
        )
    chosen = np.flatnonzero(fit)
    # The earliest of the bright voxels set the time; veins come seconds later.
    first = float(np.percentile(shapes.time[chosen], 3))
    early = chosen[shapes.time[chosen] <= first + _EARLY_S]
    width = np.maximum(shapes.width[early], 1.0)
    score = shapes.peak[early] / width * np.exp(-(shapes.time[early] - first) / _EARLY_S)
    seeds = early[np.argsort(-score, kind="stable")[:_SEEDS]]
    # Of the best, those that look most like one another: one noisy or displaced voxel must not shape the curve.
    typical = np.median(curves[:, seeds], axis=1)
    best = _most_alike(curves[:, seeds], typical, shapes.peak[seeds])
    return _vessel(curves, voxels, seeds[best], baseline)


def require_time_order(curves: np.ndarray, times_s: np.ndarray) -> None:
    """Refuses vessels whose contrast comes and goes again and again, or comes slowly and goes fast: frames that are
    mixed up, or run backwards in time.

    A bolus is skewed to the right in arteries and veins alike, where tissue's own curve may be nearly symmetric.

    Args:
        curves: (T, N) enhancement of candidates, HU.
        times_s: (T,), rising.

    Raises:
        InputError: if so.
    """
    peak = curves.max(axis=0)
    bright = np.argsort(-peak, kind="stable")[:_SEEDS]
    curves, peak = curves[:, bright], peak[bright]
    typical = np.median(curves / np.maximum(peak, 1e-6), axis=1)
    ways = float(np.abs(np.diff(typical)).sum() / max(float(np.ptp(typical)), 1e-6))
    if float(np.median(peak)) >= LEAST_PEAK_HU and ways > _MOST_WAYS:
        raise InputError(
            f"has its frames mixed up, or vessels flicker: contrast comes and goes {ways / 2:.0f} times, where a bolus "
            "comes and goes once",
            where="the perfusion series",
            fix="Give the frames in the order in which they were recorded, or their true times",
        )
    # What is cut off at an end has no known shape.
    ends = np.maximum(curves[:2].max(axis=0), curves[-2:].max(axis=0))
    whole = (peak >= LEAST_PEAK_HU) & (ends <= _FOOT * peak)
    if whole.sum() < VOXELS:
        return
    weight = np.maximum(curves[:, whole] - _FOOT * peak[whole], 0) * np.gradient(times_s)[:, None]
    weight /= weight.sum(axis=0)
    from_middle = times_s[:, None] - times_s @ weight
    width = (weight * from_middle**2).sum(axis=0)
    # A peak of a single frame has no shape.
    broad = width > 0
    skewness = (weight * from_middle**3).sum(axis=0)[broad] / width[broad] ** 1.5
    if broad.any() and float(np.median(skewness)) < _LEFT_SKEWED:
        raise backwards()


def find_vein(
    curves: np.ndarray, voxels: np.ndarray, times_s: np.ndarray, baseline: int, aif: np.ndarray
) -> Vessel | None:
    """The venous output function, or None where no vein is seen; arguments as of `find_artery`.

    Args:
        aif: (T,) the arterial curve.
    """
    shapes = _shapes(curves, times_s, baseline)
    artery = _shapes(aif[:, None], times_s, baseline)
    fit = (shapes.peak >= LEAST_PEAK_HU) & (shapes.peak >= _NOISE_FACTOR * shapes.noise)
    # Blood from the whole brain has come by ways of many lengths: a late artery is as narrow as the others.
    fit &= (shapes.peak >= _VEIN_PEAK * artery.peak[0]) & (shapes.peak <= LARGEST_SCALE * artery.peak[0])
    fit &= (shapes.left <= _VEIN_LEFT * shapes.peak) & (shapes.width <= _VEIN_WIDEST_S)
    fit &= (shapes.time >= artery.time[0] + _VEIN_DELAY_S) & (shapes.width >= _VEIN_WIDTH * artery.width[0])
    chosen = np.flatnonzero(fit)
    if len(chosen) < VOXELS:
        return None
    # Not by area: over so many frames that would choose by noise, and make the vein too large.
    best = chosen[np.argsort(-shapes.crest[chosen], kind="stable")[:_SEEDS]]
    typical = np.median(curves[:, best], axis=1)
    return _vessel(curves, voxels, best[_most_alike(curves[:, best], typical, shapes.peak[best])], baseline)


def place_of(vessel: Vessel, grid: Grid) -> str:
    """Where a vessel was read off, in words: "found, 10 voxels about R 12.5, A -30.2, S 40.0 mm"."""
    how = f"given by hand ({vessel.given})" if vessel.given else "found"
    if not len(vessel.voxels):
        return how
    left, back, up = grid.to_world(vessel.voxels[:, ::-1].astype(float)).mean(axis=0)
    return f"{how}, {len(vessel.voxels)} voxels about R {-left:.1f}, A {-back:.1f}, S {up:.1f} mm"


def area(curve: np.ndarray, times_s: np.ndarray) -> float:
    """Area under a curve (T,) by the trapezoidal rule, HU s."""
    return float(np.sum((curve[1:] + curve[:-1]) / 2 * np.diff(times_s)))


def _vessel(curves: np.ndarray, voxels: np.ndarray, chosen: np.ndarray, baseline: int) -> Vessel:
    curve = curves[:, chosen].mean(axis=1)
    # The voxels were chosen for what they rise above every second frame; the others know nothing of that choice.
    return Vessel(curve - curve[unseen_baseline(baseline)].mean(), voxels[chosen])


def seen_baseline(baseline: int) -> slice:
    """The frames before contrast that vessels are chosen by."""
    return slice(0, baseline, 2)


def unseen_baseline(baseline: int) -> slice:
    """Those that their curves' zero is taken from; the same curves where there are no others."""
    return slice(1, baseline, 2) if baseline > 1 else slice(0, 1)


def _most_alike(curves: np.ndarray, typical: np.ndarray, peak: np.ndarray) -> np.ndarray:
    """Places of the curves nearest to the typical curve in shape, of those not far below its height."""
    scaled = curves / np.maximum(peak, 1) - (typical / max(typical.max(), 1))[:, None]
    distance = np.sqrt((scaled**2).mean(axis=0)) + 0.5 * np.maximum(0.9 - peak / max(typical.max(), 1), 0)
    return np.argsort(distance, kind="stable")[:VOXELS]


def _shapes(curves: np.ndarray, times_s: np.ndarray, baseline: int) -> _Shapes:
    number = np.argmax(curves, axis=0)
    peak = curves[number, np.arange(curves.shape[1])]
    above = curves >= peak / 2
    # Half-height span around the peak: from the last frame below before it to the first frame below after it.
    index = np.arange(len(times_s))[:, None]
    before = np.where((index < number) & ~above, index, -1).max(axis=0)
    after = np.where((index > number) & ~above, index, len(times_s)).min(axis=0)
    width = times_s[np.minimum(after, len(times_s) - 1)] - times_s[np.maximum(before, 0)]
    around = np.clip(number + np.array([[-1], [0], [1]]), 0, len(times_s) - 1)
    crest = np.take_along_axis(curves, around, axis=0).mean(axis=0)
    quiet = curves[: max(baseline, 2)]
    return _Shapes(peak, times_s[number], width, crest, curves[-3:].mean(axis=0), np.sqrt((quiet**2).mean(axis=0)))
