"""What was made of one map: its role, its unit, and what is doubtful about either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from ...result.doubts import Doubt
from ...study.case import Role, role_names
from ...study.maps.units import Unit, doubts, is_picture, negative_part, saturated_part
from .doubts import DoubtKind
from .relations import no_delay

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
        doubts: what a reader must see; empty for a map without any.
        fits: the role that the values fit where the map is named otherwise; None elsewhere.
    """

    name: str
    role: Role | None
    unit: str | None
    factor: float | None
    offset: float
    confidence: float
    reason: str
    doubts: tuple[Doubt, ...] = ()
    fits: Role | None = None

    @property
    def doubtful(self) -> bool:
        return self.role is None or self.factor is None or bool(self.doubts)

    @property
    def relative(self) -> bool:
        """Whether the map is known to be relative to normal tissue."""
        return self.unit is not None and self.factor is None

    @property
    def inverted(self) -> Doubt | None:
        """The doubt that large values stand for small values: no use may be made of the map."""
        return self.doubt_of(DoubtKind.INVERTED)

    def doubt_of(self, kind: DoubtKind) -> Doubt | None:
        """The first doubt of a kind."""
        return next((doubt for doubt in self.doubts if doubt.kind is kind), None)

    def standard(self, values: np.ndarray) -> np.ndarray:
        """The values in the role's standard unit, float32.

        Raises:
            ValueError: if the factor is not known.
        """
        if self.factor is None:
            raise ValueError(f"the unit of {self.name} is not known")
        return (values.astype(np.float32) * np.float32(self.factor) + np.float32(self.offset)).astype(np.float32)


def spoilt(name: str, values: np.ndarray, claim: Role | None) -> MapReading | None:
    """A reading of a map whose scale cannot be known; None for any other.

    Args:
        name: of the map.
        values: any shape, finite.
        claim: the role that it is said to have.
    """
    if not values.size:
        return unknown(name, claim, "it has no voxels", DoubtKind.NO_VALUE, f"{name} has no voxels")
    if values.min() == values.max():
        doubt = f"every voxel of {name} has the same value"
        return unknown(name, claim, "every value is the same", DoubtKind.NO_VALUE, doubt)
    edge = _corners(values)
    if is_picture(values, claim):
        upside = edge == values.max()
        more = "; its background is its largest value: the scale looks inverted" if upside else ""
        return unknown(
            name,
            claim,
            f"whole numbers from {values.min():g} to {values.max():g}",
            DoubtKind.INVERTED if upside else DoubtKind.PICTURE,
            f"{name} holds whole numbers up to {values.max():g}: perhaps a picture of "
            f"{role_names([claim]) if claim else 'a map'}, whose scale is unknown{more}",
        )
    if edge == values.max() and edge > 0:
        return unknown(
            name,
            claim,
            "its background is its largest value",
            DoubtKind.INVERTED,
            f"the background of {name} is its largest value ({edge:g}): the scale looks inverted",
        )
    return None


def _corners(values: np.ndarray) -> float:
    ends = values[np.ix_(*[[0, size - 1] for size in values.shape])]
    return float(np.median(ends))


def unknown(name: str, claim: Role | None, reason: str, kind: DoubtKind, words: str) -> MapReading:
    """A map of the role that was claimed for it, if any, in no known unit."""
    doubt = Doubt((name,), kind, words)
    return MapReading(name, claim, None, None, 0.0, 0.3 if claim else 0.0, reason, (doubt,))


def unrecognised(name: str, reason: str, words: str, confidence: float = 0.0, role: Role | None = None) -> MapReading:
    """A map whose unit, and unless it is given whose role, the values leave open."""
    doubt = Doubt((name,), DoubtKind.UNRECOGNISED, words)
    return MapReading(name, role, None, None, 0.0, confidence, reason, (doubt,))


def misnamed(name: str, claim: Role, unit: Unit, confidence: float) -> MapReading:
    """A map whose values fit another role than what is claimed for it."""
    words = f"{name} is named {role_names([claim])}, but its values fit {role_names([unit.role])} in {unit.name}"
    doubt = Doubt((name,), DoubtKind.MISNAMED, words)
    return MapReading(name, None, None, None, 0.0, confidence, words, (doubt,), fits=unit.role)


def inverted(reading: MapReading, words: str) -> MapReading:
    """The reading of a map that runs against others in the role found for it: it loses its unit."""
    doubt = Doubt((reading.name,), DoubtKind.INVERTED, words)
    doubts = (*reading.doubts, doubt)
    return replace(reading, unit=None, factor=None, offset=0.0, confidence=0.0, reason=words, doubts=doubts)


def checked(reading: MapReading, values: np.ndarray, sample: np.ndarray) -> MapReading:
    """The reading with doubts that do not change role and unit.

    Args:
        reading: of the map.
        values: all of the map's, finite.
        sample: (N,), of brain.
    """
    found: list[str] = []
    name, role = reading.name, reading.role
    if saturated := saturated_part(values):
        found.append(f"{saturated:.1%} of {name} has its largest value ({values.max():g}): the scale is cut off there")
    if role is None or reading.factor is None:
        if role not in (Role.CT, Role.MIP, None) and (negative := negative_part(values)):
            found.append(f"{negative:.0%} of {name} is negative, which {role_names([role])} cannot be")
        return _with(reading, found)
    if role not in (Role.CT, Role.MIP):
        found += [f"{name}: {doubt}" for doubt in doubts(role, reading.standard(values))]
    if role == Role.TMAX and no_delay(sample):
        found.append(f"{name} is 0 in most of the brain: taken for no delay")
    early = float(np.percentile(reading.standard(sample), 2))
    if role == Role.TTP and early < _TTP_STARTS_S:
        found.append(f"{name} starts at {early:.1f} s: its offset was taken off, or it is Tmax")
    if role == Role.TMAX and early > _TMAX_STARTS_S:
        found.append(f"no tissue of {name} is below {early:.1f} s: it is no Tmax, or arrival was not corrected")
    return _with(reading, found)


def _with(reading: MapReading, found: list[str]) -> MapReading:
    more = (Doubt((reading.name,), DoubtKind.RANGE, words) for words in found)
    return replace(reading, doubts=(*reading.doubts, *more))


def with_swaps(readings: dict[str, MapReading], claims: Mapping[str, Role]) -> dict[str, MapReading]:
    """The readings; two maps that are each what the other is named are said to be swapped, first of all."""
    wrong = {name: reading for name, reading in readings.items() if name in claims and reading.fits is not None}
    for first, second in combinations(wrong, 2):
        if wrong[first].fits == claims[second] and wrong[second].fits == claims[first]:
            words = f"{claims[first]} and {claims[second]} seem to be swapped"
            doubt = Doubt((first, second), DoubtKind.SWAPPED, words)
            for name in (first, second):
                readings[name] = replace(readings[name], doubts=(doubt, *readings[name].doubts))
    return readings
