"""Whether the volumes of a study are of one patient and one examination; what tells is compared and never shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import combinations

from ...base.errors import InputError
from ..volumes.candidates import Candidate
from .free_names import free_names
from .labels import WHOSE, path_labels

_LONGEST_HOURS = 2.0
"""That an examination of two Study Instance UIDs may last; what was done later may be after a thrombectomy."""
_FIX = "Give the folder of a single examination, or name the volumes that belong together (DWI=FILE, FLAIR=FILE, ...)"


def require_one_examination(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Refuses volumes of two patients, dates or sessions.

    Returns:
        Notes on what hints at two examinations and is no proof.

    Raises:
        InputError: if there are any; neither names nor numbers of patients stand in it.
    """
    notes: list[str] = []
    for first, other in combinations(candidates, 2):
        if (what := _patients_differ(first, other)) is not None:
            shown = f"{first.name} and {other.name} are of two patients: {what}"
            raise InputError(shown, fix=_FIX, option="sequence")
        if (what := _times_differ(first, other)) is not None:
            shown = f"{first.name} and {other.name} are of two examinations: {what}"
            raise InputError(shown, fix=_FIX, option="sequence")
        ours, theirs = first.origin.study_uid, other.origin.study_uid
        if ours and theirs and ours != theirs and not notes:
            notes.append(
                f"{first.name} and {other.name} have different Study Instance UIDs: check that they belong together"
            )
    if (names := free_names(candidates)) is not None:
        first, other = names.first, names.other
        if names.sure:
            what = f"{first.name} and {other.name} are of two patients: their {names.where} hold different names"
            raise InputError(what, fix=_FIX, option="sequence")
        notes.insert(
            0,
            f"{first.name} and {other.name} may be of two patients, for the {names.where} differ in words that no "
            "protocol has: check that they belong together",
        )
    return tuple(notes)


def examination_notes(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """The same in words where the user named the volumes: then it is believed, and said."""
    try:
        return require_one_examination(candidates)
    except InputError as error:
        return (f"{error.what}; they were taken as they were named",)


def _patients_differ(first: Candidate, other: Candidate) -> str | None:
    return first.origin.of_another_patient(other.origin) or _labels_differ(first, other, WHOSE)


def _times_differ(first: Candidate, other: Candidate) -> str | None:
    ours, theirs = first.origin, other.origin
    if ours.date and theirs.date and ours.date != theirs.date:
        return "their Study Dates differ"
    days = _day(ours.acquisition_date), _day(theirs.acquisition_date)
    # An examination may go on past midnight.
    if days[0] is not None and days[1] is not None and abs(days[0] - days[1]) > 1:
        return "they were acquired on different days"
    if (hours := _hours_apart(first, other)) is not None and hours > _LONGEST_HOURS:
        return f"they were acquired {hours:.1f} hours apart, in two studies by their Study Instance UIDs"
    kinds = sorted((path_labels(first.path).keys() & path_labels(other.path).keys()) - set(WHOSE))
    return _labels_differ(first, other, kinds)


def _hours_apart(first: Candidate, other: Candidate) -> float | None:
    """Hours between two volumes of different Study Instance UIDs; None for others, and where times are not known."""
    tags = first.tags or first.sidecar, other.tags or other.sidecar
    if tags[0] is None or tags[1] is None or tags[0].acquired is None or tags[1].acquired is None:
        return None
    ours, theirs = tags[0].origin, tags[1].origin
    # Seconds count from the day where that is known, else from midnight.
    if ours.study_uid in ("", theirs.study_uid) or not theirs.study_uid:
        return None
    if bool(ours.acquisition_date) != bool(theirs.acquisition_date):
        return None
    return abs(tags[0].acquired - tags[1].acquired) / 3600


def _labels_differ(first: Candidate, other: Candidate, kinds: Sequence[str]) -> str | None:
    """The labels of a kind that both have, and share none of; they stand in the names of files anyway."""
    ours, theirs = path_labels(first.path), path_labels(other.path)
    for kind in kinds:
        if kind in ours and kind in theirs and not ours[kind] & theirs[kind]:
            return f"their names say {kind} {min(ours[kind])} and {kind} {min(theirs[kind])}"
    return None


def _day(stamp: str) -> int | None:
    try:
        return date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8])).toordinal()
    except ValueError:
        return None
