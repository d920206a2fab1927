"""A review begins: cases become a worklist, with the proposals that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import InputError
from ..base.progress import Progress
from ..base.recorded_files import fill_new
from .folder import WORKLIST, ReviewFolder, new_review
from .proposals import case_folder, take_result
from .sources import Found, stored, stored_study
from .worklist_file import ReviewSettings


def begin_with(
    home: Path,
    cases: Sequence[Found],
    settings: ReviewSettings | None = None,
    notes: Sequence[str] = (),
    progress: Progress | None = None,
) -> ReviewFolder:
    """Makes a review of cases; all of its folder appears, or nothing.

    Args:
        home: the review's folder, new or empty.
        cases: whoever found them.
        settings: how it is done; the defaults if None.
        notes: on how the cases were found, for the records.
        progress: of the copying.

    Raises:
        InputError: if there is a review already.
        OutputError: if the folder is not empty or cannot be written to.
    """
    require_no_review(home)
    report, chosen = progress or Progress(), settings or ReviewSettings()
    fill_new(home, lambda work: _fill(work, home, cases, chosen, notes, report), WORKLIST)
    report(1.0, "the worklist is there")
    return ReviewFolder.find(home)


def require_no_review(home: Path) -> None:
    """Refuses a folder that holds a review.

    Raises:
        InputError: if it does.
    """
    if (home / WORKLIST).exists():
        raise InputError("holds a review already", where=home, fix="Go on with it, or name a new folder")


def _fill(
    work: Path,
    home: Path,
    cases: Sequence[Found],
    settings: ReviewSettings,
    notes: Sequence[str],
    report: Progress,
) -> None:
    new_review(work, settings, _events(work, home, cases, report), notes)


def _events(
    work: Path, home: Path, cases: Sequence[Found], report: Progress
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    folders = [case_folder(number, case.name) for number, case in enumerate(cases, 1)]
    for case, folder in zip(cases, folders, strict=True):
        yield (
            "added",
            {
                "case": case.name,
                "folder": folder,
                "study": stored_study(case.study, home),
                "result": stored(case.result, home),
                "group": case.group,
                "patient": case.patient,
                "clinical": dict(case.clinical),
                "brain_mask": stored(Path(case.brain_mask), home) if case.brain_mask else "",
            },
        )
    for number, (case, folder) in enumerate(zip(cases, folders, strict=True)):
        report(number / len(cases), f"taking proposals: {case.name}")
        if case.result is not None:
            yield take_result(case.result, case.name, folder, work, home)
        elif case.problem:
            yield "failed", {"case": case.name, "reason": case.problem}
