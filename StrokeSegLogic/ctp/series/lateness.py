"""How late a truncated residue function peaks, and how much too late that makes Tmax.

Truncation keeps the slow frequencies of a residue function alone. What jumps up when blood arrives then climbs, and is
highest seconds later; the more is cut (noise, a wide bolus), the later. That the delay read off a residue function is
far too long was seen in simulations (J Cereb Blood Flow Metab 2005, doi:10.1038/sj.jcbfm.9591524.0418). Which
frequencies were kept is known, so the lateness can be computed, but for the shape of the residue function. Transit
times are taken as gamma distributed (Mouridsen et al., NeuroImage 2006, 33:570) with a shape of 2, between the
exponential (1) and the box (infinite): where the truth is an exponential, Tmax comes out some 0.3 s early, where it is
a box some 0.7 s late (1.5 s where much is cut), against 2 to 3 s and 2 to 5 s if nothing is done.

Where the bolus was dispersed on its way the residue function climbs by itself, and the correction is too much: 1 s for
a dispersion of 1 s, 3 s for 3 s, where the plain peak is about right. Judging by the steepness of the climb
helped there and cost as much elsewhere.

Flow is not corrected so, though the same model foretells how much too low it is: there the shape matters too much
(nothing to 50 % at usual truncations).
"""

from __future__ import annotations

import numpy as np

_MTT_S = np.geomspace(1.0, 40.0, 48)
_FINE = 8
"""Samples per step of the deconvolution's time grid."""


class Lateness:
    """What one truncation does to residue functions of many mean transit times.

    Attributes:
        sharpness: (M,) height over area, 1/s, falling with the mean transit time.
        late_s: (M,) how long after the jump the highest place comes.
    """

    def __init__(self, kept: np.ndarray, step_s: float) -> None:
        """
        Args:
            kept: bool (L // 2 + 1,): which frequencies of a circulant time grid of even length L are kept, in the order
                of `numpy.fft.rfft`.
            step_s: of that grid.
        """
        count = 2 * (len(kept) - 1) * _FINE
        times = np.arange(count) * step_s / _FINE
        mask = np.zeros(count // 2 + 1)
        mask[: len(kept)] = kept
        rate = 2 / _MTT_S[:, None]
        residue = (1 + rate * times) * np.exp(-rate * times)
        residue[:, 0] /= 2  # the jump lies in the middle of a sample
        seen = np.fft.irfft(np.fft.rfft(residue, axis=1) * mask, count, axis=1)[:, : count // 2]
        self.sharpness = seen.max(axis=1) / (residue.sum(axis=1) * step_s / _FINE)
        self.late_s = times[np.argmax(seen, axis=1)]

    def of(self, height: np.ndarray, area: np.ndarray) -> np.ndarray:
        """Seconds (N,) that residue functions of that height and area peak too late."""
        seen = np.divide(height, area, out=np.zeros_like(height), where=area > 0)
        # Rising, as interpolation wants it; what no transit time explains takes the nearest.
        return np.interp(seen, self.sharpness[::-1], self.late_s[::-1])


def kept_frequencies(column: np.ndarray, count: int) -> np.ndarray:
    """Bool (L // 2 + 1,): the frequencies that the `count` largest singular values of a circulant matrix stand for.

    Its singular values are the amounts of its first column's (L,) Fourier transform.
    """
    amounts = np.sort(np.abs(np.fft.fft(column)))[::-1]
    return np.asarray(np.abs(np.fft.rfft(column)) >= amounts[count - 1] * (1 - 1e-6))
