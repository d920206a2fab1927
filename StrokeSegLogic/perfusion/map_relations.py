"""How well values fit a role by themselves, and how well two or three maps fit together; scores are log-odds."""

from __future__ import annotations

import numpy as np

from .map_units import Unit

_TYPICAL_WEIGHT = 0.5
_LATE_START, _EARLY_START = 0.7, 0.4
"""The 5th percentile over the median: TTP starts late, Tmax near 0."""
_CT_REACH = 1.5
"""The 95th percentile over the median of brain in HU."""
_CLEAR = 4.0
_DELAYS_S = (1.0, 25.0)
"""The median of what is late at all."""
_CENTRAL_VOLUME_SPREAD = 0.35
"""Of log(60 CBV / (CBF MTT)): software differs in density and haematocrit corrections, and by how maps are smoothed."""


def fits_role(sample: np.ndarray, unit: Unit) -> float | None:
    """How well brain values fit a unit of a role; None if their median is out of its range.

    Args:
        sample: (N,), in the file's units.
    """
    if not sample.size:
        return None
    if no_delay(sample):
        return _fits_delays(sample[sample > 0], unit) if unit.role == "TMAX" else None
    low, middle, high = (float(v) for v in np.percentile(sample, (5, 50, 95)))
    if not unit.median[0] <= middle <= unit.median[1]:
        return None
    score = float(np.log(unit.common))
    # Ranges are wide: their middle is more usual than their ends.
    centre, width = np.log(unit.median[0] * unit.median[1]) / 2, np.log(unit.median[1] / unit.median[0]) / 4
    score -= _TYPICAL_WEIGHT * 0.5 * float((np.log(middle) - centre) / width) ** 2
    start = low / middle
    if unit.role == "TTP" and start < _EARLY_START:
        score -= _CLEAR
    if unit.role == "TMAX" and start > _LATE_START:
        score -= _CLEAR
    # Grey matter has twice the flow of white: no map of flow or volume is that even.
    if unit.role in ("CBF", "CBV") and start > _LATE_START:
        score -= _CLEAR
    # Grey matter is a third denser than white; every other map reaches further.
    if unit.role == "CT" and high + unit.offset > _CT_REACH * (middle + unit.offset):
        score -= _CLEAR
    return score


def no_delay(sample: np.ndarray) -> bool:
    """Whether most of the brain (N,) holds 0, as a Tmax does that is stored where there is delay alone."""
    return bool(np.median(sample) == 0 and (sample >= 0).all())


def _fits_delays(late: np.ndarray, unit: Unit) -> float | None:
    """How well the values above 0 of a map that is 0 elsewhere fit Tmax in a unit."""
    middle = float(np.median(late)) * (unit.factor or 1.0) if late.size else 0.0
    if not _DELAYS_S[0] <= middle <= _DELAYS_S[1]:
        return None
    centre, width = np.log(_DELAYS_S[0] * _DELAYS_S[1]) / 2, np.log(_DELAYS_S[1] / _DELAYS_S[0]) / 4
    return float(np.log(unit.common) - _TYPICAL_WEIGHT * 0.5 * ((np.log(middle) - centre) / width) ** 2)


def agreement(maps: tuple[tuple[np.ndarray, Unit], ...]) -> float:
    """How well two or three maps of given roles fit together; 0 where nothing is known of such a group.

    Args:
        maps: values (N,) at the same places, each with the unit it is taken to be in.
    """
    by_role = {unit.role: (values, unit) for values, unit in maps}
    roles = frozenset(by_role)
    if roles == {"CBF", "CBV"}:
        return _in_step(by_role["CBF"][0], by_role["CBV"][0])
    if roles == {"TTP", "TMAX"}:
        return _later(by_role["TTP"], by_role["TMAX"]) + _in_step(by_role["TTP"][0], by_role["TMAX"][0]) / 2
    if roles == {"CT", "MIP"}:
        return _later(by_role["MIP"], by_role["CT"])
    if roles == {"CBF", "CBV", "MTT"}:
        return _central_volume(by_role["CBF"], by_role["CBV"], by_role["MTT"])
    return 0.0


def _in_step(one: np.ndarray, other: np.ndarray) -> float:
    correlation = _correlation(one, other)
    return 1.0 if correlation > 0.4 else -_CLEAR if correlation < 0 else 0.0


def _later(late: tuple[np.ndarray, Unit], early: tuple[np.ndarray, Unit]) -> float:
    """Whether the first map's median lies above the second's, in standard units."""
    return 0.5 if _standard_median(late) > _standard_median(early) else -_CLEAR


def _central_volume(cbf: tuple[np.ndarray, Unit], cbv: tuple[np.ndarray, Unit], mtt: tuple[np.ndarray, Unit]) -> float:
    """The central volume theorem: CBV = CBF MTT / 60 in size, and CBV / CBF in step with MTT from place to place."""
    flow, volume, time = _logs(cbf[0], cbv[0], mtt[0])
    if flow.size < 10:
        return 0.0
    correlation = _correlation(volume - flow, time)
    score = 2.0 if correlation > 0.3 else -_CLEAR if correlation < -0.2 else 0.0
    factors = [one[1].factor for one in (cbf, cbv, mtt)]
    if any(factor is None for factor in factors):
        # Relative maps hold the theorem in step only.
        return score
    f, v, t = (float(np.log(factor or 1.0)) for factor in factors)
    ratio = float(np.median(volume - flow - time)) + v - f - t + float(np.log(60))
    return score + max(1.5 - 0.5 * (ratio / _CENTRAL_VOLUME_SPREAD) ** 2, -2 * _CLEAR)


def _logs(*maps: np.ndarray) -> list[np.ndarray]:
    positive = np.logical_and.reduce([values > 0 for values in maps])
    return [np.log(values[positive]) for values in maps]


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    if one.size < 10 or one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _standard_median(one: tuple[np.ndarray, Unit]) -> float:
    values, unit = one
    return float(np.median(values)) * (unit.factor or 1.0) + unit.offset
