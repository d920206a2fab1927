"""Indicator dilution: a bolus in the arteries, and what tissue makes of it, in HU over time.

C(t) = (density / kappa) CBF (AIF * h * R)(t - delay), with the residue function R, R(0) = 1 and integral MTT, and a
dispersion h between the artery that is seen and the tissue's own (Fieselmann et al., Int J Biomed Imaging 2011;
Calamante, Prog Nucl Magn Reson Spectrosc 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ctp.series.deconvolution import PER_100_G_MIN

STEP_S = 0.05
"""Curves are convolved at this step, far finer than any scan."""
RESIDUES = ("exponential", "box")
_BOX_POWER = 8
_LATER_S = 20.0
"""From the first to the second pass of the bolus."""


@dataclass(frozen=True)
class Bolus:
    """Enhancement of blood in the large arteries: a gamma variate with a second pass, or a curve that was recorded.

    Attributes:
        peak_hu: of the gamma variate.
        arrival_s: before it, nothing.
        to_peak_s: from arrival to peak.
        shape: exponent of the rise; 3 as in Østergaard et al., Magn Reson Med 1996.
        recirculation: area of the second, wider pass against the first.
        recorded: (time in s, HU) pairs that replace all of the above, linear in between.
    """

    peak_hu: float = 250.0
    arrival_s: float = 8.0
    to_peak_s: float = 4.5
    shape: float = 3.0
    recirculation: float = 0.15
    recorded: tuple[tuple[float, float], ...] | None = None

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """Enhancement (T,) in HU."""
        times = np.asarray(times_s, float)
        if self.recorded is not None:
            known, values = np.array(self.recorded, float).T
            return np.interp(times, known, values)
        first = gamma_variate(times, self.arrival_s, self.to_peak_s, self.shape)
        # The same area spread over three times the width is a third as high.
        second = gamma_variate(times, self.arrival_s + _LATER_S - 2 * self.to_peak_s, 3 * self.to_peak_s, self.shape)
        return self.peak_hu * (first + self.recirculation / 3 * second)


def gamma_variate(times_s: np.ndarray, arrival_s: float, to_peak_s: float, shape: float) -> np.ndarray:
    """A gamma variate of height 1 in the form of Madsen, Phys Med Biol 1992."""
    u = np.maximum(np.asarray(times_s, float) - arrival_s, 0) / to_peak_s
    return u**shape * np.exp(shape * (1 - u))


def residue(times_s: np.ndarray, mtt_s: float, kind: str) -> np.ndarray:
    """Part of the tracer still in the tissue at times since it came in; 1 at 0, integral `mtt_s`.

    Args:
        times_s: (T,); before 0 the residue is 0.
        mtt_s: mean transit time.
        kind: "exponential", or "box": all blood passes in about the same time, with a rounded end.

    Raises:
        ValueError: if the kind is none of these.
    """
    if kind not in RESIDUES:
        raise ValueError(f"'{kind}' is none of {', '.join(RESIDUES)}")
    times = np.asarray(times_s, float)
    since = np.maximum(times, 0)
    if kind == "exponential":
        values = np.exp(-since / mtt_s)
    else:
        # The integral of 1 / (1 + u^n) is (pi / n) / sin(pi / n).
        scale = mtt_s * np.sin(np.pi / _BOX_POWER) * _BOX_POWER / np.pi
        values = 1 / (1 + (since / scale) ** _BOX_POWER)
    return np.where(times >= 0, values, 0)


@dataclass(frozen=True)
class Perfusion:
    """What blood does in one kind of tissue.

    Attributes:
        cbf: ml/100 g/min.
        cbv: ml/100 g.
        delay_s: from the artery that is seen.
        dispersion_s: mean of an exponential spread on the way.
    """

    cbf: float
    cbv: float
    delay_s: float = 0.0
    dispersion_s: float = 0.0

    @property
    def mtt_s(self) -> float:
        """By the central volume theorem."""
        return 60 * self.cbv / self.cbf

    def arrived(self, times_s: np.ndarray, kind: str) -> np.ndarray:
        """The residue function as seen from the artery, delayed and dispersed, at times (T,) of even steps from 0."""
        step = float(times_s[1] - times_s[0])
        delayed = residue(times_s - self.delay_s, self.mtt_s, kind)
        if self.dispersion_s <= 0:
            return delayed
        return _convolved(delayed, np.exp(-times_s / self.dispersion_s) / self.dispersion_s, step)

    def tmax_s(self, kind: str) -> float:
        """When the delayed and dispersed residue function is highest."""
        times = np.arange(0, self.delay_s + 10 * (self.dispersion_s + STEP_S), STEP_S)
        return float(times[np.argmax(self.arrived(times, kind))]) if self.dispersion_s > 0 else self.delay_s

    def curve(self, bolus: Bolus, times_s: np.ndarray, kind: str) -> np.ndarray:
        """Enhancement (T,) of the tissue in HU."""
        fine = np.arange(0, float(np.max(times_s)) + 2 * STEP_S, STEP_S)
        passed = _convolved(bolus.at(fine), self.arrived(fine, kind), STEP_S)
        return self.cbf / PER_100_G_MIN * np.interp(times_s, fine, passed)


def venous(bolus: Bolus, times_s: np.ndarray, delay_s: float = 2.0, transit_s: float = 5.0) -> np.ndarray:
    """Enhancement (T,) of blood in the great sinuses: the bolus after its way through the whole brain, same area."""
    fine = np.arange(0, float(np.max(times_s)) + 2 * STEP_S, STEP_S)
    # Integral of the gamma variate of shape 2: its peak's time from arrival, times e^2 / 4.
    ways = gamma_variate(fine, delay_s, transit_s * 2 / 3, 2.0) / (transit_s * 2 / 3 * np.exp(2) / 4)
    return np.interp(times_s, fine, _convolved(bolus.at(fine), ways, STEP_S))


def _convolved(a: np.ndarray, b: np.ndarray, step: float) -> np.ndarray:
    """The integral of a(s) b(t - s) by the trapezoidal rule, at the same times."""
    size = 2 * len(a)
    full = np.fft.irfft(np.fft.rfft(a, size) * np.fft.rfft(b, size), size)[: len(a)]
    return step * (full - 0.5 * (a[0] * b + b[0] * a))
