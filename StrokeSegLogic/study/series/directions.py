"""Diffusion in DICOM with its directions as volumes of their own: taken together, with those without weighting."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from ..case import Role
from ..volumes.b_values import UNWEIGHTED_B, Weighting, shells_of
from ..volumes.candidates import Candidate
from ..volumes.dicom_headers import DicomTags
from .reading import Quality, Reading

_KIND = 2
"""So many values of the image type say whether an image is original or derived, primary or secondary."""


def together(
    readings: Sequence[tuple[Candidate, Reading]],
) -> list[tuple[Candidate, Reading]]:
    """The candidates, those of the directions of a diffusion series replaced by a single candidate.

    Two directions at least, of known b-values, of one description, echo time and examination. The volumes of the same
    acquisition without diffusion weighting go into it, too: an ADC may be told from them.
    """
    groups: dict[Hashable, list[int]] = {}
    for number, (candidate, reading) in enumerate(readings):
        if reading.role is Role.DWI and Quality.DIRECTION in reading.qualities and _b(candidate) > UNWEIGHTED_B:
            groups.setdefault(_acquisition(candidate), []).append(number)
    out = dict(enumerate(readings))
    for acquisition, members in groups.items():
        if len(members) < 2:
            continue
        without = [
            number
            for number, (candidate, _) in enumerate(readings)
            if candidate.tags is not None
            and _acquisition(candidate) == acquisition
            and (0 <= _b(candidate) <= UNWEIGHTED_B or _says_nothing(candidate.tags, readings[members[0]][0].tags))
        ]
        out[members[0]] = _whole([readings[number] for number in members], [readings[k][0] for k in without])
        for number in (*members[1:], *without):
            del out[number]
    return list(out.values())


def _b(candidate: Candidate) -> float:
    known = None if candidate.tags is None else candidate.tags.b_value
    return -1.0 if known is None else known


def _says_nothing(tags: DicomTags, weighted: DicomTags | None) -> bool:
    """Whether it is made as the weighted volumes and says neither b-value nor direction: Canon's b=0, where it has a
    series of its own (within a series `dicom_groups` gives it its b-value)."""
    return (
        tags.b_value is None and not tags.direction and weighted is not None and tags.image_type == weighted.image_type
    )


def _acquisition(candidate: Candidate) -> Hashable:
    tags = candidate.tags
    assert tags is not None
    made = tags.image_type[:_KIND], tags.plane, tags.echo_time, tags.repetition_time
    return tags.origin, tags.origin.study_uid, tags.series_description, tags.protocol_name, made


def _whole(directions: Sequence[tuple[Candidate, Reading]], without: Sequence[Candidate]) -> tuple[Candidate, Reading]:
    """All volumes as a candidate, read as that direction whose b-value a trace is made of."""
    shells = shells_of([Weighting(_b(candidate)) for candidate, _ in directions])
    shown, reading = directions[shells[0].directions[0][0]]
    assert shown.tags is not None
    volumes = [*(candidate for candidate, _ in directions), *without]
    title = shown.tags.series_description or shown.tags.protocol_name or "without description"
    count = f"{len(directions)} directions and {len(without)} without diffusion weighting"
    whole = Candidate(
        name="",
        files=tuple(dict.fromkeys(path for volume in volumes for path in volume.files)),
        tags=shown.tags,
        parts=tuple(volume.slices for volume in volumes),
        slices=tuple(record for volume in volumes for record in volume.slices),
    )
    qualities = (reading.qualities - {Quality.DIRECTION}) | {Quality.SERIES}
    name = f"{shown.path} (series '{title}', {count}, {whole.count})"
    return replace(whole, name=name), replace(reading, qualities=qualities)
