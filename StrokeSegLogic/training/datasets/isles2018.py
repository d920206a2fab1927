"""ISLES 2018: infarct core on CT and CT perfusion maps (Hakim et al., Stroke 2021; Cereda et al., JCBFM 2016)."""

from __future__ import annotations

import re
from pathlib import Path

from ...base.errors import InputError
from .challenge import CaseFolder, case_folders, case_name, subjects_of
from .subject import DataSet
from .tables import read_table

LOOKS = "TRAINING/case_N/SMIR.Brain.XX.O.CT.ID/*.nii with CT_CBF, CT_CBV, CT_MTT, CT_Tmax and ...OT.ID beside it"
_KINDS = {
    "CT": "CT",
    "CT_CBF": "CBF",
    "CT_CBV": "CBV",
    "CT_MTT": "MTT",
    "CT_TMAX": "TMAX",
    "CT_4DPWI": "CTP",
}
_MAPS = ("CT", "CBF", "CBV", "MTT", "TMAX")
# Train_40_A and Train_40_B are the two slabs of one patient.
_PATIENT = re.compile(r"^(train|test)(?:ing)?[_ -]?0*(\d{1,9})(?:[_ -]?([a-z]))?$", re.I)
_CASE = re.compile(r"^(?:case[_ -]?)?0*(\d{1,9})$", re.I)
_TABLES = (".csv", ".tsv", ".txt")


def fits(folder: Path) -> bool:
    return any(kind.startswith("CT") for case in case_folders(folder, "SMIR") for kind in case.files)


def read(folder: Path) -> DataSet:
    """The cases of a folder; all volumes of a case lie on one grid.

    Some patients were scanned in two slabs, which are two cases. Which cases, a table says that maps case numbers to
    names such as Train_40_A and Train_40_B; it is known by its content, whatever its name. Without it each case has
    to be taken for a patient, and a note says so.

    Raises:
        InputError: if a table contradicts itself.
    """
    cases = case_folders(folder, "SMIR")
    mapping, table = _slab_table(folder)
    patients, unnamed = {}, []
    for case in cases:
        number = _CASE.match(case.path.name)
        patient = mapping.get((case.part or "train", int(number[1]))) if number else None
        if patient is None:
            unnamed.append(case_name(case))
        else:
            patients[case_name(case)] = patient
    subjects, notes = subjects_of(cases, _KINDS, patients)
    if table is None:
        notes.append(_no_table(folder, cases))
    elif unnamed:
        notes.append(f"{table.name} does not name {', '.join(unnamed)}: each of them was taken for a patient")
    return DataSet(
        "isles2018",
        folder,
        tuple(subjects),
        ("background", "core"),
        "CT",
        expected=_MAPS,
        one_grid=_MAPS,
        notes=tuple(notes),
    )


def _no_table(folder: Path, cases: list[CaseFolder]) -> str:
    sheets = sorted(path.name for path in _beside(folder) if path.suffix.lower() in (".xls", ".xlsx"))
    advice = f"; save {sheets[0]} as CSV" if sheets else ""
    return (
        f"no table maps the {len(cases)} cases to patients (rows such as 'Train_40_A,64'){advice}: slabs of one "
        f"patient cannot be told, and a split may put them on both sides"
    )


def _slab_table(folder: Path) -> tuple[dict[tuple[str, int], str], Path | None]:
    """Patient by part and case number, and the file that says so."""
    found: dict[tuple[str, int], str] = {}
    source = None
    for path in _beside(folder):
        if path.suffix.lower() not in _TABLES:
            continue
        for part, number, patient in _pairs(path):
            if found.setdefault((part, number), patient) != patient:
                raise InputError(
                    f"case {number} is said to be {found[part, number]} and {patient}", where=path, fix="Correct it"
                )
            source = path
    return found, source


def _beside(folder: Path) -> list[Path]:
    """Loose files in the folder, in its parts, and beside it when it is itself a part (TRAINING)."""
    places = [folder, *(path for path in sorted(folder.iterdir()) if path.is_dir() and "case" not in path.name.lower())]
    if folder.name.lower() in ("training", "testing"):
        places.append(folder.parent)
    return sorted(path for place in places for path in place.iterdir() if path.is_file())


def _pairs(path: Path) -> list[tuple[str, int, str]]:
    """(part, case number, patient) of every row that holds a challenge name and a case number, or that stands
    under the headings "case" and "patient"."""
    try:
        rows = read_table(path)
    except InputError:
        return []  # some other text file: what is missing for it is said where no table is found
    pairs = []
    # The table may have no heading: then what was taken for a heading is its first row.
    for row in [{name: name for name in rows[0]}, *rows] if rows else []:
        cells = [cell for cell in row.values() if cell]
        case = next((match for cell in cells if (match := _CASE.match(cell))), None)
        name = next((match for cell in cells if (match := _PATIENT.match(cell))), None)
        if case and name:
            part = name[1].lower()
            pairs.append((part, int(case[1]), f"{part.capitalize()}_{int(name[2])}"))
        elif row.get("patient") and (case := _CASE.match(row.get("case", ""))):
            pairs.append(("test" if "test" in row.get("part", "").lower() else "train", int(case[1]), row["patient"]))
    return pairs
