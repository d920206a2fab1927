"""Series of CT over time that are phases of one bolus: at the same places, one going on where another ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np

from .dicom import in_order
from .dicom_clock import DAY_S, Clock
from .dicom_headers import Slice

LONGEST_PAUSE_S = 60.0
"""Between two phases of one bolus; a second bolus comes later."""
_SAME_PLACE_MM = 0.02
_SAME_TIME_S = 1e-3
_DIGITS = re.compile(r"\d+(?:[.,]\d+)?")
_Way = Callable[[Clock], float | None]


def _since_acquisition(clock: Clock) -> float | None:
    if clock.acquisition is None or clock.trigger is None:
        return None
    return clock.acquisition + clock.trigger


_TIMES: tuple[_Way, ...] = (lambda c: c.acquisition, _since_acquisition, lambda c: c.trigger, lambda c: c.content)
"""Ways in which headers say when."""
_NUMBERS: tuple[_Way, ...] = (lambda c: c.position, lambda c: c.acquisition_number)
"""Numbers that go on from one phase to the next where no header says when."""


@dataclass(frozen=True)
class _Phase:
    """Slices over time.

    Attributes:
        slices: as they were recorded.
        places: (N, 3) along the normal, mm.
        way: by which headers tell its frames apart.
        times: of the frames, rising: seconds, or numbers where no times are known.
    """

    slices: tuple[Slice, ...]
    places: np.ndarray
    way: _Way
    times: np.ndarray

    def follows(self, other: _Phase) -> bool:
        """Whether it may go on where the other ends, with no more than some frames doubled."""
        if self.way is not other.way or self.places.shape != other.places.shape:
            return False
        if not np.allclose(self.places, other.places, rtol=0, atol=_SAME_PLACE_MM):
            return False
        doubled = self._before(other)
        if 2 * doubled > len(self.times):
            return False
        if any(float(np.abs(other.times - time).min()) > _SAME_TIME_S for time in self.times[:doubled]):
            return False
        pause = LONGEST_PAUSE_S if self.way in _TIMES else 1.0
        return bool(self.times[doubled] - other.times[-1] <= pause)

    def _before(self, other: _Phase) -> int:
        """How many of its frames are no later than the other's last."""
        return int((self.times <= other.times[-1] + _SAME_TIME_S).sum())

    def overlaps(self, other: _Phase) -> bool:
        return bool(self.times[0] < other.times[-1] and other.times[0] < self.times[-1])

    def likeness(self, other: _Phase) -> tuple[bool, bool, float]:
        """How alike the two were made, the greater the more: phases of two reconstructions are not mixed."""
        ours, theirs = self.slices[0], other.slices[-1]
        first, other_words = (_DIGITS.sub("#", r.tags.series_description.casefold()) for r in (ours, theirs))
        same = ours.tags.image_type == theirs.tags.image_type, ours.thickness == theirs.thickness
        return (*same, SequenceMatcher(None, first, other_words, autojunk=False).ratio())

    def joined(self, after: _Phase) -> _Phase:
        """Both, the frames that the second has once more left out."""
        doubled = after._before(self)
        added = [record for records in _at_places(after.slices) for record in _sorted(records, after.way)[doubled:]]
        times = np.concatenate([self.times, after.times[doubled:]])
        return replace(self, slices=(*self.slices, *added), times=times)

    def said(self) -> list[Slice]:
        """Its slices, with the moments as acquisition times where a single tag does not say them."""
        if self.way is not _since_acquisition:
            return list(self.slices)
        return [replace(r, clock=replace(r.clock, acquisition=_since_acquisition(r.clock))) for r in self.slices]


def phases(parts: Iterable[list[Slice]]) -> list[list[Slice]]:
    """The series, those put together that are phases of one bolus; all others as they are.

    Phases lie at the same places and follow one another within a minute, by the acquisition time, the trigger time
    since it or by itself, or the content time; where no header says when, by temporal positions or acquisition numbers
    that go on. Where two reconstructions of each phase are there, those made alike belong together.
    """
    out: list[list[Slice]] = []
    groups: dict[object, list[_Phase]] = {}
    for part in parts:
        phase = _phase(part)
        if phase is None:
            out.append(part)
        else:
            groups.setdefault((part[0].size, part[0].origin), []).append(phase)
    for group in groups.values():
        out += _chains(_past_midnight(group))
    return out


def _chains(group: list[_Phase]) -> list[list[Slice]]:
    chains: list[_Phase] = []
    for phase in sorted(group, key=lambda each: float(each.times[0])):
        before = [chain for chain in chains if phase.follows(chain)]
        chain = max(before, key=phase.likeness, default=None)
        rivals = [other for other in group if other is not phase and other.overlaps(phase)]
        if chain is None or any(r.follows(chain) and r.likeness(chain) > phase.likeness(chain) for r in rivals):
            chains.append(phase)
        else:
            chains = [chain.joined(phase) if each is chain else each for each in chains]
    alone = {id(phase) for phase in group}
    return [list(chain.slices) if id(chain) in alone else chain.said() for chain in chains]


def _phase(part: Sequence[Slice]) -> _Phase | None:
    """The part as a phase; None where it is a single volume, or places or times are not known."""
    if part[0].tags.colour or any(record.position is None for record in part):
        return None
    at_places = _at_places(part)
    count = len(at_places[0])
    if count < 2 or any(len(records) != count for records in at_places):
        return None
    places = np.array([record.position for record in in_order([records[0] for records in at_places])], float)
    for way in (*_TIMES, *_NUMBERS):
        known = np.array([[way(record.clock) for record in records] for records in at_places], float)
        if not np.isfinite(known).all():
            continue
        if way in _TIMES and known.max() < DAY_S and np.ptp(known) > DAY_S / 2:
            known = np.where(known < DAY_S / 2, known + DAY_S, known)
        known.sort(axis=1)
        if (np.diff(known, axis=1) >= _SAME_TIME_S).all():
            return _Phase(tuple(part), places, way, known.mean(axis=0))
    return None


def _past_midnight(group: list[_Phase]) -> list[_Phase]:
    """The phases, those after midnight a day later where no date says so."""
    # With dates seconds count from years ago.
    timed = [phase for phase in group if phase.way in _TIMES and phase.times[-1] < 2 * DAY_S]
    if not timed or max(p.times[-1] for p in timed) - min(p.times[0] for p in timed) <= DAY_S / 2:
        return group
    early = {id(phase) for phase in timed if phase.times[-1] < DAY_S / 2}
    return [replace(phase, times=phase.times + DAY_S) if id(phase) in early else phase for phase in group]


def _at_places(part: Iterable[Slice]) -> list[list[Slice]]:
    groups: dict[object, list[Slice]] = {}
    for record in part:
        groups.setdefault(record.position, []).append(record)
    return list(groups.values())


def _sorted(records: Sequence[Slice], way: _Way) -> list[Slice]:
    def when(record: Slice) -> float:
        value = way(record.clock)
        return 0.0 if value is None else value

    return sorted(records, key=when)
