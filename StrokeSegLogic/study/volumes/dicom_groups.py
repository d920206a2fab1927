"""Slices of DICOM files to the volumes and series over time that they make up."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from .dicom import in_order
from .dicom_headers import Slice
from .dicom_phases import phases
from .origin import Origin

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
_SAME_GAIN = 1e-3
_LEAST_JOINED = 5
"""So many series of CT at the same places with the same description are frames, not reconstructions."""
_SAME_AXES = 0.01
"""Cosines of slices of one stack differ by no more: writers round them from slice to slice."""
_EVEN_PART, _EVEN_MM = 0.05, 0.05


def grouped(slices: Iterable[Slice]) -> list[list[Slice]]:
    """The slices of each candidate.

    A series is split where one place was imaged several times: by b-value, echo time, image type, gradient direction,
    time, and number. A CT is kept whole over time, and a CT of one series for each frame, or of one for each phase of
    the bolus, is put together; so are slices that came apart because each has a series UID of its own.
    """
    stacks = [
        stack
        for series in _by(slices, lambda s: s.uid)
        for patient in _by_patient(series)
        for alike in _by(_alike(patient), lambda s: s.size)
        for stack in _by_axes(alike)
    ]
    stacks = _reunited(stacks)
    ct = [stack for stack in stacks if stack[0].tags.modality == "CT"]
    mr = [stack for stack in stacks if stack[0].tags.modality != "CT"]
    parts = [part for stack in mr for part in _split_repeats(_by(stack, lambda s: s.tags.b_value), 0)]
    groups = [turn for part in parts for turn in _turns(part)]
    return groups + phases(_joined([part for stack in ct for part in _by(stack, lambda s: s.tags.image_type)]))


def _by_patient(series: list[Slice]) -> list[list[Slice]]:
    """The slices of a series by patient and date; what only some of them say tells nobody apart and holds for all."""
    groups: list[tuple[list[Origin], list[Slice]]] = []
    for record in series:
        for known, group in groups:
            if record.origin in known or not any(_differ(record.origin, other) for other in known):
                known += [record.origin] if record.origin not in known else []
                group.append(record)
                break
        else:
            groups.append(([record.origin], [record]))
    return [group if len(known) == 1 else _completed(known, group) for known, group in groups]


def _completed(known: Sequence[Origin], group: list[Slice]) -> list[Slice]:
    whole = reduce(Origin.completed, known)
    return [replace(record, tags=replace(record.tags, origin=whole)) for record in group]


def _differ(first: Origin, other: Origin) -> bool:
    dates = first.date, other.date
    return first.of_another_patient(other) is not None or (all(dates) and dates[0] != dates[1])


def _alike(series: list[Slice]) -> list[Slice]:
    """The slices of a series with what only some of its headers say.

    Where some images of one kind are weighted by diffusion and others say nothing, these are those without weighting
    (Canon). Where Philips' display values have another gain from slice to slice, all have that of the first (see
    `dicom_values.gain`).
    """
    out = []
    for kind in _by(series, lambda s: s.tags.image_type):
        weighted = any((record.tags.b_value or 0) > 0 for record in kind)
        gain = kind[0].gain
        for record in kind:
            if weighted and record.tags.b_value is None:
                record = replace(record, tags=replace(record.tags, b_value=0.0))
            if gain and record.gain and abs(record.gain / gain - 1) > _SAME_GAIN:
                record = replace(record, correction=gain / record.gain)
            out.append(record)
    return out


def _turns(part: list[Slice]) -> list[list[Slice]]:
    """The repetitions of a volume that nothing but their numbers tells apart, of instances or of frames in one, if each
    place has as many."""
    places = _by(sorted(part, key=lambda s: (s.clock.instance or 0.0, s.frame)), lambda s: s.position)
    counts = {len(place) for place in places}
    numbers = {(record.clock.instance, record.frame) for record in part}
    said = all(record.clock.instance is not None or record.frame for record in part)
    unplaced = any(record.position is None for record in part)
    if unplaced or len(counts) != 1 or counts == {1} or not said or len(numbers) != len(part):
        return [part]
    return [list(turn) for turn in zip(*places, strict=True)]


def in_time_order(slices: Sequence[Slice]) -> list[Slice]:
    """Slices over time sorted by their times and then their place, so that a hash does not depend on file names."""

    def when(record: Slice) -> tuple[float, ...]:
        clock = record.clock
        known = (clock.acquisition, clock.trigger, clock.reference, clock.content, clock.position, clock.instance)
        return tuple(0.0 if value is None else value for value in known)

    return sorted(in_order(slices), key=when)


def _by_axes(slices: Sequence[Slice]) -> list[list[Slice]]:
    """The slices by orientation, those without any by themselves."""
    groups: list[list[Slice]] = []
    for record in slices:
        for group in groups:
            ours, theirs = record.axes, group[0].axes
            if ours == theirs or (ours and theirs and np.allclose(ours, theirs, rtol=0, atol=_SAME_AXES)):
                group.append(record)
                break
        else:
            groups.append([record])
    return groups


def _reunited(stacks: list[list[Slice]]) -> list[list[Slice]]:
    """Stacks that are parts of one volume, though they have series UIDs of their own, put together.

    Single slices that anonymising gave a UID each, and stacks of MR that fill each other's gaps. What they are of and
    how they were made has to be the same.
    """

    def kind(stack: list[Slice]) -> Hashable:
        first = stack[0]
        tags = first.tags
        if first.position is None or first.axes is None or (tags.modality == "CT" and len(stack) > 1):
            return id(stack)
        made = (
            tags.series_description,
            tags.protocol_name,
            tags.image_type,
            tags.echo_time,
            tags.b_value,
            tags.direction,
        )
        return first.origin, tags.modality, made, first.size, first.spacing, tags.plane

    groups: dict[Hashable, list[list[Slice]]] = {}
    for stack in stacks:
        groups.setdefault(kind(stack), []).append(stack)
    out: list[list[Slice]] = []
    for group in groups.values():
        whole = [record for stack in group for record in stack]
        alone = all(len(stack) == 1 for stack in group)
        if len(group) > 1 and len(_by_axes(whole)) == 1 and (len(whole) > 2 if alone else _is_even(whole)):
            out.append(whole)
        else:
            out += group
    return out


def _is_even(slices: Sequence[Slice]) -> bool:
    """Whether the slices, none of them at the place of another, lie at equal distances."""
    along = np.sort([float(slices[0].normal @ np.asarray(record.position)) for record in slices])
    gaps = np.diff(along)
    usual = float(np.median(gaps))
    return usual > _EVEN_MM and bool((np.abs(gaps - usual) <= max(_EVEN_PART * usual, _EVEN_MM)).all())


def _joined(parts: list[list[Slice]]) -> list[list[Slice]]:
    """Single volumes of CT at the same places whose descriptions differ by numbers at most, as one series over time."""

    def kind(part: list[Slice]) -> Hashable:
        places = frozenset(record.position for record in part)
        first = part[0]
        if len(places) < len(part) or None in places or first.tags.colour:
            return id(part)
        words = re.sub(r"\d+(?:[.,]\d+)?", "#", first.tags.series_description)
        times = frozenset(record.clock.acquisition for record in part)
        at = first.frame_of_reference, first.size, first.origin
        return at, first.tags.image_type, words, places, None in times

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
