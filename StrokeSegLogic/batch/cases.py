"""Which cases a data set holds: a folder of study folders, a known layout (BIDS and the challenges'), or a table."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..base.errors import InputError, printable
from ..base.files import is_file, require_name
from ..base.records import RESULTS, is_there, listed
from ..review.folder import WORKLIST
from ..study.case import ClinicalData
from ..study.volumes.archives import ARCHIVES
from ..study.volumes.reader import volume_suffix
from ..training.datasets.folders import in_order, stem, subfolders
from ..training.datasets.layouts import LAYOUTS, read_data_set
from ..training.datasets.subject import Subject
from . import journal
from .inputs import places

FOLDERS = "folders"
"""Of a layout: each folder, and each archive, is a study."""
TABLES = (".csv", ".tsv")
_WITH_OTHERS = ("bids", "isles2022")
"""Layouts in which every folder beside the subjects' may be a study, too."""
_RAW = ("rawdata", "raw_data")
_NO_STUDIES = ("derivatives", *_RAW, "sourcedata", "code", "phenotype", "stimuli")
"""Folders that BIDS has beside the subjects'."""
SUBJECT, SESSION = re.compile(r"sub-[0-9A-Za-z]+"), re.compile(r"ses-[0-9A-Za-z]+")
"""What BIDS calls their folders."""
A_REVIEW = "holds a review"
_BIDS = re.compile(r"(sub-[0-9A-Za-z]+(?:_ses-[0-9A-Za-z]+)?)_")


@dataclass(frozen=True)
class BatchCase:
    """A case of a batch, or of a review.

    Attributes:
        name: its own in the batch.
        study: what `load_case` takes: a folder, an archive, a file, or words SEQUENCE=FILE; "" where a table names
            its result alone.
        clinical: what is known of the patient.
        brain_mask: file of a mask of the brain; of MRI alone.
        result: folder of a result that a table names; "" where none is named.
        group, patient: of the cohort, as a table has them; a batch has no use for them.
    """

    name: str
    study: str | tuple[str, ...]
    clinical: ClinicalData = field(default_factory=ClinicalData)
    brain_mask: str | None = None
    result: str = ""
    group: str = ""
    patient: str = ""


@dataclass(frozen=True)
class Found:
    """The cases of a data set.

    Attributes:
        cases: in order.
        notes: on what was left aside, in sentences.
        aside: folders that are no studies but what StrokeSeg has left, by name, as a sentence goes on.
    """

    cases: tuple[BatchCase, ...]
    notes: tuple[str, ...] = ()
    aside: Mapping[str, str] = field(default_factory=dict)


def find_cases(source: str | Path, layout: str | None = None, output: str | Path | None = None) -> Found:
    """The cases of a data set that can be segmented; no volume is read.

    Args:
        source: a folder, or a table (see `table.cases_of_table`).
        layout: `FOLDERS` or one of `training.datasets.layouts.LAYOUTS`; else it is told from the folder.
        output: folder of the batch's results: never a study.

    Raises:
        InputError: if it is missing, holds no case, or a table in it is not in order.
    """
    found = look_for_cases(source, layout, output)
    without = [printable(case.name) for case in found.cases if not case.study]
    cases = tuple(case for case in found.cases if case.study)
    notes = found.notes + ((f"{listed(without)} have no study, and were left aside",) if without else ())
    notes += tuple(left_aside(found))
    if not cases:
        raise InputError(
            "holds no study folder" + (f" ({notes[0]})" if notes else ""),
            where=source,
            fix="Give the folder whose subfolders are the studies; a single study is segmented by itself",
        )
    return Found(cases, notes)


def left_aside(found: Found, only: str = "") -> Iterator[str]:
    """A sentence for each folder that StrokeSeg has left; those alone of which `only` is said, where it is given."""
    for name, what in found.aside.items():
        if only in ("", what):
            yield f"{printable(name)} {what}, and was left aside"


def look_for_cases(source: str | Path, layout: str | None = None, output: str | Path | None = None) -> Found:
    """All cases that a data set lists, for batch and review alike: also of a result alone, and perhaps none.

    Args:
        source, layout, output: as in `find_cases`.

    Raises:
        InputError: if it is missing, or a table in it is not in order.
    """
    # What is found is written down, and must be found again from wherever it is read.
    source = require_name(source).absolute()
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
    plain = _cases_of_folders(source, here, literally=layout == FOLDERS)
    return plain if layout == FOLDERS else _cases_of_layout(source, layout, plain)


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
    # Of what earlier runs have left it is said where the folders are looked at.
    empty = [subject.case for subject in data_set.subjects if not subject.images]
    notes = [f"{name} has no image, and was left aside" for name in empty]
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
    return Found(tuple(cases), (*data_set.notes, *notes), plain.aside)


def _places(case: BatchCase) -> set[Path]:
    return {place.resolve() for place in places(case.study)}


def _case_of(subject: Subject) -> BatchCase:
    # Maps that an earlier run computed are no images of the data set's own.
    words = tuple(f"{name}={path}" for name, path in subject.images.items() if not _holds_result(path.parent))
    nihss = None if subject.nihss is None else int(subject.nihss)
    known = ClinicalData(subject.age, nihss)
    return BatchCase(subject.case, words, known, group=subject.group or "", patient=subject.patient)


def _cases_of_folders(source: Path, output: Path | None, *, literally: bool) -> Found:
    """Each folder and each archive as a study, and single files of BIDS names by subject and session.

    Args:
        source: the data set.
        output: of the batch.
        literally: each folder right in the data set is a study, whatever BIDS would call it.
    """
    cases, notes, aside = [], [], {}
    among_results = source.resolve() == output or is_there(source / journal.NAME)
    for name, folder in _study_folders(source, literally):
        if folder.resolve() == output:
            continue
        if among_results and all(path.name.startswith(".") for path in folder.iterdir()):
            continue  # what a killed call has left of a result that it had begun
        if what := _of_ours(folder):
            aside[name] = what
        else:
            cases.append(BatchCase(name, str(folder)))
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
    return Found(tuple(sorted(cases, key=lambda case: in_order(case.name))), tuple(notes), aside)


def _study_folders(source: Path, literally: bool) -> list[tuple[str, Path]]:
    """Name and folder of each study: of BIDS' subjects those with several sessions are as many studies."""
    home = next((raw for name in _RAW if _subjects(raw := source / name)), source)
    if literally or not _subjects(home):
        return [(folder.name, folder) for folder in subfolders(source)]
    found: list[tuple[str, Path]] = []
    for folder in subfolders(home):
        inside = subfolders(folder) if SUBJECT.fullmatch(folder.name) else []
        if len(inside) > 1 and all(SESSION.fullmatch(path.name) for path in inside):
            found += [(f"{folder.name}_{session.name}", session) for session in inside]
        elif folder.name not in _NO_STUDIES:
            found.append((folder.name, folder))
    return found


def _subjects(folder: Path) -> list[Path]:
    return [path for path in subfolders(folder) if SUBJECT.fullmatch(path.name)]


def _of_ours(folder: Path) -> str:
    """What StrokeSeg has left in a folder that is no study, as a sentence goes on; "" for what may be one."""
    if _holds_result(folder):
        return "holds a result of an earlier run"
    if is_there(folder / journal.NAME):
        return "holds the results of a batch"
    if is_there(folder / WORKLIST):
        return A_REVIEW
    return "holds results of earlier runs alone" if _holds_results_alone(folder) else ""


def _holds_result(folder: Path) -> bool:
    return any(is_there(folder / record) for record in RESULTS)


def _holds_results_alone(folder: Path) -> bool:
    """Whether there are results in a folder, and no other file beside them: a study has images of its own."""
    results = False
    for parent, folders, names in os.walk(folder):
        if _holds_result(Path(parent)):
            results = True
            folders.clear()
        elif any(not name.startswith(".") for name in names):
            return False
    return results


def _of_files(paths: Sequence[Path]) -> str | tuple[str, ...]:
    """One file speaks for itself; of several each is called by the last word of its name."""
    if len(paths) == 1:
        return str(paths[0])
    return tuple(f"{stem(path).rpartition('_')[2].upper()}={path}" for path in paths)
