"""Slices of DICOM files to the volumes and series over time that they make up."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence

from .dicom import in_order
from .dicom_headers import Slice

_Split = Callable[[Slice], Hashable]
_SPLITS: tuple[_Split, ...] = (
    lambda s: s.tags.echo_time,
    lambda s: s.tags.image_type,
    lambda s: s.order[0],
    lambda s: s.order[1],
    lambda s: s.order[2],
    lambda s: s.order[3],
    lambda s: s.order[4],
)
_LEAST_JOINED = 5
"""So many series of CT at the same places with the same description are frames, not reconstructions."""


def grouped(slices: Iterable[Slice]) -> list[list[Slice]]:
    """The slices of each candidate.

    A series is split where one place was imaged several times: by b-value, echo time, image type, gradient direction,
    time. A CT is kept whole over time, and a CT of one series for each frame is put together.
    """
    stacks = [
        stack
        for series in _by(slices, lambda s: s.uid)
        for stack in _by(series, lambda s: (s.size, tuple(round(a, 2) + 0.0 for a in s.axes or ())))
    ]
    ct = [stack for stack in stacks if stack[0].tags.modality == "CT"]
    mr = [stack for stack in stacks if stack[0].tags.modality != "CT"]
    groups = [part for stack in mr for part in _split_repeats(_by(stack, lambda s: s.tags.b_value), 0)]
    return groups + _joined([part for stack in ct for part in _by(stack, lambda s: s.tags.image_type)])


def in_time_order(slices: Sequence[Slice]) -> list[Slice]:
    """Slices over time sorted by their times and then their place, so that a hash does not depend on file names."""

    def when(record: Slice) -> tuple[float, ...]:
        clock = record.clock
        known = (clock.acquisition, clock.trigger, clock.reference, clock.content, clock.position, clock.instance)
        return tuple(0.0 if value is None else value for value in known)

    return sorted(in_order(slices), key=when)


def _joined(parts: list[list[Slice]]) -> list[list[Slice]]:
    """Single volumes of CT at the same places whose descriptions differ by numbers at most, as one series over time."""

    def kind(part: list[Slice]) -> Hashable:
        places = frozenset(record.position for record in part)
        first = part[0]
        if len(places) < len(part) or None in places or first.tags.colour:
            return id(part)
        words = re.sub(r"\d+(?:[.,]\d+)?", "#", first.tags.series_description)
        times = frozenset(record.clock.acquisition for record in part)
        return (first.frame_of_reference, first.size, first.tags.image_type, words, places, None in times)

    groups: dict[Hashable, list[list[Slice]]] = {}
    for part in parts:
        groups.setdefault(kind(part), []).append(part)
    out: list[list[Slice]] = []
    for group in groups.values():
        starts = {min(record.clock.acquisition or 0.0 for record in part) for part in group}
        if len(group) >= _LEAST_JOINED and len(starts) == len(group):
            out.append([record for part in group for record in part])
        else:
            out += group
    return out


def _split_repeats(groups: list[list[Slice]], level: int) -> list[list[Slice]]:
    """Splits by one criterion after the other those groups that hold a place more than once."""
    if level == len(_SPLITS):
        return groups
    parts: list[list[Slice]] = []
    for group in groups:
        places = {s.position for s in group}
        finer = [group] if len(places) == len(group) else _by(group, _SPLITS[level])
        parts += _split_repeats(finer, level + 1)
    return parts


def _by(slices: Iterable[Slice], key: _Split) -> list[list[Slice]]:
    groups: dict[Hashable, list[Slice]] = {}
    for record in slices:
        groups.setdefault(key(record), []).append(record)
    return list(groups.values())
