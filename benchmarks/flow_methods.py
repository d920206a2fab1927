"""Ways known from the literature to get flow out of a tissue curve, beside that of the package.

Each takes curves (T, N) in HU, the arterial curve (T,) and times (T,), and gives height (1/s), area and Tmax (s), all
(N,). Block-circulant matrices are diagonal in frequency: truncation and Tikhonov are both a factor for each frequency
there, so the inverse is written with Fourier transforms. Tmax of all is freed of the lateness that the regularisation
brings by the package's rule (`ctp.series.lateness`), but for the models, which have no lateness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.interpolate import CubicSpline

from StrokeSegLogic.ctp.series.deconvolution import (
    DeconvolutionSpec,
    circulant,
    deconvolve,
    even_times,
    interpolation,
)
from StrokeSegLogic.ctp.series.lateness import Lateness, kept_frequencies

STEP_S = 1.0
_BLOCK = 4096
_AHEAD, _BEHIND = 5, 30
"""Lags that are looked at, samples, as in the package."""
_LAMBDAS = np.geomspace(0.01, 0.6, 20)
"""Of Tikhonov, parts of the largest singular value, that GCV and the L-curve choose from."""
_MTT_S = np.geomspace(1.5, 30.0, 24)
_DELAYS_S = np.arange(-2.0, 20.1, 0.5)
_FINE_S = 0.1


@dataclass(frozen=True)
class Found:
    """Height (1/s), area and Tmax (s), each (N,)."""

    height: np.ndarray
    area: np.ndarray
    tmax_s: np.ndarray


Method = Callable[[np.ndarray, np.ndarray, np.ndarray], Found]
Choice = Literal["GCV", "L-curve"]


def truncated(spec: DeconvolutionSpec | None = None) -> Method:
    """The package's deconvolution; Wu et al., Magn Reson Med 2003, 50:164. The default is what the engine does."""

    def run(curves: np.ndarray, aif: np.ndarray, times: np.ndarray) -> Found:
        flow = deconvolve(curves, aif, times, spec)
        return Found(np.maximum(flow.height, 0), np.maximum(flow.area, 0), flow.tmax_s)

    return run


class _Frequencies:
    """Curves and artery on an even time grid of twice the length, as frequencies."""

    def __init__(self, curves: np.ndarray, aif: np.ndarray, times: np.ndarray) -> None:
        even = even_times(times, STEP_S)
        to_even = interpolation(times, even)
        self.length = 2 * len(even)
        self.aif = STEP_S * np.fft.rfft(to_even @ aif, self.length)
        self.curves = np.fft.rfft((to_even @ curves).T, self.length, axis=1)
        self.amounts = np.abs(self.aif)
        self.often = np.full(len(self.aif), 2.0)
        self.often[[0, -1]] = 1

    def residues(self, factor: np.ndarray) -> np.ndarray:
        """(N, L) after each frequency's factor."""
        safe = np.where(factor > 0, self.aif, 1)
        return np.asarray(np.fft.irfft(self.curves * (factor / safe), self.length, axis=1))

    def tikhonov(self, part: float) -> np.ndarray:
        """Factors for lambda as a part of the largest singular value."""
        return np.asarray(self.amounts**2 / (self.amounts**2 + (part * self.amounts.max()) ** 2))


def _read(residues: np.ndarray, factor: np.ndarray) -> Found:
    window = np.arange(-_AHEAD, min(_BEHIND, residues.shape[1] // 2 - 1) + 1) % residues.shape[1]
    seen = residues[:, window]
    place = seen.argmax(axis=1)
    rows = np.arange(len(seen))
    height, area = seen[rows, place], residues.sum(axis=1) * STEP_S
    before, after = (seen[rows, np.clip(place + d, 0, len(window) - 1)] for d in (-1, 1))
    bend = np.minimum(before - 2 * height + after, -1e-12)
    inner = (place > 0) & (place < len(window) - 1)
    late = place + np.where(inner, np.clip(0.5 * (before - after) / bend, -0.5, 0.5), 0) - _AHEAD
    tmax = late * STEP_S - Lateness(factor, STEP_S).of(height, area)
    return Found(np.maximum(height, 0), np.maximum(area, 0), np.maximum(tmax, 0))


def tikhonov(part: float | Choice) -> Method:
    """Tikhonov on the block-circulant matrix (Fieselmann et al., Int J Biomed Imaging 2011, 467563; Calamante et al.,
    Magn Reson Med 2003, 50:1237), lambda fixed or chosen for each voxel by generalised cross-validation or as the
    corner of the L-curve.
    """

    def block(curves: np.ndarray, aif: np.ndarray, times: np.ndarray) -> Found:
        made = _Frequencies(curves, aif, times)
        if isinstance(part, float):
            factor = made.tikhonov(part)
            return _read(made.residues(factor), factor)
        factors = [made.tikhonov(value) for value in _LAMBDAS]
        power = np.abs(made.curves) ** 2 * made.often
        # (N, lambdas), each but for the same constant.
        misfit = np.stack([power @ (1 - factor) ** 2 for factor in factors], axis=1)
        if part == "GCV":
            free = np.array([made.often @ (1 - factor) for factor in factors])
            chosen = np.argmin(misfit / free**2, axis=1)
        else:
            size = np.stack([power @ (factor / np.maximum(made.amounts, 1e-9)) ** 2 for factor in factors], axis=1)
            chosen = _corner(np.log(np.maximum(misfit, 1e-12)), np.log(np.maximum(size, 1e-12)))
        out = np.zeros((3, curves.shape[1]))
        for number in np.unique(chosen):
            those = chosen == number
            part_of = _Frequencies(curves[:, those], aif, times)
            found = _read(part_of.residues(factors[number]), factors[number])
            out[:, those] = found.height, found.area, found.tmax_s
        return Found(*out)

    return _in_blocks(block)


def _corner(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where each curve (N, K) of equal steps in log lambda bends most."""
    dx, dy = np.gradient(x, axis=1), np.gradient(y, axis=1)
    bend = (dx * np.gradient(dy, axis=1) - dy * np.gradient(dx, axis=1)) / np.maximum(dx**2 + dy**2, 1e-12) ** 1.5
    return np.asarray(np.argmax(bend[:, 1:-1], axis=1) + 1)


def reconvolved(part: float | None = None) -> Method:
    """The loss of height that regularisation brings, estimated from the residue function that was found.

    What is found before blood arrives and below 0 is taken off, as no residue function has it; the rest is put through
    the same regularisation once more, and height is raised by what it lost then. `part`: lambda of Tikhonov; None is
    the truncation of the engine (a projection: all that it loses is what was taken off).
    """

    def block(curves: np.ndarray, aif: np.ndarray, times: np.ndarray) -> Found:
        out = np.zeros((3, curves.shape[1]))
        for those, factor in _factors(curves, aif, times, part):
            made = _Frequencies(curves[:, those], aif, times)
            residues = made.residues(factor)
            found = _read(residues, factor)
            lag = np.arange(made.length)
            since = np.where(lag < made.length // 2, lag, lag - made.length)
            likely = np.where(since >= np.floor(found.tmax_s)[:, None], np.maximum(residues, 0), 0)
            again = np.fft.irfft(np.fft.rfft(likely, axis=1) * factor, made.length, axis=1)
            kept = again.max(axis=1) / np.maximum(likely.max(axis=1), 1e-12)
            out[:, those] = found.height / np.clip(kept, 0.25, 1), found.area, found.tmax_s
        return Found(*out)

    return _in_blocks(block)


def foretold(shape: int) -> Method:
    """The engine's, height raised by what its truncation takes off residue functions of that height over area.

    Transit times are gamma distributed with a whole-numbered shape: 1 is the exponential; 2 is what the engine takes
    for Tmax.
    """

    def block(curves: np.ndarray, aif: np.ndarray, times: np.ndarray) -> Found:
        flow = truncated()(curves, aif, times)
        height = flow.height.copy()
        for those, factor in _factors(curves, aif, times, None):
            sharpness = _sharpness(factor, shape)
            seen = flow.height[those] / np.maximum(flow.area[those], 1e-9)
            mtt = np.interp(seen, sharpness[::-1], _MTT_S[::-1])
            height[those] = np.maximum(flow.area[those] / mtt, flow.height[those])
        return Found(height, flow.area, flow.tmax_s)

    return _in_blocks(block)


def _factors(
    curves: np.ndarray, aif: np.ndarray, times: np.ndarray, part: float | None
) -> Sequence[tuple[np.ndarray, np.ndarray]]:
    """Which curves have which factors by frequency."""
    made = _Frequencies(curves[:, :1], aif, times)
    if part is not None:
        return [(np.ones(curves.shape[1], bool), made.tikhonov(part))]
    kept = deconvolve(curves, aif, times).kept
    column = circulant(interpolation(times, even_times(times, STEP_S)) @ aif, STEP_S)[:, 0]
    return [(kept == count, kept_frequencies(column, int(count)).astype(float)) for count in np.unique(kept)]


def _sharpness(factor: np.ndarray, shape: int) -> np.ndarray:
    """Height over area that is left of residue functions of each mean transit time; falls with it."""
    fine = 8
    count = 2 * (len(factor) - 1) * fine
    values = _residue(np.arange(count) * STEP_S / fine, _MTT_S[:, None], shape)
    values[:, 0] /= 2
    mask = np.zeros(count // 2 + 1)
    mask[: len(factor)] = factor
    seen = np.fft.irfft(np.fft.rfft(values, axis=1) * mask, count, axis=1)[:, : count // 2]
    return np.asarray(seen.max(axis=1) / (values.sum(axis=1) * STEP_S / fine))


def _residue(since: np.ndarray, mtt: np.ndarray | float, shape: int) -> np.ndarray:
    """What is still there of gamma distributed transit times: an Erlang's tail."""
    u = shape * np.maximum(since, 0) / mtt
    term, total = np.ones_like(u), np.ones_like(u)
    for number in range(1, shape):
        term = term * u / number
        total = total + term
    return np.where(since >= 0, total * np.exp(-u), 0)


def model(shapes: Sequence[int], mean: bool = False) -> Method:
    """Curves of a model that are most alike: transit times gamma distributed with these shapes (Mouridsen et al.,
    NeuroImage 2006, 33:570; 1 alone is the exponential), by least squares over a grid of delay and mean transit time.
    With `mean` flow, volume and delay are means over the grid weighted by likelihood instead, noise being what the
    best leaves (as Boutelier et al., IEEE Trans Med Imaging 2012, 31:1381, with flat priors).
    """

    def block(curves: np.ndarray, aif: np.ndarray, times: np.ndarray) -> Found:
        atoms, mtt, delay = _dictionary(aif, times, shapes)
        length = np.linalg.norm(atoms, axis=0)
        score = np.maximum(curves.T @ (atoms / length), 0)
        if not mean:
            best = score.argmax(axis=1)
            flow = score.max(axis=1) / length[best]
            return Found(flow, flow * mtt[best], np.maximum(delay[best], 0))
        best_score = score.max(axis=1)
        left = np.maximum((curves**2).sum(axis=0) - best_score**2, 1e-6) / (len(times) - 4)
        weight = np.exp((score**2 - best_score[:, None] ** 2) / (2 * left[:, None]))
        weight /= weight.sum(axis=1, keepdims=True)
        flows = score / length
        return Found((weight * flows).sum(1), (weight * flows * mtt).sum(1), np.maximum(weight @ delay, 0))

    return _in_blocks(block, 1024)


def _dictionary(aif: np.ndarray, times: np.ndarray, shapes: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Curves (T, K) of unit flow with their mean transit times and delays (K,)."""
    fine = np.arange(times[0], times[-1] + _FINE_S, _FINE_S)
    # Straight lines between frames would lower and widen the artery, and narrow the transit times that fit.
    inflow = np.maximum(CubicSpline(times, aif)(np.minimum(fine, times[-1])), 0)
    atoms, keys = [], []
    for shape in shapes:
        for mtt in _MTT_S:
            passed = np.convolve(inflow, _residue(fine - fine[0], mtt, shape))[: len(fine)] * _FINE_S
            for delay in _DELAYS_S:
                atoms.append(np.interp(times - delay, fine, passed, left=0.0))
                keys.append((mtt, delay))
    mtts, delays = np.array(keys).T
    return np.stack(atoms, axis=1).astype(np.float32), mtts.astype(np.float32), delays.astype(np.float32)


def flow_only(method: Method) -> Method:
    """Height of a method, area and Tmax of the engine's deconvolution."""

    def run(curves: np.ndarray, aif: np.ndarray, times: np.ndarray) -> Found:
        today = truncated()(curves, aif, times)
        return Found(method(curves, aif, times).height, today.area, today.tmax_s)

    return run


def _in_blocks(block: Method, size: int = _BLOCK) -> Method:
    def run(curves: np.ndarray, aif: np.ndarray, times: np.ndarray) -> Found:
        parts = [block(curves[:, k : k + size], aif, times) for k in range(0, curves.shape[1], size)]
        return Found(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("height", "area", "tmax_s")))

    return run
