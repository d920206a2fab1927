"""Which cases of a data set train, validate and test in a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...base.errors import InputError
from ..datasets.subject import DataSet
from ..splits import PARTS, Split, folds, read_split, split, write_split
from .recipe import CohortRecipe


def usable_patients(data: DataSet) -> dict[str, str]:
    """Patient by case, of the cases that have a mask.

    Raises:
        InputError: if there is none.
    """
    found = {subject.case: subject.patient for subject in data.subjects if subject.masks}
    if not found:
        raise InputError("no case has a mask to learn from", where=data.folder, fix="Add masks")
    return found


def choose_split(recipe: CohortRecipe, data: DataSet, file: Path | None) -> Split:
    """The split file's, else the recipe's folds, else the data set's own, else the recipe's fractions; by patient.

    A data set that keeps cases for testing but none for validation, as challenges do, gets them out of its training
    cases, in the recipe's proportion.

    Raises:
        InputError: if a case has no mask and is not for testing, a patient is in two parts, or a part that is needed
            is empty.
    """
    patients = usable_patients(data)
    for subject in data.subjects:
        if not subject.masks and subject.split != "test":
            raise InputError(
                "the case has no mask to learn from",
                where=subject.case,
                fix="Add its mask, take the case out of the folder, or name it a test case in the layout's table",
            )
    if file is not None:
        return read_split(file, patients)
    subjects = [subject for subject in data.subjects if subject.case in patients]
    known = {subject.case: subject.group for subject in subjects if subject.group is not None}
    groups = known if len(known) == len(patients) else None
    wanted = recipe.split
    if wanted.folds:
        validation = wanted.val / (wanted.train + wanted.val)
        return folds(patients, wanted.folds, recipe.seed, groups, validation)[wanted.fold]
    if any(subject.split for subject in subjects):
        own = _of_data_set(data, patients)
        if own.val:
            return own
        shares = (wanted.train, wanted.val, 0.0 if own.test else wanted.test)
        learning = {case: patients[case] for case in own.train}
        drawn = split(learning, shares, recipe.seed, groups)
        return replace(drawn, test=own.test or drawn.test)
    return split(patients, (wanted.train, wanted.val, wanted.test), recipe.seed, groups)


def keep_split(path: Path, parts: Split, patients: dict[str, str]) -> None:
    """Writes the run's split, or makes sure that it is what was written.

    Raises:
        InputError: if the run began with another split, so that it has learned from what is now held out.
        OutputError: if it cannot be written.
    """
    if not path.is_file():
        write_split(path, parts, patients)
    elif read_split(path, patients) != parts:
        raise InputError(
            "the run began with another split of the cases",
            where=path,
            fix="Give the same split and the same cases as before, or another output folder",
        )


def _of_data_set(data: DataSet, patients: dict[str, str]) -> Split:
    parts: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    part_of_patient: dict[str, str] = {}
    for subject in data.subjects:
        if subject.case not in patients:
            continue
        if subject.split is None:
            raise InputError(
                "has no split where other cases have theirs", where=subject.case, fix="Name its split, or remove all"
            )
        before = part_of_patient.setdefault(subject.patient, subject.split)
        if before != subject.split:
            raise InputError(
                f"patient {subject.patient} is in two splits, {before} and {subject.split}",
                where=subject.case,
                fix="Put all cases of a patient into one split",
            )
        parts[subject.split].append(subject.case)
    if not parts["train"]:
        raise InputError("the data set's own split leaves train empty", where=data.folder, fix="Give a split file")
    return Split(*(tuple(sorted(parts[part])) for part in ("train", "val", "test")))


def cases_of(data: DataSet, file: Path | None, part: str) -> tuple[str, ...]:
    """The cases of a part ("train", "val", "test"; "all" is every case) of a run's split, or of the data set's own.

    Raises:
        InputError: if there is no such part, or nobody in it.
    """
    if part == "all":
        return tuple(subject.case for subject in data.subjects)
    if part not in PARTS:
        raise InputError(f"'{part}' is no part", option="cases", fix=f"Use one of {', '.join(PARTS)}, or all")
    found: tuple[str, ...] = ()
    if file is not None and file.is_file():
        found = getattr(read_split(file, usable_patients(data)), part)
    if not found:
        # A run's split has no place for test cases whose masks are kept secret.
        found = tuple(s.case for s in data.subjects if s.split == part and (file is None or not s.masks))
    if not found:
        raise InputError(
            f"no case is for {part}", where=file or data.folder, fix="Use all, or another part", option="cases"
        )
    return found
