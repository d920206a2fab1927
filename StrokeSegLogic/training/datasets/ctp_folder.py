"""Our own layout for CT perfusion studies: maps and readers' masks by case, and one clinical table.

The data of Tomasetti et al. (NLDL 2022, Stavanger) are not public; this is how to lay out such data.
"""

from __future__ import annotations

from pathlib import Path

from ...base.errors import InputError
from .folders import stem, subfolders, volumes
from .subject import READERS, TRUTH, DataSet, Subject
from .tables import Clinical, by_key, clinical, read_table

LOOKS = "CASE/{CBF,CBV,TTP,TMAX}.nii.gz (MTT, MIP, CT), CASE/{NR1,NR2}.nii.gz or truth.nii.gz, and clinical.csv"
TABLE = "clinical.csv"
_MAPS = ("CBF", "CBV", "TTP", "TMAX")
_IMAGES = (*_MAPS, "MTT", "MIP", "CT", "CTP")
_LABELS = {TRUTH: TRUTH} | {reader.lower(): reader for reader in READERS}


def fits(folder: Path) -> bool:
    homes = subfolders(folder)
    return any(sum(name in _IMAGES for name in _names(home)) >= 2 for home in homes)


def read(folder: Path) -> DataSet:
    """The cases of a folder; all volumes of a case lie on one grid. Labels are 0 healthy, 1 penumbra, 2 core.

    clinical.csv has the columns case, patient, nihss, age, group, split; all but the first may be left out or empty.

    Raises:
        InputError: if clinical.csv is not in order.
    """
    path = folder / TABLE
    rows = by_key(read_table(path), "case", path) if path.is_file() else {}
    subjects, notes = [], []
    for home in subfolders(folder):
        names = _names(home)
        if not any(name in _IMAGES or name.lower() in _LABELS for name in names):
            notes.append(f"the folder {home.name} holds no map and no mask: it was left aside")
            continue
        known = clinical(rows[home.name], path) if home.name in rows else Clinical()
        subjects.append(
            Subject(
                home.name,
                known.patient or home.name,
                {name: names[name] for name in _IMAGES if name in names},
                {reader: names[file] for file, reader in _by_reader(names)},
                known.nihss,
                known.age,
                known.group,
                known.split,
            )
        )
    cases = {subject.case for subject in subjects}
    notes += [f"{TABLE} names {case}, which has no folder with volumes" for case in rows if case not in cases]
    if not path.is_file():
        notes.append(f"there is no {TABLE}: NIHSS, groups and splits are unknown, and each case is taken for a patient")
    if not subjects:
        raise InputError("holds no case", where=folder, fix=f"Lay it out so: {LOOKS}")
    present = {name for subject in subjects for name in subject.images}
    return DataSet(
        "ctp_folder",
        folder,
        tuple(subjects),
        ("background", "penumbra", "core"),
        "CBF",
        # The four maps of the paper always; the others where the data set has them at all.
        expected=tuple(name for name in _IMAGES if name != "CTP" and (name in _MAPS or name in present)),
        one_grid=tuple(name for name in _IMAGES if name != "CTP"),
        clinical=True,
        notes=tuple(notes),
    )


def _names(home: Path) -> dict[str, Path]:
    """Volume files of a case by name; map names in capitals whatever the file's (Tmax.nii.gz is TMAX)."""
    found: dict[str, Path] = {}
    for path in volumes(home):
        if path.parent == home:
            name = stem(path)
            found.setdefault(name.upper() if name.upper() in _IMAGES else name, path)
    return found


def _by_reader(names: dict[str, Path]) -> list[tuple[str, str]]:
    """(file name, reader) with the readers in order; "truth" only where no reader has a mask of his own."""
    found = sorted((_LABELS[name.lower()], name) for name in names if name.lower() in _LABELS)
    readers = [(name, reader) for reader, name in found if reader in READERS]
    return readers or [(name, reader) for reader, name in found]
