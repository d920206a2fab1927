"""Artery and vein of a series, as given or found, and what partial volume makes of the artery."""

from __future__ import annotations

import numpy as np

from ...base.errors import InputError
from ...space.given_point import GivenPoint
from .arteries import LARGEST_SCALE, Vessel, area, find_artery, find_vein, require_time_order
from .artery_by_hand import artery_at
from .bolus import Passage
from .curves import vessel_candidates
from .time_series import Series


def ordered(given: np.ndarray | None, ctp: np.ndarray, series: Series, name: str) -> np.ndarray | None:
    """A given curve in the series' order of frames, or a given mask as it is."""
    if given is None:
        return None
    given = np.asarray(given)
    if given.shape == ctp.shape[1:] and given.any():
        return given.astype(bool)
    if given.shape == (len(ctp),) and np.isfinite(given).all() and given.max() > 0:
        return given.astype(float)[list(series.order)]
    raise InputError(
        f"is neither {len(ctp)} finite values above 0, one for each frame, nor a mask of shape {ctp.shape[1:]}",
        where=name,
        fix="Give enhancement in HU at each frame's time, or a mask with some voxels set",
    )


def vessels(
    series: Series,
    brain: np.ndarray,
    mip: np.ndarray,
    plain: np.ndarray,
    bolus: Passage,
    aif: np.ndarray | GivenPoint | None,
    vof: np.ndarray | None,
    moved: bool,
) -> tuple[Vessel, Vessel | None, tuple[str, ...]]:
    """Artery and vein, as given or found, and what is to be said of the artery."""
    curves, voxels = np.zeros((len(series), 0)), np.zeros((0, 3), int)
    if aif is None or vof is None:
        curves, voxels = vessel_candidates(series, brain, mip, plain, bolus.baseline, moved)
        require_time_order(curves, series.times_s)
    said: tuple[str, ...] = ()
    if aif is None:
        artery = find_artery(curves, voxels, series.times_s, bolus.baseline)
    elif isinstance(aif, GivenPoint):
        artery, said = artery_at(aif, series, plain, bolus.baseline)
    else:
        artery = _given(aif, series, bolus.baseline)
    if vof is None:
        return artery, find_vein(curves, voxels, series.times_s, bolus.baseline, artery.curve), said
    return artery, _given(vof, series, bolus.baseline), said


def _given(curve_or_mask: np.ndarray, series: Series, baseline: int) -> Vessel:
    if curve_or_mask.ndim == 1:
        return Vessel(curve_or_mask, np.zeros((0, 3), int), given="a curve")
    curve = np.array([float(frame[curve_or_mask].mean()) for frame in series.frames()])
    return Vessel(curve - curve[:baseline].mean(), np.argwhere(curve_or_mask), given="a mask")


def scale_of(artery: Vessel, vein: Vessel | None, times_s: np.ndarray) -> tuple[float, tuple[str, ...]]:
    """What the arterial curve is multiplied by, and what is to be said of it."""
    if vein is None:
        return 1.0, (
            "no vein was found: the arterial curve is not corrected for partial volume, CBF and CBV may be high",
        )
    ratio = area(vein.curve, times_s) / area(artery.curve, times_s)
    if ratio <= 1:
        # The artery filled its voxels: the vein has nothing to teach.
        return 1.0, ()
    if ratio > LARGEST_SCALE:
        words = f"the vein has {ratio:.1f} times the artery's area and was not used: CBF and CBV are uncertain"
        return 1.0, (words,)
    return ratio, ()
