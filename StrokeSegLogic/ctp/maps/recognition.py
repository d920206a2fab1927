"""Which map is which, and in which unit: by range, by shape, and by how maps hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, combinations

import numpy as np
import SimpleITK as sitk

from ...result.doubts import Doubt
from ...study.case import Role, role_names
from ...study.maps.units import UNITS, Unit
from .doubts import DoubtKind
from .missing_values import no_value
from .reading import MapReading, checked, inverted, misnamed, spoilt, unknown, unrecognised, with_swaps
from .relations import agreement, contradictions, fits_role, seem_swapped

SURE, SURE_UNNAMED = 0.7, 0.9
"""Below this confidence a map is doubtful, and no role or unit is given to it; without a name more is asked."""
_NAMED = 3.0
"""How much a claimed role counts, as the logarithm of odds."""
_NOTHING = -6.0
"""A map that fits nothing known."""
_KEPT = 600
_MOST = 0.97
_AIR_HU = -200.0


_Choice = tuple[Unit | None, ...]


def recognise(images: Mapping[str, np.ndarray], claimed: Mapping[str, Role] | None = None) -> dict[str, MapReading]:
    """Role and unit of each map, or what is doubtful about it; nothing is guessed silently.

    All maps are judged together: of all ways to give them roles and units that is taken that fits best the range of
    healthy brain, the shape of the values, and the relations between maps (CBV = CBF MTT / 60, TTP later than Tmax,
    flow and volume in step). Confidence is how far it is ahead of the next. Weights are ours, tried on simulated
    maps in the scalings that vendors use.

    Args:
        images: values by name, zero outside the brain where the map is cut out; of one shape, or the relations between
            those of different shapes are not looked at. NaN and infinity are no value, and are said.
        claimed: the role that a name, a DICOM tag or the user gives a map, where there is such a claim.
    """
    claims = {name: role for name, role in (claimed or {}).items() if name in images}
    holes = {name: no_value(name, known) for name, values in images.items() if not (known := np.isfinite(values)).all()}
    whole = {
        name: np.nan_to_num(images[name], posinf=0, neginf=0) if name in holes else images[name] for name in images
    }
    readings = {name: found for name, values in whole.items() if (found := spoilt(name, values, claims.get(name)))}
    good = {name: values for name, values in whole.items() if name not in readings}
    samples = _brain_samples(good)
    # Names that are each other's would cost the maps their roles, and what they hold be taken for something else.
    readings |= (exchanged := _exchanged(samples, claims))
    samples = {name: sample for name, sample in samples.items() if name not in exchanged}
    ways = _ways(samples, claims)
    against = _against(samples, claims)
    if against and not _wrong_names(samples, ways[0][1], claims):
        # One inverted map is likelier than that all those which it runs against have wrong names.
        samples = {name: sample for name, sample in samples.items() if name not in against}
        ways = _ways(samples, claims)
        readings |= {
            name: unknown(name, claims[name], words, DoubtKind.INVERTED, words) for name, words in against.items()
        }
    vouched = _vouched(list(samples.values()), [good[name] for name in samples], ways[0][1])
    for place, name in enumerate(samples):
        reading = _reading(name, place, ways, claims.get(name), place in vouched)
        readings[name] = checked(reading, good[name], samples[name])
    readings |= _contradicted(readings, samples)
    for name, words in against.items():
        if readings[name].role is None:
            # Whatever else it may be: in the role that is claimed for it no use may be made of it.
            doubt = Doubt((name,), DoubtKind.INVERTED, words)
            readings[name] = replace(readings[name], doubts=(*readings[name].doubts, doubt))
    for name, doubt in holes.items():
        readings[name] = replace(readings[name], doubts=(doubt, *readings[name].doubts))
    return with_swaps({name: readings[name] for name in images}, claims)


def _exchanged(samples: Mapping[str, np.ndarray], claims: Mapping[str, Role]) -> dict[str, MapReading]:
    """Readings of two maps that are named CBF and CBV and are each the other; none if they are not."""
    by_role = {role: name for name, role in claims.items() if name in samples}
    if not {Role.CBF, Role.CBV} <= by_role.keys():
        return {}
    names = by_role[Role.CBF], by_role[Role.CBV]
    units = seem_swapped(samples[names[0]], samples[names[1]])
    return {name: misnamed(name, claims[name], unit, 0.0) for name, unit in zip(names, units or (), strict=False)}


def _against(samples: Mapping[str, np.ndarray], claims: Mapping[str, Role]) -> dict[str, str]:
    """Maps that in the roles claimed for them run against the others, each with a sentence why."""
    names = {role: name for name, role in claims.items() if name in samples}
    found = contradictions({role: samples[name] for role, name in names.items()})
    return {names[role]: words for role, words in found.items()}


def _wrong_names(samples: Mapping[str, np.ndarray], choice: _Choice, claims: Mapping[str, Role]) -> bool:
    """Whether the roles that fit best explain why maps run against each other: they agree in them, and one name alone
    is wrong, or those that are wrong are each other's."""
    taken = {name: unit.role if unit else None for name, unit in zip(samples, choice, strict=True)}
    wrong = {claims[name]: role for name, role in taken.items() if name in claims and role != claims[name]}
    if not wrong or (len(wrong) > 1 and wrong.keys() != set(wrong.values())):
        return False
    return not contradictions({role: samples[name] for name, role in taken.items() if role})


def _contradicted(readings: Mapping[str, MapReading], samples: Mapping[str, np.ndarray]) -> dict[str, MapReading]:
    """Readings of maps whose role was found, and that run against the others: they lose their unit."""
    names = {reading.role: name for name, reading in readings.items() if reading.role is not None and name in samples}
    found = contradictions({role: samples[name] for role, name in names.items()})
    return {names[role]: inverted(readings[names[role]], words) for role, words in found.items()}


def _ways(samples: Mapping[str, np.ndarray], claims: Mapping[str, Role]) -> list[tuple[float, _Choice]]:
    """Ways to give every map a role and a unit, the best first, each with its score (a logarithm)."""
    relations = _Relations(list(samples.values()), [claims.get(name) for name in samples])
    ways: list[tuple[float, _Choice]] = [(0.0, ())]
    for name, sample in samples.items():
        options: list[tuple[float, Unit | None]] = [(_NOTHING, None)]
        for unit in UNITS:
            score = fits_role(sample, unit)
            if score is not None:
                options.append((score + (_NAMED if claims.get(name) == unit.role else 0.0), unit))
        grown = []
        for total, choice in ways:
            taken = {unit.role for unit in choice if unit}
            for score, option in options:
                if option is None or option.role not in taken:
                    grown.append((total + score + relations.added(choice, option), (*choice, option)))
        ways = sorted(grown, key=lambda way: -way[0])[:_KEPT]
    return ways


class _Relations:
    """What a further map adds by its relations to those before it; each group of maps is looked at once.

    A map that is taken for something else than its name does not count against the others: they would lose their roles
    to a bad companion.
    """

    def __init__(self, samples: list[np.ndarray], claims: list[Role | None]) -> None:
        self._samples = samples
        self._claims = claims
        self._seen: dict[tuple[tuple[int, Unit], ...], float] = {}

    def added(self, choice: _Choice, option: Unit | None) -> float:
        """The score of all pairs and triples of maps that the next map, taken for `option`, closes."""
        if option is None:
            return 0.0
        new = (len(choice), option)
        shape = self._samples[new[0]].shape
        before = [(k, unit) for k, unit in enumerate(choice) if unit is not None and self._samples[k].shape == shape]
        pairs = ((former, new) for former in before)
        triples = ((*two, new) for two in combinations(before, 2))
        return sum(map(self._agreement, chain(pairs, triples)))

    def _agreement(self, group: tuple[tuple[int, Unit], ...]) -> float:
        if group not in self._seen:
            found = agreement(tuple((self._samples[place], unit) for place, unit in group))
            misnamed = any(self._claims[place] not in (None, unit.role) for place, unit in group)
            self._seen[group] = max(found, 0.0) if misnamed else found
        return self._seen[group]


def _vouched(samples: list[np.ndarray], images: list[np.ndarray], choice: _Choice) -> set[int]:
    """The maps that stand without a name: flow, volume and transit time that hold the central volume theorem, and
    with them two times, the first of them later; a CT with its air, and with it a MIP.

    Range and shape alone are not enough: one unit's Tmax is the other's flow.
    """
    places = {unit.role: place for place, unit in enumerate(choice) if unit}

    def hold(*roles: Role) -> bool:
        members = [(samples[places[role]], choice[places[role]]) for role in roles if role in places]
        group = tuple((sample, unit) for sample, unit in members if unit is not None)
        if len(group) < len(roles) or len({sample.shape for sample, _ in group}) > 1:
            return False
        return agreement(group) > 0

    stand: set[Role] = set()
    if hold(Role.CBF, Role.CBV, Role.MTT):
        stand |= {Role.CBF, Role.CBV, Role.MTT}
        if hold(Role.TTP, Role.TMAX):
            stand |= {Role.TTP, Role.TMAX}
    if Role.CT in places and images[places[Role.CT]].min() < _AIR_HU:
        stand |= {Role.CT, Role.MIP} if hold(Role.CT, Role.MIP) else {Role.CT}
    return {places[role] for role in stand}


def _reading(name: str, place: int, ways: list[tuple[float, _Choice]], claim: Role | None, vouched: bool) -> MapReading:
    best, choice = ways[0]
    unit = choice[place]
    rival = next(((score, way[place]) for score, way in ways if way[place] != unit), None)
    lead = best - rival[0] if rival else 10.0
    confidence = min(float(1 / (1 + np.exp(-lead))), _MOST)
    if unit is None:
        fitting = f"no known unit of {role_names([claim])}" if claim else "no known map"
        return unrecognised(name, f"its values fit {fitting}", f"the values of {name} fit {fitting}")
    words = f"its values fit {role_names([unit.role])} in {unit.name}"
    other = rival[1] if rival else None
    also = f"{role_names([other.role])} in {other.name}" if other else "no known map"
    if claim and unit.role != claim:
        return misnamed(name, claim, unit, 1 - confidence)
    if confidence < (SURE if claim else SURE_UNNAMED):
        doubt = f"{name} is in doubt: {words}, but also {also}"
        # Where only the unit is open the role still stands, if it was claimed.
        role = unit.role if claim and other is not None and other.role == unit.role else None
        return unrecognised(name, doubt, doubt, confidence, role)
    if not claim and not vouched:
        doubt = f"{name} is in doubt: {words}, but it has no name, and no other map vouches for it"
        return unrecognised(name, doubt, doubt, confidence)
    relative = Doubt((name,), DoubtKind.RELATIVE, f"{name} is relative to normal tissue: it has no absolute unit")
    doubts = (relative,) if unit.factor is None else ()
    reason = f"{words}" + (" and its name says so" if claim else "")
    return MapReading(name, unit.role, unit.name, unit.factor, unit.offset, confidence, reason, doubts)


def _brain_samples(images: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Values of brain, at the same places in all maps of one shape; noise is averaged over neighbours in the slice."""
    masks: dict[tuple[int, ...], np.ndarray] = {}
    held = {name: values != 0 for name, values in images.items()}
    # A native CT has no zero background and says nothing of where the brain is.
    held = {name: inside for name, inside in held.items() if inside.mean() < 0.95}
    for name, inside in held.items():
        others = [other for key, other in held.items() if key != name and other.shape == inside.shape]
        shared = np.logical_and.reduce(others) if others else inside
        # Nor does a Tmax that is 0 where there is no delay.
        if (inside & shared).sum() >= shared.sum() / 2:
            masks[inside.shape] = masks.get(inside.shape, np.ones(inside.shape, bool)) & inside
    out = {}
    for name, values in images.items():
        mask = masks.get(values.shape)
        if mask is None or not mask.any():
            mask = (values > 0) & (values < 100) if values.min() < -200 else values != 0
        radius = [1, 1] + [0] * (values.ndim - 2)
        weight = sitk.GetArrayFromImage(sitk.BoxMean(sitk.GetImageFromArray(mask.astype(np.float32)), radius))
        whole = np.where(mask, values, 0).astype(np.float32)
        mean = sitk.GetArrayFromImage(sitk.BoxMean(sitk.GetImageFromArray(whole), radius))
        sample = mean[mask] / np.maximum(weight[mask], 1e-6)
        out[name] = sample[:: max(sample.size // 200_000, 1)]
    return out
