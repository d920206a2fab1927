"""Diffusion with its directions as volumes of their own: taken together, with those without weighting."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from ..case import Role
from ..volumes.b_values import UNWEIGHTED_B, Weighting, shells_of
from ..volumes.candidates import Candidate
from ..volumes.dicom_headers import DicomTags, Slice
from ..volumes.reader import volume_suffix
from .direction_words import Direction, directions_named
from .reading import Quality, Reading
from .words import cut

_KIND = 2
"""So many values of the image type say whether an image is original or derived, primary or secondary."""
_NUMBER = re.compile(r"[ _-]?\d+[a-z]?$")
"""By which a converter tells apart what it writes of one series (12a, 12b, _0001)."""
_NOT_SINGLE = frozenset({Quality.TRACE, Quality.SERIES, Quality.COMPUTED})


def together(
    readings: Sequence[tuple[Candidate, Reading]],
) -> list[tuple[Candidate, Reading]]:
    """The candidates, those of the directions of a diffusion series replaced by a single candidate.

    Two directions at least, of one description, echo time and examination, by their tags, by the .bvec beside a file,
    or by the one word in which their names differ (x, y, z; AP, RL, FH; dir1, dir2). The volumes of the same
    acquisition without diffusion weighting go into it, too: an ADC may be told from them.
    """
    named = directions_named({n: (_series(c), _title(c)) for n, (c, r) in enumerate(readings) if _may_be_single(c, r)})
    out = {number: _marked(candidate, reading, number in named) for number, (candidate, reading) in enumerate(readings)}
    groups: dict[Hashable, list[int]] = {}
    for number, (candidate, reading) in out.items():
        if reading.role is Role.DWI and Quality.DIRECTION in reading.qualities and candidate.fault is None:
            key = _acquisition(candidate, named.get(number))
            if key is not None and (_b(candidate, reading) or UNWEIGHTED_B + 1) > UNWEIGHTED_B:
                groups.setdefault(key, []).append(number)
    for acquisition, members in groups.items():
        if len(members) < 2:
            continue
        directions = [out[number] for number in members]
        without = [
            number for number in out if number not in members and _is_without(out[number], acquisition, directions)
        ]
        vectors = [named[number].vector if number in named else None for number in members]
        out[members[0]] = _whole(directions, [out[k][0] for k in without], vectors)
        for number in (*members[1:], *without):
            del out[number]
    return list(out.values())


def _may_be_single(candidate: Candidate, reading: Reading) -> bool:
    return reading.role is Role.DWI and not reading.qualities & _NOT_SINGLE and "sub-" not in candidate.path


def _marked(candidate: Candidate, reading: Reading, named: bool) -> tuple[Candidate, Reading]:
    return candidate, replace(reading, qualities=reading.qualities | {Quality.DIRECTION}) if named else reading


def _title(candidate: Candidate) -> str:
    return cut(candidate.tags.series_description if candidate.tags is not None else _stem(candidate))


def _stem(candidate: Candidate) -> str:
    path = PurePosixPath(candidate.name)
    return path.name[: len(path.name) - len(volume_suffix(path) or "")]


def _series(candidate: Candidate) -> Hashable:
    """What directions of one series have in common, their names aside."""
    tags = candidate.tags
    if tags is None:
        return PurePosixPath(candidate.name).parent
    made = tags.image_type[:_KIND], tags.plane, tags.echo_time, tags.repetition_time
    return tags.origin, tags.origin.study_uid, tags.protocol_name, made


def _acquisition(candidate: Candidate, named: Direction | None) -> Hashable:
    """The same with the name but for its word on the direction; None for a file that nothing puts into a series."""
    if named is not None:
        return _series(candidate), named.rest
    if candidate.tags is not None:
        return _series(candidate), candidate.tags.series_description
    return (_series(candidate), _NUMBER.sub("", _stem(candidate))) if candidate.weighting is not None else None


def _b(candidate: Candidate, reading: Reading | None = None) -> float | None:
    """The b-value by tags or what lies beside a file, else by the name."""
    if candidate.tags is not None and candidate.tags.b_value is not None:
        return candidate.tags.b_value
    if (beside := candidate.weighting) is not None:
        return beside.b
    return None if reading is None else reading.b_value


def _is_without(
    other: tuple[Candidate, Reading], acquisition: Hashable, directions: Sequence[tuple[Candidate, Reading]]
) -> bool:
    """Whether a volume is of that acquisition, and not weighted by diffusion."""
    candidate, first = other[0], directions[0][0]
    if (candidate.tags is None) != (first.tags is None) or _acquisition(candidate, None) != acquisition:
        return False
    b = _b(candidate)
    if candidate.tags is not None and b is None:
        return _says_nothing(candidate.tags, first.tags)
    return b is not None and 0 <= b <= UNWEIGHTED_B


def _says_nothing(tags: DicomTags, weighted: DicomTags | None) -> bool:
    """Whether it is made as the weighted volumes and says neither b-value nor direction: Canon's b=0, where it has a
    series of its own (within a series `dicom_groups` gives it its b-value)."""
    return (
        tags.b_value is None and not tags.direction and weighted is not None and tags.image_type == weighted.image_type
    )


def _whole(
    directions: Sequence[tuple[Candidate, Reading]],
    without: Sequence[Candidate],
    vectors: Sequence[tuple[float, ...] | None],
) -> tuple[Candidate, Reading]:
    """All volumes as a candidate, read as that direction whose b-value a trace is made of."""
    known = [_b(candidate, reading) for candidate, reading in directions]
    first = 0 if None in known else shells_of([Weighting(b or 0.0) for b in known])[0].directions[0][0]
    shown, reading = directions[first]
    volumes = [*(candidate for candidate, _ in directions), *without]
    count = f"{len(directions)} directions and {len(without)} without diffusion weighting"
    files = tuple(dict.fromkeys(path for volume in volumes for path in volume.files))
    reading = replace(reading, qualities=(reading.qualities - {Quality.DIRECTION}) | {Quality.SERIES})
    if shown.tags is None:
        told = [_of_file(*of) for of in zip((candidate for candidate, _ in directions), known, vectors, strict=True)]
        weightings = (*told, *(volume.weighting for volume in without))
        return Candidate(f"{shown.name} ({count})", files, weightings=weightings), reading
    title = shown.tags.series_description or shown.tags.protocol_name or "without description"
    whole = Candidate(
        name="",
        files=files,
        tags=shown.tags,
        parts=tuple(_weighted(volume, b) for volume, b in zip(volumes, [*known, *[0.0] * len(without)], strict=True)),
        slices=tuple(record for volume in volumes for record in volume.slices),
    )
    name = f"{shown.path} (series '{title}', {count}, {whole.count})"
    return replace(whole, name=name), reading


def _of_file(candidate: Candidate, b: float | None, vector: tuple[float, ...] | None) -> Weighting | None:
    if candidate.weighting is not None or b is None:
        return candidate.weighting
    return Weighting(b) if vector is None else Weighting.along(b, vector)


def _weighted(volume: Candidate, b: float | None) -> tuple[Slice, ...]:
    """The slices of a volume with the b-value that its name says where they have none."""
    if b is None or volume.slices[0].tags.b_value is not None:
        return volume.slices
    return tuple(replace(record, tags=replace(record.tags, b_value=b)) for record in volume.slices)
