"""Which cases a data set holds: a folder of study folders, a known layout (BIDS and the challenges'), or a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..base.errors import InputError, printable
from ..base.files import is_file, require_name
from ..base.records import RESULTS, is_there, listed
from ..study.case import ClinicalData
from ..study.volumes.archives import ARCHIVES
from ..study.volumes.reader import volume_suffix
from ..training.datasets.folders import in_order, stem, subfolders
from ..training.datasets.layouts import LAYOUTS, read_data_set
from ..training.datasets.subject import Subject
from .inputs import places

FOLDERS = "folders"
"""Of a layout: each folder, and each archive, is a study."""
TABLES = (".csv", ".tsv")
_WITH_OTHERS = ("bids", "isles2022")
"""Layouts in which every folder beside the subjects' may be a study, too."""
_NO_STUDIES = ("derivatives", "rawdata", "raw_data", "sourcedata", "code", "phenotype", "stimuli")
"""Folders that BIDS has beside the subjects'."""
_BIDS = re.compile(r"(sub-[0-9A-Za-z]+(?:_ses-[0-9A-Za-z]+)?)_")


@dataclass(frozen=True)
class BatchCase:
    """A case of a batch.

    Attributes:
        name: its own in the batch.
        study: what `load_case` takes: a folder, an archive, a file, or words SEQUENCE=FILE.
        clinical: what is known of the patient.
        brain_mask: file of a mask of the brain; of MRI alone.
    """

    name: str
    study: str | tuple[str, ...]
    clinical: ClinicalData = field(default_factory=ClinicalData)
    brain_mask: str | None = None


@dataclass(frozen=True)
class Found:
    """The cases of a data set, in order, and what was left aside, in sentences."""

    cases: tuple[BatchCase, ...]
    notes: tuple[str, ...] = ()


def find_cases(source: str | Path, layout: str | None = None, output: str | Path | None = None) -> Found:
    """The cases of a data set; no volume is read.

    Args:
        source: a folder, or a table (see `table.cases_of_table`).
        layout: `FOLDERS` or one of `training.datasets.layouts.LAYOUTS`; else it is told from the folder.
        output: folder of the batch's results: never a study.

    Raises:
        InputError: if it is missing, holds no case, or a table in it is not in order.
    """
    source = require_name(source)
    if layout is not None and layout not in (FOLDERS, *LAYOUTS):
        raise InputError(
            f"no layout is called '{layout}'", option="layout", fix=f"Use one of {', '.join((FOLDERS, *LAYOUTS))}"
        )
    if source.suffix.lower() in TABLES and is_file(source):
        from .table import cases_of_table

        return cases_of_table(source)
    if not source.is_dir():
        fix = "Give a folder of studies, a BIDS data set, or a CSV that lists the cases"
        raise InputError("there is no such folder or table", where=source, fix=fix)
    here = None if output is None else Path(output).resolve()
    plain = _cases_of_folders(source, here)
    found = plain if layout == FOLDERS else _cases_of_layout(source, layout, plain)
    if not found.cases:
        raise InputError(
            "holds no study folder" + (f" ({found.notes[0]})" if found.notes else ""),
            where=source,
            fix="Give the folder whose subfolders are the studies; a single study is segmented by itself",
        )
    return found


def require_names_apart(cases: Iterable[BatchCase]) -> None:
    """Refuses cases of one name: nobody could tell their results apart.

    Raises:
        InputError: naming the first.
    """
    seen: set[str] = set()
    for case in cases:
        if case.name in seen:
            raise InputError("two cases have this name", where=case.name, fix="Give each case a name of its own")
        seen.add(case.name)


def _cases_of_layout(source: Path, layout: str | None, plain: Found) -> Found:
    """The cases as the layout's reader has them, with the folders that it passed over; of no layout the folders."""
    try:
        data_set = read_data_set(source, layout)
    except InputError:
        if layout is not None:
            raise
        # Of no layout that is known: then the folders are what there is, and reading tells of each what is wrong.
        return plain
    read = {subject.case: _case_of(subject) for subject in data_set.subjects}
    cases = [case for case in read.values() if case.study]
    notes = [f"{name} has no image, and was left aside" for name, case in read.items() if not case.study]
    taken = {
        path.resolve() for subject in data_set.subjects for path in (*subject.images.values(), *subject.masks.values())
    }
    homes = {parent for path in taken for parent in path.parents}
    names = {case.name for case in cases}
    others = [case for case in plain.cases if case.name not in names and not _places(case) & (homes | taken)]
    others = [case for case in others if case.name not in _NO_STUDIES]
    if data_set.layout in _WITH_OTHERS:
        # A study whose files have other names than the layout's would else be lost without a word.
        cases = sorted([*cases, *others], key=lambda case: in_order(case.name))
    elif others:
        named = listed([printable(case.name) for case in others])
        notes.append(f"{named} hold no image as {data_set.layout} has them, and were left aside")
    return Found(tuple(cases), (*data_set.notes, *notes))


def _places(case: BatchCase) -> set[Path]:
    return {place.resolve() for place in places(case.study)}


def _case_of(subject: Subject) -> BatchCase:
    # Maps that an earlier run computed are no images of the data set's own.
    words = tuple(f"{name}={path}" for name, path in subject.images.items() if not _holds_result(path.parent))
    nihss = None if subject.nihss is None else int(subject.nihss)
    return BatchCase(subject.case, words, ClinicalData(subject.age, nihss))


def _cases_of_folders(source: Path, output: Path | None) -> Found:
    """Each folder and each archive as a study, and single files of BIDS names by subject and session."""
    cases, notes = [], []
    for folder in subfolders(source):
        if folder.resolve() == output:
            continue
        if source.resolve() == output and all(path.name.startswith(".") for path in folder.iterdir()):
            continue  # what a killed call has left of a result that it had begun
        if _holds_result(folder):
            notes.append(f"{printable(folder.name)} holds a result of an earlier run, and was left aside")
        else:
            cases.append(BatchCase(folder.name, str(folder)))
    files = [path for path in source.iterdir() if not path.name.startswith(".") and is_file(path)]
    loose: dict[str, list[Path]] = {}
    for path in sorted(files, key=lambda path: in_order(path.name)):
        if path.name.lower().endswith(ARCHIVES):
            # By its whole name: a folder of that name may lie beside it.
            cases.append(BatchCase(path.name, str(path)))
        elif volume_suffix(path):
            named = _BIDS.match(path.name)
            loose.setdefault(named[1] if named else "", []).append(path)
    for name, paths in loose.items():
        if name:
            cases.append(BatchCase(name, _of_files(paths)))
        else:
            shown = ", ".join(printable(path.name) for path in paths[:4]) + (" ..." if len(paths) > 4 else "")
            notes.append(f"{len(paths)} volumes lie loose, and are of no case: {shown}")
    return Found(tuple(sorted(cases, key=lambda case: in_order(case.name))), tuple(notes))


def _holds_result(folder: Path) -> bool:
    return any(is_there(folder / record) for record in RESULTS)


def _of_files(paths: Sequence[Path]) -> str | tuple[str, ...]:
    """One file speaks for itself; of several each is called by the last word of its name."""
    if len(paths) == 1:
        return str(paths[0])
    return tuple(f"{stem(path).rpartition('_')[2].upper()}={path}" for path in paths)
