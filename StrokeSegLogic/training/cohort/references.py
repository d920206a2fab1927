"""A data set's masks under the cases' names, as `strokeseg evaluate` pairs them with predictions."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ...base.files import make_folder, write_whole
from ...volumes.nifti import write_nifti
from ..datasets.load import load_subject
from ..datasets.subject import TRUTH, DataSet

GROUPS_FILE = "groups.csv"


def write_references(data: DataSet, cases: Sequence[str], folder: Path) -> None:
    """Writes FOLDER/CASE.nii.gz, or FOLDER/READER/CASE.nii.gz where there are readers, and groups.csv beside FOLDER.

    The table (case, group, patient) is written where every case has a group.

    Raises:
        InputError: if a case has no mask.
        OutputError: if a file cannot be written.
    """
    chosen = [subject for subject in data.subjects if subject.case in set(cases)]
    for subject in chosen:
        for reader, mask in load_subject(subject, data, ()).masks.items():
            place = folder if reader == TRUTH else folder / reader
            make_folder(place)
            write_nifti(mask, place / f"{subject.case}.nii.gz")
    if all(subject.group for subject in chosen):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("case", "group", "patient"))
        writer.writerows((subject.case, subject.group, subject.patient) for subject in chosen)
        write_whole(folder.with_name(GROUPS_FILE), out.getvalue().encode())
