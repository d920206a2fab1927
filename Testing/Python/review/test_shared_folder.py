"""Readers on one shared folder: nobody loses anything, nobody waits for ever."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from reviews import ANNA, BERND, desk

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.base.locks import exclusive
from StrokeSegLogic.batch.beginning import begin_review
from StrokeSegLogic.review.folder import LOCK, WORKLIST, ReviewFolder
from StrokeSegLogic.review.verify import verify

_READER = """
import sys
from StrokeSegLogic.review.desk import Desk, Reader
desk = Desk.open(sys.argv[1], Reader(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
while (session := desk.next()) is not None:
    desk.comment(session.case, "looked at by " + sys.argv[2])
    session.accept()
    print(session.case, flush=True)
"""


def start(review: Path, reader: str) -> subprocess.Popen[str]:
    root = str(Path(__file__).parents[3])
    process = subprocess.Popen(
        [sys.executable, "-c", _READER, str(review), reader],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": root},
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def test_two_processes_review_one_folder_and_lose_nothing(results: Path, tmp_path: Path) -> None:
    for number in range(16):
        shutil.copytree(results / "case2", tmp_path / "many" / f"case{number}")
    review = begin_review(tmp_path / "review", tmp_path / "many")
    readers = [start(review.path, name) for name in ("Anna", "Bernd")]
    for reader in readers:
        assert reader.stdin is not None
        reader.stdin.write("go\n")
        reader.stdin.flush()
    done = [reader.communicate()[0].split() for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0]
    assert sorted(done[0] + done[1]) == sorted(f"case{number}" for number in range(16)), "each case came to one reader"
    found = verify(review.path)
    assert found.whole and found.findings == ()
    kinds = [event.kind for event in review.chain().events]
    assert [kinds.count(kind) for kind in ("started", "commented", "decided")] == [16, 16, 16]
    by = {entry.name: entry.first.reader for entry in desk(review).worklist() if entry.first is not None}
    assert {case for case, reader in by.items() if reader == "Anna"} == set(done[0])


def test_a_writer_waits_for_another_and_gives_up_with_words(review: ReviewFolder) -> None:
    review = replace(review, patience_s=0.1)
    said = pytest.raises(OutputError, match=r"somebody has been writing there for 0\.1 s")
    with exclusive(review.path / LOCK), said, review.writing():
        pass
    with review.writing() as writer:
        writer.add("commented", {"case": "case2", "reader": "x", "role": "", "comment": "free again"})


def test_whoever_only_reads_waits_for_nobody(review: ReviewFolder) -> None:
    with exclusive(review.path / LOCK):
        assert len(desk(review).worklist()) == 3 and verify(review.path).whole


def test_a_file_system_without_locks_is_refused(review: ReviewFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("StrokeSegLogic.base.locks._lock", no_locks)
    with pytest.raises(OutputError, match="knows no locks"):
        desk(review).start("case2")


def test_two_readers_with_names_alike_keep_drafts_of_their_own(review: ReviewFolder) -> None:
    from StrokeSegLogic.review.desk import Reader
    from StrokeSegLogic.review.drafts import DraftFiles

    names = ("Müller", "Muller", "李", "王", "")
    assert len({DraftFiles(review.path, name).folder.name[:-9] for name in names}) == len(names)
    assert Reader("Mu\u0308ller").name == "Müller"
    assert ANNA != BERND


def test_a_worklist_that_was_edited_is_not_made_honest_by_the_next_event(review: ReviewFolder) -> None:
    path = review.path / WORKLIST
    path.write_text(path.read_text(encoding="utf-8").replace('"agreement": 0.7', '"agreement": 0.0'), encoding="utf-8")
    with pytest.raises(InputError, match="changed by another program"):
        desk(review).comment("case2", "nobody sees it")
    assert not verify(review.path).whole
