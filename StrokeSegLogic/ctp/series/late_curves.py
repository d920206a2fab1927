"""What the principal components of a brain's curves leave out of an infarct: the shape of very late curves.

An infarct is small and its curves are low: of the variance in all of a brain's curves it makes less than noise does.
With the components that rise above the noise its curves take the delay of the tissue around it: on the phantom, 9.8 s
for 14 s. Late curves are known beforehand, up to a factor: the artery's, delayed and drawn out by the transit through
tissue. The direction in which such curves differ most from the components found is one more component, used where
tissue is late anyway; elsewhere it would bring noise alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_TRANSITS_S = (3.0, 6.0, 10.0, 15.0)
_DELAYS_S = tuple(float(delay) for delay in range(4, 19))
_STEP_S = 0.5
_LATER_S = 3.0
"""Tissue whose curve has its middle so much later than the brain's median is late."""


def late_component(artery: np.ndarray, times_s: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """The direction (T, 1) that late curves share beside the orthonormal components of `basis` (T, K).

    Args:
        artery: (T,) enhancement, any scale.
        times_s: (T,), rising.
        basis: columns of length 1.
    """
    beside = passages(artery, times_s, _TRANSITS_S, _DELAYS_S)
    beside -= basis @ (basis.T @ beside)
    left, _, _ = np.linalg.svd(beside, full_matrices=False)
    return np.asarray(left[:, :1])


def passages(
    artery: np.ndarray, times_s: np.ndarray, transits_s: Sequence[float], delays_s: Sequence[float]
) -> np.ndarray:
    """Curves (T, N) of length 1: the artery's after each mean transit time and each delay, s, transits outermost."""
    fine = np.arange(times_s[0], times_s[-1] + _STEP_S, _STEP_S)
    inflow = np.interp(fine, times_s, artery)
    curves = []
    for transit in transits_s:
        for delay in delays_s:
            passed = np.convolve(inflow, _residue(fine - fine[0] - delay, transit))[: len(fine)]
            curve = np.interp(times_s, fine, passed)
            curves.append(curve / max(float(np.linalg.norm(curve)), 1e-9))
    return np.stack(curves, axis=1)


def _residue(since_s: np.ndarray, transit_s: float) -> np.ndarray:
    """Of gamma distributed transit times with a shape of 2, as in `lateness`."""
    since = np.maximum(since_s, 0) * 2 / transit_s
    return np.where(since_s >= 0, (1 + since) * np.exp(-since), 0)


def middles(curves: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Centre in time (N,) of what curves (T, N) have above zero, s."""
    above = np.maximum(curves, 0) * np.gradient(times_s).astype(np.float32)[:, None]
    return np.asarray(times_s.astype(np.float32) @ above / np.maximum(above.sum(axis=0), 1e-3))


def are_late(middle_s: np.ndarray) -> np.ndarray:
    """Which of a brain's curves, by their middles (N,), are late; bool (N,)."""
    return np.asarray(middle_s > np.median(middle_s) + _LATER_S)
