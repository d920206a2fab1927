"""Which map is which, and in which unit: by range, by shape, and by how maps hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain, combinations

import numpy as np
import SimpleITK as sitk

from .gaps import said
from .map_relations import agreement, fits_role, no_delay
from .map_units import UNITS, Unit, doubts, is_picture, negative_part, saturated_part

SURE, SURE_UNNAMED = 0.7, 0.9
"""Below this confidence a map is doubtful, and no role or unit is given to it; without a name more is asked."""
_NAMED = 3.0
"""How much a claimed role counts, as the logarithm of odds."""
_NOTHING = -6.0
"""A map that fits nothing known."""
_KEPT = 600
_MOST = 0.97
_AIR_HU = -200.0
_TTP_STARTS_S, _TMAX_STARTS_S = 2.0, 3.0


@dataclass(frozen=True)
class MapReading:
    """What was made of one map.

    Attributes:
        name: as given.
        role: CBF, CBV, MTT, TTP, TMAX, CT or MIP; None if it is in doubt.
        unit: in which it is stored; None if it is in doubt.
        factor, offset: standard = factor * value + offset; factor is None where the unit is in doubt or the map is
            relative to normal tissue.
        confidence: 0 to 1, of role and unit together.
        reason: one sentence without a full stop.
        doubts: sentences that a reader must see; empty for a map without any.
    """

    name: str
    role: str | None
    unit: str | None
    factor: float | None
    offset: float
    confidence: float
    reason: str
    doubts: tuple[str, ...] = ()

    @property
    def doubtful(self) -> bool:
        return self.role is None or self.factor is None or bool(self.doubts)

    def standard(self, values: np.ndarray) -> np.ndarray:
        """The values in the role's standard unit, float32.

        Raises:
            ValueError: if the factor is not known.
        """
        if self.factor is None:
            raise ValueError(f"the unit of {self.name} is not known")
        return (values.astype(np.float32) * np.float32(self.factor) + np.float32(self.offset)).astype(np.float32)


_Choice = tuple[Unit | None, ...]


def recognise(images: Mapping[str, np.ndarray], claimed: Mapping[str, str] | None = None) -> dict[str, MapReading]:
    """Role and unit of each map, or what is doubtful about it; nothing is guessed silently.

    All maps are judged together: of all ways to give them roles and units the one is taken that fits best the range of
    healthy brain, the shape of the values, and the relations between maps (CBV = CBF MTT / 60, TTP later than Tmax,
    flow and volume in step). Confidence is how far it is ahead of the next one. Weights are ours, tried on simulated
    maps in the scalings that vendors use.

    Args:
        images: values by name, zero outside the brain where the map is cut out; of one shape, or the relations between
            those of different shapes are not looked at. NaN and infinity are no value, and are said.
        claimed: the role that a name, a DICOM tag or the user gives a map, for those that have one.
    """
    claims = {name: role for name, role in (claimed or {}).items() if name in images}
    gaps = {name: said(name, known) for name, values in images.items() if not (known := np.isfinite(values)).all()}
    whole = {name: np.nan_to_num(images[name], posinf=0, neginf=0) if name in gaps else images[name] for name in images}
    readings = {name: found for name, values in whole.items() if (found := _spoilt(name, values, claims.get(name)))}
    good = {name: values for name, values in whole.items() if name not in readings}
    samples = _samples(good)
    ways = _ways(samples, claims)
    vouched = _vouched(list(samples.values()), [good[name] for name in samples], ways[0][1])
    for place, name in enumerate(samples):
        reading = _reading(name, place, ways, claims.get(name), place in vouched)
        readings[name] = _checked(reading, good[name], samples[name])
    for name, words in gaps.items():
        readings[name] = replace(readings[name], doubts=(words, *readings[name].doubts))
    return _swaps({name: readings[name] for name in images}, claims)


def _spoilt(name: str, values: np.ndarray, claim: str | None) -> MapReading | None:
    """A reading of a map whose scale cannot be known; None for any other."""
    what = claim or "a map"
    if not values.size:
        return _unknown(name, claim, "it has no voxels", f"{name} has no voxels")
    if values.min() == values.max():
        return _unknown(name, claim, "every value is the same", f"every voxel of {name} has the same value")
    edge = _corners(values)
    if is_picture(values, claim):
        upside = "; its background is its largest value: the scale looks inverted" if edge == values.max() else ""
        return _unknown(
            name,
            claim,
            f"whole numbers from {values.min():g} to {values.max():g}",
            f"{name} holds whole numbers up to {values.max():g}: perhaps a picture of {what}, whose scale is "
            f"unknown{upside}",
        )
    if edge == values.max() and edge > 0:
        return _unknown(
            name,
            claim,
            "its background is its largest value",
            f"the background of {name} is its largest value ({edge:g}): the scale looks inverted",
        )
    return None


def _unknown(name: str, claim: str | None, reason: str, doubt: str) -> MapReading:
    return MapReading(name, claim, None, None, 0.0, 0.3 if claim else 0.0, reason, (doubt,))


def _corners(values: np.ndarray) -> float:
    ends = values[np.ix_(*[[0, size - 1] for size in values.shape])]
    return float(np.median(ends))


def _samples(images: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
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


def _ways(samples: Mapping[str, np.ndarray], claims: Mapping[str, str]) -> list[tuple[float, _Choice]]:
    """Ways to give every map a role and a unit, the best first, each with its score (a logarithm)."""
    relations = _Relations(list(samples.values()))
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
    """What a further map adds by its relations to those before it; each group of maps is looked at once."""

    def __init__(self, samples: list[np.ndarray]) -> None:
        self._samples = samples
        self._seen: dict[tuple[tuple[int, Unit], ...], float] = {}

    def added(self, choice: _Choice, option: Unit | None) -> float:
        """The score of all pairs and triples of maps that the next map, taken for `option`, closes."""
        if option is None:
            return 0.0
        new = (len(choice), option)
        shape = self._samples[new[0]].shape
        before = [(k, one) for k, one in enumerate(choice) if one is not None and self._samples[k].shape == shape]
        pairs = ((one, new) for one in before)
        triples = ((*two, new) for two in combinations(before, 2))
        return sum(map(self._agreement, chain(pairs, triples)))

    def _agreement(self, group: tuple[tuple[int, Unit], ...]) -> float:
        if group not in self._seen:
            self._seen[group] = agreement(tuple((self._samples[place], unit) for place, unit in group))
        return self._seen[group]


def _vouched(samples: list[np.ndarray], images: list[np.ndarray], choice: _Choice) -> set[int]:
    """The maps that stand without a name: flow, volume and transit time that hold the central volume theorem, and
    with them two times of which one is later; a CT with its air, and with it a MIP.

    Range and shape alone are not enough: one unit's Tmax is the other's flow.
    """
    places = {unit.role: place for place, unit in enumerate(choice) if unit}

    def hold(*roles: str) -> bool:
        members = [(samples[places[role]], choice[places[role]]) for role in roles if role in places]
        group = tuple((sample, unit) for sample, unit in members if unit is not None)
        if len(group) < len(roles) or len({sample.shape for sample, _ in group}) > 1:
            return False
        return agreement(group) > 0

    stand: set[str] = set()
    if hold("CBF", "CBV", "MTT"):
        stand |= {"CBF", "CBV", "MTT"}
        if hold("TTP", "TMAX"):
            stand |= {"TTP", "TMAX"}
    if "CT" in places and images[places["CT"]].min() < _AIR_HU:
        stand |= {"CT", "MIP"} if hold("CT", "MIP") else {"CT"}
    return {places[role] for role in stand}


def _reading(name: str, place: int, ways: list[tuple[float, _Choice]], claim: str | None, vouched: bool) -> MapReading:
    best, choice = ways[0]
    unit = choice[place]
    rival = next(((score, way[place]) for score, way in ways if way[place] != unit), None)
    ahead = best - rival[0] if rival else 10.0
    confidence = min(float(1 / (1 + np.exp(-ahead))), _MOST)
    if unit is None:
        fitting = f"no known unit of {claim}" if claim else "no known map"
        return MapReading(
            name, None, None, None, 0.0, 0.0, f"its values fit {fitting}", (f"the values of {name} fit {fitting}",)
        )
    words = f"its values fit {unit.role} in {unit.name}"
    other = rival[1] if rival else None
    also = f"{other.role} in {other.name}" if other else "no known map"
    if claim and unit.role != claim:
        doubt = f"{name} is named {claim}, but {words}"
        return MapReading(name, None, None, None, 0.0, 1 - confidence, doubt, (doubt,))
    if confidence < (SURE if claim else SURE_UNNAMED):
        doubt = f"{name} is in doubt: {words}, but also {also}"
        # Where only the unit is open the role still stands, if it was claimed.
        role = unit.role if claim and other is not None and other.role == unit.role else None
        return MapReading(name, role, None, None, 0.0, confidence, doubt, (doubt,))
    if not claim and not vouched:
        doubt = f"{name} is in doubt: {words}, but it has no name, and no other map vouches for it"
        return MapReading(name, None, None, None, 0.0, confidence, doubt, (doubt,))
    relative = (f"{name} is relative to normal tissue: it has no absolute unit",) if unit.factor is None else ()
    reason = f"{words}" + (" and its name says so" if claim else "")
    return MapReading(name, unit.role, unit.name, unit.factor, unit.offset, confidence, reason, relative)


def _checked(reading: MapReading, values: np.ndarray, sample: np.ndarray) -> MapReading:
    """The reading with doubts that do not change role and unit."""
    found = list(reading.doubts)
    if saturated := saturated_part(values):
        found.append(
            f"{saturated:.1%} of {reading.name} has its largest value ({values.max():g}): the scale is cut off there"
        )
    if reading.role is None or reading.factor is None:
        if reading.role not in ("CT", "MIP", None) and (negative := negative_part(values)):
            found.append(f"{negative:.0%} of {reading.name} is negative, which {reading.role} cannot be")
        return replace(reading, doubts=tuple(found))
    standard = reading.standard(values)
    if reading.role not in ("CT", "MIP"):
        found += [f"{reading.name}: {doubt}" for doubt in doubts(reading.role, standard)]
    if reading.role == "TMAX" and no_delay(sample):
        found.append(f"{reading.name} is 0 in most of the brain: taken for no delay")
    early = float(np.percentile(reading.standard(sample), 2))
    if reading.role == "TTP" and early < _TTP_STARTS_S:
        found.append(f"{reading.name} starts at {early:.1f} s: its offset was taken off, or it is Tmax")
    if reading.role == "TMAX" and early > _TMAX_STARTS_S:
        found.append(f"no tissue of {reading.name} is below {early:.1f} s: it is no Tmax, or arrival was not corrected")
    return replace(reading, doubts=tuple(found))


def _swaps(readings: dict[str, MapReading], claims: Mapping[str, str]) -> dict[str, MapReading]:
    """Two maps that are each what the other is named are said to be swapped."""
    wrong = {name: one for name, one in readings.items() if name in claims and one.role is None and one.doubts}
    for one, other in combinations(wrong, 2):
        if _says(wrong[one], claims[other]) and _says(wrong[other], claims[one]):
            words = f"{claims[one]} and {claims[other]} look swapped"
            for name in (one, other):
                readings[name] = replace(readings[name], doubts=(words, *readings[name].doubts))
    return readings


def _says(reading: MapReading, role: str) -> bool:
    return f"but its values fit {role} in" in reading.reason
