"""What becomes a worklist: a folder of studies or results, a BIDS data set, or a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..base.csv_files import read_cells, read_lines
from ..base.errors import InputError
from ..base.files import unreadable
from ..base.records import is_aside
from ..outputs.files import RESULT
from .folder import INSIDE

TABLES = (".csv", ".tsv")
_NAMES = ("case", "participant_id")
_DEEPEST = 4
_SUBJECT, _SESSION = re.compile(r"sub-[0-9A-Za-z]+"), re.compile(r"ses-[0-9A-Za-z]+")


@dataclass(frozen=True)
class Found:
    """A case to review.

    Attributes:
        name: unique.
        study: its images, a folder or a file; None where only its result is known.
        result: the folder of a result; None where there is none yet.
        group, patient: of the cohort, "" where nothing is said.
    """

    name: str
    study: Path | None = None
    result: Path | None = None
    group: str = ""
    patient: str = ""


def find_cases(source: Path, results: Path | None = None) -> list[Found]:
    """The cases of a source.

    Args:
        source: a table (see `_table`), a folder of result folders, a BIDS data set (`sub-*`, perhaps with `ses-*`), or
            a folder of study folders.
        results: a folder of result folders that belong to the source's cases, by their names.

    Raises:
        InputError: if it is missing, holds no case, a name comes twice, or a result belongs to no case.
    """
    if source.is_file():
        cases = _table(source)
    elif source.is_dir():
        made = _results(source)
        studies = _studies(source, set(made.values()))
        cases = [Found(name, studies.get(name), made.get(name)) for name in dict.fromkeys([*studies, *made])]
        if made and results is None:
            # A folder of results beside other folders: those are no studies of this review.
            cases = [case for case in cases if case.result is not None or _SUBJECT.match(case.name)]
    else:
        raise InputError("there is no such folder or table", where=source, fix="Check the path")
    if not cases:
        raise InputError(
            "holds no case", where=source, fix="Give a folder of studies or results, a BIDS data set, or a table"
        )
    if results is not None:
        cases = _joined(cases, _results(results), results)
    names = [case.name for case in cases]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"two cases are called {twice[0]}", where=source, fix="Give each a name of its own")
    return cases


def _joined(cases: list[Found], made: dict[str, Path], where: Path) -> list[Found]:
    if strangers := sorted(set(made) - {case.name for case in cases}):
        raise InputError(
            f"{len(strangers)} result(s) belong to no case: {', '.join(strangers[:5])}",
            where=where,
            fix="Name the folders of results like the cases",
        )
    return [replace(case, result=made.get(case.name, case.result)) for case in cases]


def _table(path: Path) -> list[Found]:
    """Cases from a table with a heading: `case` (or `participant_id`), and `study`, `result`, `group`, `patient`, of
    which any may be missing. Paths are relative to the table's folder; columns are parted by tab, semicolon or comma.
    """
    lines = [line for line in read_lines(path) if line.strip()]
    mark = next((mark for mark in "\t;," if lines and mark in lines[0]), ",")
    heads, *rows = read_cells(lines, mark, path) or [[]]
    name = next((head for head in _NAMES if head in heads), None)
    if name is None or not {"study", "result"} & {*heads}:
        raise InputError(
            f"has the columns {', '.join(heads)}",
            where=path,
            fix="Name the columns case, and study or result or both; perhaps group and patient",
        )
    cases = []
    for cells in rows:
        row = dict(zip(heads, cells + [""] * (len(heads) - len(cells)), strict=False))
        if not row[name]:
            raise InputError(f"has an empty {name} in the row {' | '.join(cells)}", where=path, fix="Fill the cell")
        study, result = (path.parent / row[head] if row.get(head) else None for head in ("study", "result"))
        cases.append(Found(row[name], study, result, row.get("group", ""), row.get("patient", "")))
    return cases


def _results(folder: Path) -> dict[str, Path]:
    """Folders with a result's record, by the case's name."""
    found: dict[str, Path] = {}
    for home in _folders(folder, _DEEPEST):
        if (home / RESULT).is_file():
            name = _name(home, folder)
            if name in found:
                raise InputError(
                    f"two results are called {name}",
                    where=folder,
                    fix="Leave one result for each case, or give a table",
                )
            found[name] = home
    return found


def _studies(folder: Path, results: set[Path]) -> dict[str, Path]:
    """Folders of studies: of a BIDS data set those of its sessions, or subjects; else those right in the folder."""
    inside = [path for path in _folders(folder, 1) if path not in (folder, folder / INSIDE)]
    raw = next((path for path in inside if path.name in ("rawdata", "raw_data")), folder)
    subjects = [path for path in _folders(raw, 1) if _SUBJECT.fullmatch(path.name)]
    if not subjects:
        return {path.name: path for path in inside if not any(path in (made, *made.parents) for made in results)}
    studies = {}
    for subject in subjects:
        sessions = [path for path in _folders(subject, 1) if _SESSION.fullmatch(path.name)]
        for home in sessions or [subject]:
            if home not in results:
                studies[_name(home, raw)] = home
    return studies


def _folders(place: Path, depth: int) -> Iterator[Path]:
    """The folder and those in it, hidden folders and what was moved aside left out."""
    yield place
    if depth:
        try:
            inside = sorted(path for path in place.iterdir() if path.is_dir() and not path.is_symlink())
        except OSError as error:
            raise unreadable(place, error) from error
        for path in inside:
            if not path.name.startswith(".") and not is_aside(path.name):
                yield from _folders(path, depth - 1)


def _name(home: Path, root: Path) -> str:
    """What a folder's case is called: subject and session as in BIDS, else the folders' names."""
    parts = home.relative_to(root).parts or (home.resolve().name,)
    bids = [part for part in parts if _SUBJECT.fullmatch(part) or _SESSION.fullmatch(part)]
    return "_".join(bids if bids and _SUBJECT.fullmatch(bids[0]) else parts)


def slug(name: str, longest: int = 40) -> str:
    """A name that every file system takes: letters of ASCII, figures, dashes and underscores."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^0-9A-Za-z_-]+", "-", plain).strip("-")[:longest] or "x"


def stored(path: Path | None, home: Path) -> str:
    """A path as the records hold it: relative to the review's folder where it lies beside or in it; "" for none."""
    if path is None:
        return ""
    place, near = path.absolute(), home.absolute().parent
    if near != Path(near.anchor) and place.is_relative_to(near):
        inside = place.relative_to(near).parts
        if inside[:1] == (home.name,):
            return Path(*inside[1:]).as_posix()
        return Path("..", *inside).as_posix()
    return place.as_posix()


def located(path: str, home: Path) -> Path | None:
    """Where a path of the records leads, from the review's folder; None for ""."""
    return home / path if path else None
