"""A data set's masks under the cases' names, as `strokeseg evaluate` pairs them with predictions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ...base.csv_files import csv_text
from ...base.errors import InputError, OutputError
from ...base.files import write_whole
from ...base.json_files import read_json_object
from ...base.recorded_files import write_recorded
from ...base.records import is_there, is_unchanged, move_aside, written_by
from ...base.reservation import Reservation, reserved
from ...study.volumes.nifti import write_nifti
from ..datasets.load import load_subject
from ..datasets.subject import TRUTH, DataSet, Subject

GROUPS_FILE = "groups.csv"
RECORD = "references.json"
_GROUPS_SHA256 = "groups_sha256"


@contextmanager
def reserved_for_references(
    data: DataSet, cases: Sequence[str], folder: Path, *, overwrite: bool = False
) -> Iterator[Reservation]:
    """Holds the folder that `write_references` will write to for the block: what is in the way is met before the work.

    Raises:
        InputError, OutputError: as `write_references`.
    """
    names = (*_masks(data, cases), RECORD)
    with reserved(folder, names, RECORD, overwrite=overwrite) as held:
        table = _table(data, cases)
        if table and not overwrite and not _may_replace(folder, table):
            raise OutputError(
                "is there already, and no record shows it to be StrokeSeg's own and unchanged",
                where=folder.with_name(GROUPS_FILE),
                fix="Choose another folder, or let it be moved aside: nothing is deleted",
                option="overwrite",
            )
        yield held


def write_references(data: DataSet, cases: Sequence[str], folder: Path, *, overwrite: bool = False) -> None:
    """Writes FOLDER/CASE.nii.gz, or FOLDER/READER/CASE.nii.gz where there are readers, and groups.csv beside FOLDER.

    The table (case, group, patient) is written where every case has a group. FOLDER/references.json says what was
    written.

    Args:
        data: with masks.
        cases: names.
        folder: made if missing.
        overwrite: move files that are in the way, and are not listed in the record as they are, aside.

    Raises:
        InputError: if a case has no mask.
        OutputError: if a file cannot be written, or a file that is not ours would be replaced.
    """
    with reserved_for_references(data, cases, folder, overwrite=overwrite) as held:
        table = _table(data, cases)
        values: dict[str, Any] = {"data": str(data.folder)}
        if table:
            _write_table(table, folder, held)
            values[_GROUPS_SHA256] = hashlib.sha256(table).hexdigest()
        writers = {
            name: partial(_write_mask, data, subject, reader) for name, (subject, reader) in _masks(data, cases).items()
        }
        write_recorded(folder, writers, RECORD, values, overwrite=overwrite)


def _masks(data: DataSet, cases: Sequence[str]) -> dict[str, tuple[Subject, str]]:
    """Case and reader of each file to write.

    Raises:
        InputError: if a case has no mask.
    """
    for subject in _chosen(data, cases):
        if not subject.masks:
            raise InputError(
                f"{subject.case} has no mask", where=data.folder, fix="Add its mask, or leave the case out"
            )
    return {
        f"{subject.case}.nii.gz" if reader == TRUTH else f"{reader}/{subject.case}.nii.gz": (subject, reader)
        for subject in _chosen(data, cases)
        for reader in subject.masks
    }


def _write_mask(data: DataSet, subject: Subject, reader: str, path: Path) -> None:
    write_nifti(load_subject(subject, data, ()).masks[reader], path)


def _chosen(data: DataSet, cases: Sequence[str]) -> list[Subject]:
    return [subject for subject in data.subjects if subject.case in set(cases)]


def _table(data: DataSet, cases: Sequence[str]) -> bytes:
    """The groups as CSV; empty where a case has none."""
    chosen = _chosen(data, cases)
    if not all(subject.group for subject in chosen):
        return b""
    rows = ((subject.case, subject.group, subject.patient) for subject in chosen)
    return csv_text([("case", "group", "patient"), *rows]).encode()


def _may_replace(folder: Path, table: bytes) -> bool:
    """Whether there is no table beside the folder, the same, or a table that the folder's record shows to be ours."""
    path = folder.with_name(GROUPS_FILE)
    if not is_there(path) or is_unchanged(path, hashlib.sha256(table).hexdigest()):
        return True
    try:
        known = read_json_object(folder / RECORD) if written_by(folder / RECORD) else {}
    except InputError:
        return False
    digest = known.get(_GROUPS_SHA256)
    return isinstance(digest, str) and is_unchanged(path, digest)


def _write_table(table: bytes, folder: Path, held: Reservation) -> None:
    path = folder.with_name(GROUPS_FILE)
    try:
        if not _may_replace(folder, table):
            held.notes.append(f"{path} moved to {move_aside(path)}")
    except OSError as error:
        raise OutputError(f"cannot be moved aside ({error.strerror or error})", where=path) from error
    write_whole(path, table)
