"""The artery at a place that a person points at."""

from __future__ import annotations

import numpy as np

from ...base.errors import InputError
from ...space.given_point import GivenPoint
from .arteries import LEAST_PEAK_HU, VOXELS, Vessel
from .curves import METAL_HU, PLAIN_BLOOD_HU, may_hold_blood
from .time_series import Series

OPTION = "aif"
_AROUND_MM = 4.0
"""A hand does not hit a vessel's middle: within the slice so far around, the voxels that enhance most are taken."""
_LEAST_SHARE = 0.7
"""Of them those that reach so much of the highest peak: beside a thin artery there is tissue."""
_LEAST_HU = 15.0
"""Tissue enhances by 5 to 15 HU: below this there is no vessel."""


def artery_at(point: GivenPoint, series: Series, plain: np.ndarray, baseline: int) -> tuple[Vessel, tuple[str, ...]]:
    """The arterial curve around a point, and what is to be said of it.

    Args:
        point: given by hand.
        series: with still frames.
        plain: mean of the frames before contrast (z, y, x), HU.
        baseline: number of frames before contrast.

    Raises:
        InputError: if it lies outside of the series, in air, bone or metal, or no contrast passes there.
    """
    z, y, x = point.index(series.grid, OPTION)
    _, height, width = series.grid.shape
    rows, columns = (max(int(_AROUND_MM / step), 1) for step in (series.grid.spacing[1], series.grid.spacing[0]))
    dy, dx = np.mgrid[-rows : rows + 1, -columns : columns + 1].reshape(2, -1)
    near = np.hypot(dy * series.grid.spacing[1], dx * series.grid.spacing[0]) <= _AROUND_MM
    ys, xs = y + dy[near], x + dx[near]
    inside = (ys >= 0) & (ys < height) & (xs >= 0) & (xs < width)
    ys, xs = ys[inside], xs[inside]
    blood = may_hold_blood(plain, series)[z, ys, xs]
    if not blood.any():
        raise InputError(
            f"lies in {_what_is(float(plain[z, y, x]))} ({plain[z, y, x]:.0f} HU before contrast): there is nothing "
            f"of the density of blood within {_AROUND_MM:g} mm",
            where=str(point),
            option=OPTION,
            fix="Point at a bright vessel on the maximum over time; mm are R, A, S as Slicer shows them",
        )
    ys, xs = ys[blood], xs[blood]
    curves = np.stack([frame[z, ys, xs].astype(float) for frame in series.frames()])
    curves -= curves[:baseline].mean(axis=0)
    # Of three frames, so that no single noisy frame chooses.
    crest = np.stack([curves[k : k + 3].mean(axis=0) for k in range(len(curves) - 2)]).max(axis=0)
    order = np.argsort(-crest, kind="stable")[:VOXELS]
    chosen = order[crest[order] >= _LEAST_SHARE * crest[order[0]]]
    peak = float(curves[:, chosen].mean(axis=1).max())
    if peak < _LEAST_HU:
        raise InputError(
            f"has no vessel within {_AROUND_MM:g} mm: enhancement there reaches {max(peak, 0):.0f} HU",
            where=str(point),
            option=OPTION,
            fix="Point at a bright vessel on the maximum over time",
        )
    voxels = np.stack([np.full(len(chosen), z), ys[chosen], xs[chosen]], axis=1)
    vessel = Vessel(curves[:, chosen].mean(axis=1), voxels, given=str(point))
    if peak >= LEAST_PEAK_HU:
        return vessel, ()
    return vessel, (
        f"the artery given by hand enhances by {peak:.0f} HU only: it may fill its voxels in part, or be none",
    )


def _what_is(hu: float) -> str:
    low, high = PLAIN_BLOOD_HU
    if hu <= low:
        return "air" if hu < 10 * low else "fat or air"
    return "what is padding in some frames" if hu < high else "metal" if hu > METAL_HU else "bone"
