"""Whether the volumes of a study are of one patient and one examination; what tells is compared and never shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import combinations, product
from pathlib import PurePosixPath
from typing import NamedTuple

from ...base.errors import InputError
from ..volumes.archives import ARCHIVES
from ..volumes.candidates import Candidate
from ..volumes.dicom_clock import DAY_S
from ..volumes.origin import Origin
from ..volumes.reader import volume_suffix
from .free_names import free_names
from .id_numbers import numbers_differ, numbers_of, several_have
from .labels import WHOSE, labels_differ, path_labels, said
from .name_dates import Span, dates_of, day_span

_LONGEST_HOURS = 2.0
"""That an examination of two Study Instance UIDs may last; what was done later may be after a thrombectomy."""
_LONGEST_NIGHT = 12.0
"""Hours between two volumes of one examination that goes on past midnight."""
_FIX = "Give the folder of a single examination, or name the volumes that belong together (DWI=FILE, FLAIR=FILE, ...)"
_ARCHIVE = re.compile("(?:" + "|".join(map(re.escape, ARCHIVES)) + r")(?=/|$)", re.I)
_PATIENTS, _EXAMINATIONS = "patients", "examinations"


class _Doubt(NamedTuple):
    """What speaks against one patient or examination; `sure` where nothing else can be meant."""

    sure: bool
    of: str
    what: str


def require_one_examination(candidates: Sequence[Candidate]) -> None:
    """Refuses volumes of two patients, dates or sessions.

    Raises:
        InputError: if there are any; neither names nor numbers of patients stand in it.
    """
    common = several_have(map(_path, candidates))
    for first, other in combinations(candidates, 2):
        for doubt in _doubts(first, other, common):
            if doubt.sure:
                shown = f"{first.name} and {other.name} are of two {doubt.of}: {doubt.what}"
                raise InputError(shown, fix=_FIX, option="sequence")


def examination_doubts(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """What hints at two patients or examinations among the volumes that are used and is no proof, in sentences."""
    if (names := free_names(candidates)) is not None:
        first, other = names.first, names.other
        what = f"the {names.where} differ in words that no protocol has"
        return (f"{first.name} and {other.name} may be of two patients, for {what}: check that they belong together",)
    common = several_have(map(_path, candidates))
    for first, other in combinations(candidates, 2):
        for doubt in _doubts(first, other, common):
            if not doubt.sure:
                shown = f"{first.name} and {other.name} may be of two {doubt.of}, for {doubt.what}"
                return (f"{shown}: check that they belong together",)
        ours, theirs = first.origin.study_uid, other.origin.study_uid
        if ours and theirs and ours != theirs:
            what = "have different Study Instance UIDs"
            return (f"{first.name} and {other.name} {what}: check that they belong together",)
    return ()


def examination_notes(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """The same in words where the user named the volumes: then it is believed, and said."""
    try:
        require_one_examination(candidates)
    except InputError as error:
        return (f"{error.what}; they were taken as they were named",)
    return tuple(f"{doubt}; they were taken as they were named" for doubt in examination_doubts(candidates))


def _doubts(first: Candidate, other: Candidate, common: Collection[int]) -> list[_Doubt]:
    found = [
        _patients_differ(first, other, common),
        _tagged_times_differ(first, other),
        _dates_differ(first, other),
        _sessions_differ(first, other),
    ]
    return [doubt for doubt in found if doubt is not None]


def _patients_differ(first: Candidate, other: Candidate, common: Collection[int]) -> _Doubt | None:
    ours, theirs = first.origin, other.origin
    if (what := ours.of_another_patient(theirs)) is not None:
        return _Doubt(True, _PATIENTS, what)
    paths = _path(first), _path(other)
    labels = path_labels(paths[0]), path_labels(paths[1])
    if any(labels[0].get(kind, frozenset()) & labels[1].get(kind, frozenset()) for kind in WHOSE):
        return None
    for kind in WHOSE:
        if labels_differ(kind, labels[0].get(kind, frozenset()), labels[1].get(kind, frozenset())):
            return _Doubt(True, _PATIENTS, _names_say(kind, labels[0][kind], labels[1][kind]))
    for one, its, another in ((ours, other, theirs), (theirs, first, ours)):
        if (what := _tags_against_name(one, its, another)) is not None:
            return _Doubt(True, _PATIENTS, what)
    if ours.patient_id and theirs.patient_id:
        # Numbers of folders are no patients' where the tags agree.
        return None
    numbers = numbers_differ(*paths, common)
    return None if numbers is None else _Doubt(numbers[0], _PATIENTS, numbers[1])


def _tags_against_name(tags: Origin, named: Candidate, its: Origin) -> str | None:
    """Whether what tags say of the patient is not what another volume's name says, which has no such tags."""
    path = _path(named)
    if not (its.patient_id or its.patient_name):
        labels = path_labels(path)
        told = path_labels(tags.patient_id), path_labels(tags.patient_name)
        for kind in WHOSE:
            tagged = told[0].get(kind, frozenset()) | told[1].get(kind, frozenset())
            if labels_differ(kind, labels.get(kind, frozenset()), tagged):
                return f"a name says another {kind} than the tags"
    if its.patient_id or not tags.patient_id:
        return None
    ours, theirs = numbers_of(tags.patient_id).first, numbers_of(path).first
    return "a name begins with another number than the Patient ID" if ours and theirs and not ours & theirs else None


def _tagged_times_differ(first: Candidate, other: Candidate) -> _Doubt | None:
    ours, theirs = first.origin, other.origin
    near = (night := _nights_hours(first, other)) is not None and night <= _LONGEST_NIGHT
    if ours.date and theirs.date and ours.date != theirs.date and not (near and ours.study_uid == theirs.study_uid):
        return _Doubt(True, _EXAMINATIONS, "their Study Dates differ")
    days = day_span(ours.acquisition_date), day_span(theirs.acquisition_date)
    # An examination may go on past midnight.
    if days[0] is not None and days[1] is not None:
        apart = days[0].days_to(days[1])
        if apart > 1 or (apart == 1 and night is not None and not near):
            return _Doubt(True, _EXAMINATIONS, "they were acquired on different days")
    if (hours := _hours_apart(first, other)) is not None and hours > _LONGEST_HOURS:
        what = f"they were acquired {hours:.1f} hours apart, in two studies by their Study Instance UIDs"
        return _Doubt(True, _EXAMINATIONS, what)
    if not (ours.date and theirs.date) and (days[0] is None or days[1] is None):
        # What one calls the day of the study is the other's day of acquisition.
        told = _tagged_day(ours), _tagged_day(theirs)
        if told[0] is not None and told[1] is not None and told[0].days_to(told[1]) > 1:
            return _Doubt(True, _EXAMINATIONS, "the dates of study and acquisition differ")
    return None


def _dates_differ(first: Candidate, other: Candidate) -> _Doubt | None:
    """The dates in the names of both, or in those of one and the tags of the other, which has none in its name."""
    named = dates_of(_path(first))[0], dates_of(_path(other))[0]
    told = _tagged_day(first.origin), _tagged_day(other.origin)
    if all(named):
        pairs, what = list(product(*named)), "their names say different dates"
    else:
        what = "the date in a name is not that of the tags"
        pairs = [(mine, told[1]) for mine in named[0] if told[1] is not None and told[0] is None]
        pairs += [(your, told[0]) for your in named[1] if told[0] is not None and told[1] is None]
    if not pairs:
        return None
    ours, theirs = min(pairs, key=lambda pair: pair[0].days_to(pair[1]))
    days = ours.days_to(theirs)
    hours = ours.hours_to(theirs)
    if days > 1 or (days == 1 and hours is not None and hours > _LONGEST_NIGHT):
        return _Doubt(True, _EXAMINATIONS, what)
    if days == 1 and hours is None:
        return _Doubt(False, _EXAMINATIONS, what)
    if hours is not None and hours > _LONGEST_HOURS:
        return _Doubt(False, _EXAMINATIONS, "their names say times that are hours apart")
    return None


def _sessions_differ(first: Candidate, other: Candidate) -> _Doubt | None:
    labels = path_labels(_path(first)), path_labels(_path(other))
    found = None
    for kind in sorted((labels[0].keys() & labels[1].keys()) - set(WHOSE)):
        sure = labels_differ(kind, labels[0][kind], labels[1][kind])
        if sure is not None and (found is None or sure):
            found = _Doubt(sure, _EXAMINATIONS, _names_say(kind, labels[0][kind], labels[1][kind]))
    return found


def _names_say(kind: str, ours: Collection[str], theirs: Collection[str]) -> str:
    return f"their names say {said(kind, min(ours))} and {said(kind, min(theirs))}"


def _hours_apart(first: Candidate, other: Candidate) -> float | None:
    """Hours between two volumes of different Study Instance UIDs; None for others, and where times are not known."""
    ours, theirs = first.origin, other.origin
    if ours.study_uid in ("", theirs.study_uid) or not theirs.study_uid:
        return None
    times = _acquired(first), _acquired(other)
    # Seconds count from the day where that is known, else from midnight.
    if times[0] is None or times[1] is None or (times[0] > DAY_S) != (times[1] > DAY_S):
        return None
    return abs(times[0] - times[1]) / 3600


def _nights_hours(first: Candidate, other: Candidate) -> float | None:
    """Hours between two volumes whose days and times of acquisition are known."""
    times = _acquired(first), _acquired(other)
    if times[0] is None or times[1] is None or min(times[0], times[1]) <= DAY_S:
        return None
    return abs(times[0] - times[1]) / 3600


def _acquired(candidate: Candidate) -> float | None:
    tags = candidate.tags or candidate.sidecar
    return None if tags is None else tags.acquired


def _tagged_day(origin: Origin) -> Span | None:
    """The day that tags say; None where they say none, or two."""
    days = [day for day in (day_span(origin.date), day_span(origin.acquisition_date)) if day is not None]
    return days[0] if days and days[0].days_to(days[-1]) <= 1 else None


def _path(candidate: Candidate) -> str:
    """The path in the study without the endings of files and archives."""
    return _without_endings(candidate.path, candidate.tags is None)


@lru_cache(maxsize=4096)
def _without_endings(path: str, file: bool) -> str:
    ending = volume_suffix(PurePosixPath(path)) or "" if file else ""
    return _ARCHIVE.sub("", path[: len(path) - len(ending)])
