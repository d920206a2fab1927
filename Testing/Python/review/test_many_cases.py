"""A worklist of five hundred cases: the next is opened by reading its own files, not everybody's."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from reviews import desk

from StrokeSegLogic.review.folder import ReviewFolder, new_review
from StrokeSegLogic.review.worklist_file import ReviewSettings

_watched: list[str] | None = None


@pytest.fixture(scope="module", autouse=True)
def watching() -> None:
    sys.addaudithook(_note)  # once: a hook stays as long as the process


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _watched is not None and isinstance(arguments[0], str):
        _watched.append(arguments[0])


def copies(review: ReviewFolder, count: int, comments: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The events of a review of many cases, all like its first."""
    (proposed,) = (event for event in review.chain().events if event.kind == "proposed" and event["case"] == "case2")
    given = {key: proposed.content[key] for key in proposed.content if key not in ("n", "event", "time", "previous")}
    for number in range(count):
        yield "added", {"case": f"case{number}", "folder": f"cases/{number}", "study": "", "result": ""}
    for number in range(count):
        yield "proposed", {**given, "case": f"case{number}"}
        for _ in range(comments):
            yield "commented", {"case": f"case{number}", "reader": "x", "role": "", "comment": "words " * 20}


@pytest.mark.parametrize("count", [20, 500])
def test_the_next_case_is_opened_by_reading_a_handful_of_files(
    review: ReviewFolder, tmp_path: Path, count: int
) -> None:
    global _watched
    many = tmp_path / "many"
    shutil.copytree(review.path / "cases", many / "cases")
    large = new_review(many, ReviewSettings(), copies(review, count, 4))
    _watched = []
    try:
        session = desk(large).next()
        assert session is not None
        proposal, slices = session.proposal(), session.record.slices
        opened = [Path(name) for name in _watched if str(many) in name]
    finally:
        _watched = None
    assert session.case == "case0" and proposal.labels.any() and slices == ()
    names = sorted(path.name for path in opened if not path.name.startswith(".strokeseg"))
    assert set(names) <= {"worklist.json", "records.jsonl", "proposal.seg.nrrd", "proposal.json", "draft.json"}
    assert len(opened) <= 16, names
