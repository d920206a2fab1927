"""Trace and ADC out of the volumes of a diffusion series.

The trace is the geometric mean of the directions' signals, S0 exp(-b MD) where the directions are spread evenly
(Mukherjee et al., AJNR 2008 29:632): the arithmetic mean is brighter wherever fibres run in parallel. The ADC is the
slope of the logarithm of the signal over b, by least squares (Burdette et al., AJR 1998 171:791). Nothing is moved to
fit: motion between volumes blurs both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.progress import check_cancelled
from ...space.grid import Grid
from .b_values import HIGHEST_B, LEAST_B, Shell, Weighting, shells_of, unweighted_of
from .no_value import zero_for_no_value

_FAINTEST = 0.01
"""Of the mean of all directions. Water that moves freely in one direction and not at all in others is not fainter
there up to b=1500: a value of 0 or less is noise or rounding, and would make the mean 0 whatever the others say."""
_FEWEST = 3
"""Directions that a mean diffusivity wants: along one of them white matter differs by a factor of three."""
_AIR = 0.03
"""Of the 99th percentile of the image without weighting: what is darker there is air, and its ADC chance."""


@dataclass(frozen=True)
class DiffusionMaps:
    """What was made of a diffusion series.

    Attributes:
        trace: 3-D float32, mm, LPS, in the series' own intensities.
        trace_words: how it was made, a clause without a full stop.
        computed: whether the trace was made out of single directions; False for an acquired trace.
        adc: mm²/s on the same grid, 0 where there is no signal to tell it from; None where none could be made.
        adc_words: how it was made, or why there is none.
    """

    trace: sitk.Image
    trace_words: str
    computed: bool
    adc: sitk.Image | None
    adc_words: str


def diffusion_maps(
    weightings: Sequence[Weighting], volumes: Iterable[np.ndarray | None], grid: Grid, where: str
) -> DiffusionMaps:
    """Trace and ADC of a series; see `b_values` for which of its volumes are taken.

    Args:
        weightings: of each volume.
        volumes: (z, y, x) float32, in that order, scaled as their files say; None for a volume of which
            `needed` does not name.
        grid: of all of them.
        where: the series, for messages.

    Raises:
        InputError: if no volume is weighted enough by diffusion, or values are missing in the head.
    """
    usable = _require_shells(weightings, where)
    shell, unweighted = usable[0], unweighted_of(weightings)
    parts = [_Directions(part, grid) for part in (*usable, *([unweighted] if unweighted else []))]
    for number, volume in enumerate(volumes):
        check_cancelled()
        for part in parts:
            if volume is not None:
                part.add(number, volume)
    trace, *further = [part.mean() for part in parts]
    image, missing = zero_for_no_value(grid.image(trace), where)
    words = _words(shell, len(weightings)) + (f"; {missing}" if missing else "")
    computed = len(shell.directions) > 1
    if unweighted is None:
        return DiffusionMaps(image, words, computed, None, "none of its volumes is without diffusion weighting")
    if (why := _no_adc(shell)) is not None:
        return DiffusionMaps(image, words, computed, None, why)
    signals = [(part.b, mean) for part, mean in zip((*usable, unweighted), (trace, *further), strict=True)]
    adc = grid.image(log_linear_adc(signals))
    if not _falls(trace, further[-1]):
        why = "its volumes without diffusion weighting are no brighter than the weighted"
        return DiffusionMaps(image, words, computed, None, why)
    count = unweighted.count
    told = f"b={unweighted.b:.0f} ({count} volume{'' if count == 1 else 's, averaged'})"
    fitted = ", ".join([told, *(f"b={part.b:.0f}" for part in sorted(usable, key=lambda part: part.b))])
    return DiffusionMaps(image, words, computed, adc, f"a log-linear fit to {fitted} s/mm², in mm²/s")


def needed(weightings: Sequence[Weighting]) -> frozenset[int]:
    """Numbers of the volumes that trace and ADC are made of."""
    parts = [*_taken(weightings), unweighted_of(weightings)]
    return frozenset(number for part in parts if part is not None for group in part.directions for number in group)


def geometric_mean(directions: Iterable[np.ndarray]) -> np.ndarray:
    """The geometric mean of signals of the same shape, float32.

    A signal of 0 or less counts as a hundredth of the directions' arithmetic mean; where all are, the mean is 0.
    """
    mean = _GeometricMean()
    for signal in directions:
        mean.add(signal)
    return mean.value()


def log_linear_adc(signals: Sequence[tuple[float, np.ndarray]]) -> np.ndarray:
    """ADC in mm²/s, float32: minus the slope of ln(signal) over b, by least squares.

    It is 0 where any signal is 0 or less, where it comes out negative, and in air: where the signal of the lowest b is
    below 3 % of its 99th percentile.

    Args:
        signals: b in s/mm² and the signal at it, of one shape; two different b at least.
    """
    b = np.array([weight for weight, _ in signals])
    steps = b - b.mean()
    known = np.logical_and.reduce([signal > 0 for _, signal in signals])
    lowest = signals[int(b.argmin())][1]
    known &= lowest >= _AIR * _white(lowest)
    slope = np.zeros(lowest.shape, np.float32)
    for step, (_, signal) in zip(steps, signals, strict=True):
        # NaN is no value that is known; what is computed there is not used.
        slope += np.float32(step) * np.log(np.where(known, signal, np.float32(1)))
    return np.where(known, np.maximum(slope / np.float32(-(steps @ steps)), 0), 0).astype(np.float32)


def _falls(weighted: np.ndarray, unweighted: np.ndarray) -> bool:
    """Whether diffusion weighting took signal from most of what is not air."""
    seen = unweighted > _AIR * _white(unweighted)
    return bool((weighted[seen] < unweighted[seen]).mean() > 0.5) if seen.any() else False


def _white(signal: np.ndarray) -> float:
    finite = signal[np.isfinite(signal)]
    return float(np.percentile(finite, 99)) if finite.size else 0.0


def _taken(weightings: Sequence[Weighting]) -> tuple[Shell, ...]:
    """The shell of the trace, and those from which an ADC can be told, too."""
    found = shells_of(weightings)
    return (*found[:1], *(shell for shell in found[1:] if _no_adc(shell) is None))


def _require_shells(weightings: Sequence[Weighting], where: str) -> tuple[Shell, ...]:
    found = _taken(weightings)
    if found and found[0].b >= LEAST_B:
        return found
    highest = max((shell.b for shell in found), default=max((known.b for known in weightings), default=0.0))
    what = f"its T2 outweighs its diffusion below {LEAST_B:g}" if found else "it shows no diffusion"
    raise InputError(f"its highest b-value is {highest:g} s/mm²: {what}", where=where, fix="Leave it out")


def _no_adc(shell: Shell) -> str | None:
    """Why no ADC can be told from a shell; None if it can."""
    if not LEAST_B <= shell.b <= HIGHEST_B:
        return f"b={shell.b:.0f} s/mm² is not within {LEAST_B:g} to {HIGHEST_B:g}, where ln(signal) is a line over b"
    if shell.told and not shell.trace and len(shell.directions) < _FEWEST:
        return f"b={shell.b:.0f} s/mm² has fewer than {_FEWEST} directions"
    return None


def _words(shell: Shell, volumes: int) -> str:
    count, directions = shell.count, len(shell.directions)
    those = f"{count} of its {volumes} volumes, those of b={shell.b:.0f} s/mm²"
    if shell.trace:
        return f"the acquired trace: {'' if count == 1 else 'the mean of '}{those} without a direction"
    if count == 1:
        return f"{those}"
    if not shell.told:
        return f"the trace, computed as the geometric mean of {those}; no file says which repeat a direction"
    if directions == 1:
        return f"the mean of {those}, all of the same direction: no trace"
    repeats = "" if count == directions else ", repeats averaged before"
    return f"the trace, computed as the geometric mean of {directions} directions{repeats}: {those}"


class _GeometricMean:
    """Signals one after the other, so that no more than a few volumes are held."""

    def __init__(self) -> None:
        self._count = 0
        self._first = self._sum = self._logarithms = self._dark = np.zeros(0, np.float32)

    def add(self, signal: np.ndarray) -> None:
        bright = ~(signal <= 0)
        if self._count == 0:
            self._first = signal
            self._sum, self._logarithms = np.zeros((2, *signal.shape), np.float32)
            self._dark = np.zeros(signal.shape, np.uint16)
        self._count += 1
        self._sum += np.where(bright, signal, 0)
        self._logarithms += np.log(np.where(bright, signal, np.float32(1)))
        self._dark += ~bright

    def value(self) -> np.ndarray:
        if self._count == 1:
            return self._first.astype(np.float32)
        seen = self._sum > 0
        floor = np.log(np.where(seen, self._sum * np.float32(_FAINTEST / self._count), np.float32(1)))
        mean = np.exp((self._logarithms + self._dark * floor) / np.float32(self._count))
        return np.where(seen | np.isnan(self._sum), mean, 0).astype(np.float32)


class _Directions:
    """The geometric mean over a shell's directions, of each the arithmetic mean of its repeats."""

    def __init__(self, shell: Shell, grid: Grid) -> None:
        self._shape = grid.shape
        self._group = {number: place for place, group in enumerate(shell.directions) for number in group}
        self._left = [len(group) for group in shell.directions]
        self._repeats = tuple(self._left)
        self._open: dict[int, np.ndarray] = {}
        self._mean = _GeometricMean()

    def add(self, number: int, volume: np.ndarray) -> None:
        if (place := self._group.get(number)) is None:
            return
        total = self._open.pop(place, None)
        total = volume.astype(np.float32) if total is None else total + volume
        self._left[place] -= 1
        if self._left[place]:
            self._open[place] = total
        else:
            self._mean.add(total / np.float32(self._repeats[place]))

    def mean(self) -> np.ndarray:
        assert not any(self._left)
        return self._mean.value()
