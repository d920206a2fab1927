"""How well values fit a role by themselves, and how well two or three maps fit together; scores are log-odds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np

from ...study.case import Role, role_names
from ...study.maps.units import Unit, units_of

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


_TRANSIT_S = (1.5, 20.0)
"""Between these lies 60 CBV / CBF of brain, in whatever software."""
_EXPECTED = {
    (Role.CBF, Role.CBV): 1,
    (Role.TTP, Role.TMAX): 1,
    (Role.MTT, Role.TTP): 1,
    (Role.MTT, Role.TMAX): 1,
    (Role.CBF, Role.TMAX): -1,
    (Role.CBF, Role.TTP): -1,
    (Role.CBF, Role.MTT): -1,
    (Role.CBV, Role.TMAX): -1,
    (Role.CBV, Role.TTP): -1,
}
"""How two maps go together from place to place: flow and volume rise together and fall where blood comes late."""
_LEAST_AGAINST = {(Role.CBF, Role.CBV): 0.0, (Role.TTP, Role.TMAX): 0.0, (Role.CBF, Role.TMAX): 0.4}
"""From this correlation against what is expected on two maps contradict each other. Vessels and luxury perfusion
loosen the relation of flow and delay, which therefore has to be clearly wrong."""
_SAME_BLAME = 0.3


def fits_role(sample: np.ndarray, unit: Unit) -> float | None:
    """How well brain values fit a unit of a role; None if their median is out of its range.

    Args:
        sample: (N,), in the file's units.
    """
    if not sample.size:
        return None
    if no_delay(sample):
        return _fits_delays(sample[sample > 0], unit) if unit.role == Role.TMAX else None
    low, middle, high = (float(v) for v in np.percentile(sample, (5, 50, 95)))
    if not unit.median[0] <= middle <= unit.median[1]:
        return None
    score = float(np.log(unit.common))
    # Ranges are wide: their middle is more usual than their ends.
    centre, width = np.log(unit.median[0] * unit.median[1]) / 2, np.log(unit.median[1] / unit.median[0]) / 4
    score -= _TYPICAL_WEIGHT * 0.5 * float((np.log(middle) - centre) / width) ** 2
    start = low / middle
    if unit.role == Role.TTP and start < _EARLY_START:
        score -= _CLEAR
    if unit.role == Role.TMAX and start > _LATE_START:
        score -= _CLEAR
    # Grey matter has twice the flow of white: no map of flow or volume is that even.
    if unit.role in (Role.CBF, Role.CBV) and start > _LATE_START:
        score -= _CLEAR
    # Grey matter is a third denser than white; every other map reaches further.
    if unit.role == Role.CT and high + unit.offset > _CT_REACH * (middle + unit.offset):
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
    if roles == {Role.CBF, Role.CBV}:
        return _in_step(by_role[Role.CBF][0], by_role[Role.CBV][0])
    if roles == {Role.TTP, Role.TMAX}:
        return _later(by_role[Role.TTP], by_role[Role.TMAX]) + _in_step(by_role[Role.TTP][0], by_role[Role.TMAX][0]) / 2
    if roles == {Role.CT, Role.MIP}:
        return _later(by_role[Role.MIP], by_role[Role.CT])
    if roles == {Role.CBF, Role.CBV, Role.MTT}:
        return _central_volume(by_role[Role.CBF], by_role[Role.CBV], by_role[Role.MTT])
    return 0.0


def seem_swapped(flow: np.ndarray, volume: np.ndarray) -> tuple[Unit, Unit] | None:
    """Whether maps named CBF and CBV are CBV and CBF: the units that they have then, None if they are not.

    As they are named they fit no pair of units, or none whose transit time 60 CBV / CBF is that of brain; exchanged
    they do. Relative maps say nothing of transit, and are believed.

    Args:
        flow, volume: brain values (N,) of the maps named CBF and CBV, each in its file's unit.
    """
    if _pairs(flow, volume, True):
        return None
    found = _pairs(volume, flow, False)
    if not found:
        return None
    _, cbf, cbv = max(found, key=lambda way: way[0])
    return cbv, cbf


def _pairs(flow: np.ndarray, volume: np.ndarray, relative: bool) -> list[tuple[float, Unit, Unit]]:
    """Units of flow and volume that fit together, with their score; those of relative maps only if asked for."""
    found = []
    for cbf, cbv in product(units_of(Role.CBF), units_of(Role.CBV)):
        of_flow, of_volume = fits_role(flow, cbf), fits_role(volume, cbv)
        if of_flow is None or of_volume is None:
            continue
        if cbf.factor is None or cbv.factor is None:
            found += [(of_flow + of_volume, cbf, cbv)] if relative else []
        elif _TRANSIT_S[0] <= 60 * _standard_median((volume, cbv)) / _standard_median((flow, cbf)) <= _TRANSIT_S[1]:
            found.append((of_flow + of_volume, cbf, cbv))
    return found


def contradictions(samples: Mapping[Role, np.ndarray]) -> dict[Role, str]:
    """Maps that run against the others from place to place, as an inverted map does, each with a sentence why.

    Of two maps that contradict each other that map is named which also goes less well with all others; both, where the
    others do not tell.

    Args:
        samples: brain values (N,) at the same places, by role.
    """
    signed = {
        pair: sign * _correlation(samples[pair[0]], samples[pair[1]])
        for pair, sign in _EXPECTED.items()
        if pair[0] in samples and pair[1] in samples and samples[pair[0]].shape == samples[pair[1]].shape
    }
    found: dict[Role, str] = {}
    for pair, least in _LEAST_AGAINST.items():
        if pair in signed and signed[pair] < -least and not found.keys() & set(pair):
            way = "falls where {} rises" if _EXPECTED[pair] > 0 else "rises with {}"
            for role in _blamed(pair, signed):
                other = pair[0] if role == pair[1] else pair[1]
                correlation = _EXPECTED[pair] * signed[pair]
                against = f"{way.format(role_names([other]))} (correlation {correlation:.2f})"
                found[role] = f"{role_names([role])} {against}: its scale looks inverted"
    triple = {Role.CBF, Role.CBV, Role.MTT}
    if triple <= samples.keys() and not found.keys() & triple and len({samples[role].shape for role in triple}) == 1:
        flow, volume, time = _logs(samples[Role.CBF], samples[Role.CBV], samples[Role.MTT])
        if (correlation := _correlation(volume - flow, time)) < -0.2:
            # Flow and volume are in step: what runs against both is the time.
            found[Role.MTT] = (
                f"MTT falls where CBV / CBF rises (correlation {correlation:.2f}): its scale looks inverted"
            )
    return found


def _blamed(pair: tuple[Role, Role], signed: Mapping[tuple[Role, Role], float]) -> tuple[Role, ...]:
    """Which of two maps goes less well with all others; both if that is alike."""
    first, other = (
        sum(value for between, value in signed.items() if role in between and between != pair) for role in pair
    )
    if abs(first - other) < _SAME_BLAME:
        return pair
    return (pair[0],) if first < other else (pair[1],)


def _in_step(first: np.ndarray, other: np.ndarray) -> float:
    correlation = _correlation(first, other)
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
    factors = [values[1].factor for values in (cbf, cbv, mtt)]
    if any(factor is None for factor in factors):
        # Relative maps hold the theorem in step only.
        return score
    f, v, t = (float(np.log(factor or 1.0)) for factor in factors)
    ratio = float(np.median(volume - flow - time)) + v - f - t + float(np.log(60))
    return score + max(1.5 - 0.5 * (ratio / _CENTRAL_VOLUME_SPREAD) ** 2, -2 * _CLEAR)


def _logs(*maps: np.ndarray) -> list[np.ndarray]:
    positive = np.logical_and.reduce([values > 0 for values in maps])
    return [np.log(values[positive]) for values in maps]


def _correlation(first: np.ndarray, other: np.ndarray) -> float:
    if first.size < 10 or first.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(first, other)[0, 1])


def _standard_median(given: tuple[np.ndarray, Unit]) -> float:
    values, unit = given
    return float(np.median(values)) * (unit.factor or 1.0) + unit.offset
