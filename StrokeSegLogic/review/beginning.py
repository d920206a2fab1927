"""A review begins: a source becomes a worklist, with the proposals that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import InputError
from ..base.progress import Progress
from ..base.recorded_files import fill_new
from .folder import INSIDE, WORKLIST, ReviewFolder, ReviewSettings, new_review
from .proposals import case_folder, take_result
from .sources import Found, find_cases, stored


def begin_review(
    place: Path,
    source: Path | None = None,
    results: Path | None = None,
    settings: ReviewSettings | None = None,
    progress: Progress | None = None,
) -> ReviewFolder:
    """Makes a review; all of its folder appears, or nothing.

    Args:
        place: the review's folder, new or empty; without a source the folder of the data, and the review goes into its
            folder `review`.
        source: what is to be reviewed (see `sources.find_cases`).
        results: results of the source's cases that lie elsewhere.
        settings: how it is done; the defaults if None.
        progress: of the copying.

    Raises:
        InputError: if the source holds no case, or there is a review already.
        OutputError: if the folder is not empty or cannot be written to.
    """
    home = place / INSIDE if source is None else place
    if (home / WORKLIST).exists():
        raise InputError("holds a review already", where=home, fix="Go on with it, or name a new folder")
    report = progress or Progress()
    report(0.0, "looking for cases")
    cases = find_cases(place if source is None else source, results)
    chosen = settings or ReviewSettings()
    fill_new(home, lambda work: _fill(work, home, cases, chosen, report), WORKLIST)
    report(1.0, "the worklist is there")
    return ReviewFolder.find(home)


def _fill(work: Path, home: Path, cases: Sequence[Found], settings: ReviewSettings, report: Progress) -> None:
    new_review(work, settings, _events(work, home, cases, report))


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
                "study": stored(case.study, home),
                "result": stored(case.result, home),
                "group": case.group,
                "patient": case.patient,
            },
        )
    for number, (case, folder) in enumerate(zip(cases, folders, strict=True)):
        report(number / len(cases), f"taking proposals: {case.name}")
        if case.result is not None:
            yield take_result(case.result, case.name, folder, work, home)
