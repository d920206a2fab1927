"""What becomes a worklist: the cases of a data set as a batch finds them, and the results that are there for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..base.errors import InputError, StrokeSegError, printable
from ..base.files import unreadable
from ..base.records import is_aside, is_there
from ..outputs.files import RESULT
from ..review.folder import WORKLIST
from ..review.sources import Found
from . import journal
from .cases import A_REVIEW, SESSION, SUBJECT, BatchCase, left_aside, look_for_cases
from .cases import Found as Listed
from .inputs import places
from .record import Entry, read_batch

_DEEPEST = 4


@dataclass(frozen=True)
class Cases:
    """What a review begins with, in order, and what was left aside or is not where it should be, in sentences."""

    found: tuple[Found, ...]
    notes: tuple[str, ...] = ()


def find_review_cases(
    source: str | Path, results: Path | None = None, layout: str | None = None, home: Path | None = None
) -> Cases:
    """The cases of a source, and their results; no volume is read.

    Args:
        source: what `strokeseg batch` takes: a folder of studies, a data set, a table; or a folder of results, whose
            images are known where a batch has made them. A result within a study is the study's own.
        results: a folder of results that belong to the source's cases, by their names.
        layout: as `look_for_cases` takes it.
        home: folder of the review: never a study.

    Raises:
        InputError: if it is missing, holds no case, a name comes twice, or a result belongs to no case.
    """
    source = Path(source).absolute()
    batches = _Batches()
    # Of a single result, whatever lies beside its record is its own.
    listing = Listed(()) if (source / RESULT).is_file() else look_for_cases(source, layout, home)
    notes = [*listing.notes, *left_aside(listing, A_REVIEW)]
    cases = {case.name: _found(case) for case in listing.cases}
    if (batch := batches.of(source)) is not None:
        cases |= {name: _of_batch(entry) for name, entry in batch.items()}
    if source.is_dir():
        own = _results(source, listing.cases, batches)
        cases |= {name: _joined(cases.get(name), made) for name, made in own.items()}
    if not cases:
        fix = "Give a folder of studies or results, a BIDS data set, or a table"
        raise InputError("holds no case", where=source, fix=fix)
    if results is not None:
        others = _results(Path(results).absolute(), listing.cases, batches)
        if strangers := sorted(set(others) - set(cases)):
            raise InputError(
                f"{len(strangers)} result(s) belong to no case: {', '.join(strangers[:5])}",
                where=results,
                fix="Name the folders of results like the cases",
            )
        cases |= {name: _joined(cases[name], made) for name, made in others.items()}
    found = [_with_images(case, batches, notes) for case in cases.values()]
    return Cases(tuple(found), tuple(notes))


def _found(case: BatchCase) -> Found:
    known = {name: value for name, value in asdict(case.clinical).items() if value is not None}
    result = Path(case.result) if case.result else None
    return Found(case.name, case.study, result, case.group, case.patient, known, case.brain_mask or "")


class _Batches:
    """What the journals of batches tell of their cases; each is read once."""

    def __init__(self) -> None:
        self._read: dict[Path, Mapping[str, Entry] | None] = {}

    def of(self, folder: Path) -> Mapping[str, Entry] | None:
        """The cases by name of the batch whose output folder this is; None where it is none, or its journal cannot be
        read: then its results speak for themselves."""
        if folder not in self._read:
            self._read[folder] = None
            if is_there(folder / journal.NAME):
                with suppress(StrokeSegError):
                    self._read[folder] = {entry.case: entry for entry in read_batch(folder).entries}
        return self._read[folder]

    def case_in(self, result: Path) -> Entry | None:
        """The case whose result a folder is."""
        entries = (self.of(result.parent) or {}).values()
        return next((entry for entry in entries if entry.folder.name == result.name), None)


def _images(entry: Entry) -> str | tuple[str, ...]:
    """The study that a result was made of, also where a later call was given another."""
    return entry.done_as or entry.study


def _of_batch(entry: Entry) -> Found:
    made = entry.folder if is_there(entry.folder / RESULT) else None
    problem = entry.reason if entry.state == "failed" and made is None else ""
    return Found(entry.case, _images(entry), made, problem=problem)


def _results(place: Path, studies: Sequence[BatchCase], batches: _Batches) -> dict[str, Found]:
    """Results below a folder by the case's name: as a batch's journal has it, or of the study that it lies in, else
    that of its folder."""
    owners: dict[Path, str] = {}
    for case in studies:
        for path in places(case.study) if case.study else ():
            owner = path if path.is_dir() else path.parent
            if owner != place:
                owners[owner.resolve()] = case.name
    known = {case.name for case in studies}
    found: dict[str, Found] = {}
    for home in _result_folders(place, _DEEPEST):
        if (entry := batches.case_in(home)) is not None:
            name = entry.case
        else:
            within = (owners[parent] for parent in home.resolve().parents if parent in owners)
            name = next(within, None) or _name(home, place, known)
        if name in found:
            raise InputError(
                f"two results are called {name}",
                where=place,
                fix=f"Leave one of {found[name].result} and {home}, or give a table",
            )
        found[name] = Found(name, result=home)
    return found


def _joined(case: Found | None, made: Found) -> Found:
    """A case with its result."""
    return made if case is None else replace(case, result=made.result, problem="")


def _with_images(case: Found, batches: _Batches, notes: list[str]) -> Found:
    """The case with the images that its batch was given, and a note if they are not there."""
    if not case.study and case.result is not None and (entry := batches.case_in(case.result)) is not None:
        case = replace(case, study=_images(entry))
    gone = [path for path in places(case.study) if not path.exists()] if case.study else []
    if not gone:
        return case
    fix = "bring them back, or begin with the studies and --results"
    notes.append(f"{printable(case.name)}: its images are not there any more ({printable(str(gone[0]))}): {fix}")
    # Batches of before have written paths that hold for the folder that they were started in.
    return case if all(path.is_absolute() for path in gone) else replace(case, study="")


def _result_folders(place: Path, depth: int) -> Iterator[Path]:
    """Folders with a result's record; hidden folders, reviews and what was moved aside left out."""
    if (place / RESULT).is_file():
        yield place
        return
    if not depth:
        return
    try:
        inside = sorted(path for path in place.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError as error:
        raise unreadable(place, error) from error
    for path in inside:
        if not path.name.startswith(".") and not is_aside(path.name) and not is_there(path / WORKLIST):
            yield from _result_folders(path, depth - 1)


def _name(home: Path, root: Path, known: set[str]) -> str:
    """What a folder's case is called: subject and session as in BIDS, else the folder's name if a study has it, else
    the folders' names."""
    parts = home.relative_to(root).parts or (home.name,)
    bids = [part for part in parts if SUBJECT.fullmatch(part) or SESSION.fullmatch(part)]
    if bids and SUBJECT.fullmatch(bids[0]):
        # A subject with one session goes by its own name.
        whole = "_".join(bids)
        return bids[0] if whole not in known and bids[0] in known else whole
    return home.name if home.name in known else "_".join(parts)
