"""What was changed or lost in a review is found, and nothing is cried wolf about."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from reviews import BERND, LESION, desk, image

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.base.records import OWN, SCHEMA, WRITTEN, sealed
from StrokeSegLogic.review.chain import Chain, NewLines, append, next_line
from StrokeSegLogic.review.folder import ReviewFolder
from StrokeSegLogic.review.verify import verify


@pytest.fixture
def read(review: ReviewFolder) -> ReviewFolder:
    """One case edited, one accepted."""
    desk(review).start("case2").save(image(LESION))
    desk(review, BERND).start("case10").accept()
    return review


def rewritten(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_a_whole_review_is_whole(read: ReviewFolder) -> None:
    found = verify(read.path)
    assert found.whole and found.findings == () and (found.events, found.files) == (11, 7)
    assert verify(read.path.parent).head == found.head, "the folder that it lies in will do"


def faults(review: ReviewFolder) -> list[str]:
    return [str(finding) for finding in verify(review.path).findings if finding.kind == "fault"]


def test_a_version_that_was_painted_over_is_found(read: ReviewFolder) -> None:
    (version,) = read.path.glob("cases/*/v01.seg.nrrd")
    content = bytearray(version.read_bytes())
    content[-1] ^= 1
    version.write_bytes(bytes(content))
    assert faults(read) == [f"{version.relative_to(read.path).as_posix()}: was changed since it was recorded"]
    with pytest.raises(InputError, match="was changed since it was recorded"):
        session = desk(read).start("case2")
        session.labels_of(session.readings()["first"])


def test_a_file_that_is_lost_is_found(read: ReviewFolder) -> None:
    (version,) = read.path.glob("cases/*/v01.seg.nrrd")
    version.unlink()
    assert faults(read) == [f"{version.relative_to(read.path).as_posix()}: is missing"]


@pytest.mark.parametrize("lost", [1, 3])
def test_a_tail_that_was_cut_is_seen_by_the_worklist_and_nothing_is_written_behind_it(
    read: ReviewFolder, lost: int
) -> None:
    rewritten(read.records, lambda lines: lines[:-lost])
    assert f"records.jsonl: {lost} of 11 events are missing from the end of the records" in faults(read)
    for act in (desk(read).worklist, desk(read).next):
        with pytest.raises(InputError, match="missing from the end"):
            act()


def test_a_last_line_that_was_replaced_is_seen_by_the_worklist(read: ReviewFolder) -> None:
    def other(lines: list[bytes]) -> list[bytes]:
        return [*lines[:-1], lines[-1].replace(b"accepted", b"rejected")]

    rewritten(read.records, other)
    assert faults(read) == ["records.jsonl: event 11 is not the event that was recorded"]


def test_a_changed_line_in_the_middle_is_seen(read: ReviewFolder) -> None:
    rewritten(read.records, lambda lines: [line.replace(b"Bernd", b"Beate") for line in lines])
    (fault,) = (fault for fault in faults(read) if "records" in fault)
    assert "that line was changed, or lines were lost or added" in fault


def test_a_worklist_that_was_changed_or_lost_is_seen(read: ReviewFolder) -> None:
    worklist = read.path / "worklist.json"
    values = json.loads(worklist.read_text())
    worklist.write_text(json.dumps({**values, "events": 5}))
    assert "worklist.json: was changed since it was written" in faults(read)
    worklist.unlink()
    assert faults(read) == ["worklist.json: is missing: whether the records' end was cut cannot be told"]


def test_records_and_worklist_cut_together_are_seen_by_an_export_alone(read: ReviewFolder, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    shutil.copytree(read.path, earlier)
    desk(read).start("Fälle 3").accept()
    head = verify(read.path).head
    export = tmp_path / "review.json"
    export.write_text(json.dumps({"review": head.record()}))
    shutil.copy(earlier / "records.jsonl", read.records)
    shutil.copy(earlier / "worklist.json", read.path / "worklist.json")
    assert verify(read.path).whole, "of themselves they cannot tell"
    (finding,) = verify(read.path, export).findings
    assert "2 of 13 events are missing from the end of the records" in finding.words


def test_what_a_kill_leaves_is_a_note(read: ReviewFolder) -> None:
    (version,) = read.path.glob("cases/*/v01.seg.nrrd")
    shutil.copy(version, version.with_name("v02.seg.nrrd"))
    killed_in_the_middle(read, part=7)
    found = verify(read.path)
    assert found.whole and {finding.kind for finding in found.findings} == {"note"} and len(found.findings) == 2
    assert desk(read).start("case2").save(image(LESION)).file.endswith("v03.seg.nrrd")
    assert [finding.where for finding in verify(read.path).findings] == [
        version.with_name("v02.seg.nrrd").relative_to(read.path).as_posix()
    ]


def test_an_event_that_was_written_and_not_counted_is_mended_by_the_next(read: ReviewFolder) -> None:
    killed_in_the_middle(read)
    found = verify(read.path)
    assert found.whole and "has not counted the last event yet" in found.findings[0].words
    desk(read).comment("case2", "and on")
    assert verify(read.path).findings == ()
    assert [event["comment"] for event in desk(read).entry("case2").comments] == ["killed", "and on"]


def killed_in_the_middle(
    review: ReviewFolder, part: int | None = None, act: Callable[[], object] | None = None
) -> None:
    """An event is announced, and written whole or in part; then the process is killed."""
    before = review.records.read_bytes()
    announced: list[bytes] = []

    def look(path: Path, chain: Chain, new: NewLines) -> Chain:
        announced.append((review.path / "worklist.json").read_bytes())
        return append(path, chain, new)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("StrokeSegLogic.review.folder.append", look)
        (act or (lambda: desk(review).comment("case2", "killed")))()
    (review.path / "worklist.json").write_bytes(announced[0])
    line = review.records.read_bytes().removeprefix(before)
    review.records.write_bytes(before + line[:part])


def test_what_is_asked_for_of_many_cases_at_once_is_there_or_not(read: ReviewFolder, tmp_path: Path) -> None:
    """Wherever the process is killed, in a line of three cases, too."""
    names = [entry.name for entry in desk(read).worklist()]
    asked = []
    for part in (0, 1, 200, -1, None):
        copy = ReviewFolder.find(shutil.copytree(read.path, tmp_path / f"copy{part}"))
        killed_in_the_middle(copy, part, lambda copy=copy: desk(copy).want_second(names))  # type: ignore[misc]
        assert verify(copy.path).whole, part
        asked.append(sum(entry.second_wanted for entry in desk(copy).worklist()))
        desk(copy).comment("case2", "and on")
        assert verify(copy.path).findings == (), part
    assert asked == [0, 0, 0, 0, 3]


def forged(review: ReviewFolder, **changed: str) -> bytes:
    """A line that goes on from the records as StrokeSeg would write it."""
    line = next_line(review.chain(), "commented", {"case": "case2", "reader": "Anna Kühn", "role": "", "comment": "x"})
    values = json.loads(line.content)
    return (json.dumps({**values, **changed}, separators=(",", ":")) + "\n").encode()


@pytest.mark.parametrize("changed", [{}, {"previous": "0" * 64}], ids=["right hash", "wrong hash"])
def test_a_line_that_somebody_has_added_is_a_fault(read: ReviewFolder, changed: dict[str, str]) -> None:
    content = forged(read, **changed)
    with read.records.open("ab") as file:
        file.write(content)
    (fault,) = faults(read)
    assert "added by another program" in fault if not changed else "does not carry the hash of line 11" in fault
    for act in (desk(read).worklist, lambda: desk(read).comment("case2", "and on")):
        with pytest.raises(InputError, match=r"added by another program|the records are damaged"):
            act()


def test_a_line_forged_where_a_killed_process_left_its_own_is_a_fault(read: ReviewFolder) -> None:
    content = forged(read, comment="quite another")
    killed_in_the_middle(read, part=0)
    with read.records.open("ab") as file:
        file.write(content)
    assert "added by another program, or changed" in faults(read)[0]


def test_a_part_of_a_line_that_nobody_was_writing_is_a_fault(read: ReviewFolder) -> None:
    with read.records.open("ab") as file:
        file.write(b'{"n":12')
    assert faults(read) == ["records.jsonl: 7 bytes at the end were added by another program"]


def test_an_older_worklist_laid_over_a_newer_one_is_a_fault(read: ReviewFolder) -> None:
    before = (read.path / "worklist.json").read_bytes()
    desk(read).comment("case2", "later")
    (read.path / "worklist.json").write_bytes(before)
    assert "added by another program, or changed" in faults(read)[0]


def resealed(home: ReviewFolder, **changed: object) -> None:
    """The worklist with other values, as StrokeSeg would seal them; None takes a key away."""
    values = json.loads((home.path / "worklist.json").read_text(encoding="utf-8"))
    kept = {key: value for key, value in values.items() if key not in (OWN, SCHEMA, WRITTEN)} | changed
    content = sealed({key: value for key, value in kept.items() if value is not None}, {})
    (home.path / "worklist.json").write_bytes(content)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("agreement", 0.0, "agreement 0.0 in place of 0.7"),
        ("order", "doubt", "order 'doubt' in place of 'name'"),
        ("title", "x", "title 'x' in place of ''"),
    ],
    ids=["agreement", "order", "title"],
)
def test_settings_other_than_the_review_began_with_are_a_fault_however_they_are_sealed(
    read: ReviewFolder, name: str, value: object, words: str
) -> None:
    resealed(read, settings={**asdict(read.settings), name: value})
    assert faults(read) == [f"worklist.json: has other settings than the review began with: {words}"]
    with pytest.raises(InputError, match="other settings than the review began with"):
        desk(read.path).worklist()
    with pytest.raises(InputError, match="its settings were changed"):
        desk(read).comment("case2", "by a desk that was opened before")


def test_a_worklist_of_another_review_is_a_fault(read: ReviewFolder) -> None:
    resealed(read, review="0" * 32)
    assert faults(read) == ["worklist.json: is another review's"]


def test_a_review_of_before_events_were_announced_goes_on(read: ReviewFolder) -> None:
    content = forged(read)
    resealed(read, next_sha256=None)
    with read.records.open("ab") as file:
        file.write(content)
    assert verify(read.path).whole, "of its last event nobody can tell whether a process was killed behind it"
    desk(read).comment("case2", "and on")
    assert verify(read.path).findings == ()


def test_a_clock_that_was_set_back_is_a_note_and_loses_nothing(
    read: ReviewFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import datetime, timedelta, timezone

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(timezone.utc) - timedelta(days=400)

    session = desk(read).start("Fälle 3")
    monkeypatch.setattr("StrokeSegLogic.review.chain.datetime", Earlier)
    monkeypatch.setattr("StrokeSegLogic.review.reading.datetime", Earlier)
    monkeypatch.setattr(Earlier, "fromisoformat", staticmethod(datetime.fromisoformat))
    done = session.accept()
    assert done.content["open_s"] is None and done.content["active_s"] >= 0
    found = verify(read.path)
    assert found.whole and "a clock was set back" in found.findings[0].words
    assert [entry.state for entry in desk(read).worklist()] == ["edited", "accepted", "accepted"]


def test_a_folder_that_takes_nothing_loses_nothing(read: ReviewFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    session = desk(read).start("Fälle 3")
    before = {path: path.read_bytes() for path in read.path.rglob("*") if path.is_file()}
    opened = os.open

    def refuse(path: str | Path, flags: int, *rest: object, **more: object) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR) and str(path).startswith(str(read.path)):
            raise PermissionError(30, "Read-only file system", str(path))
        return opened(path, flags, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OutputError, match="Read-only file system"):
        session.accept()
    with pytest.raises(OutputError, match=r"Read-only file system.*what was drawn is in (\S+)") as caught:
        session.save(image(LESION))
    monkeypatch.undo()
    kept = Path(str(caught.value).split("what was drawn is in ")[1].split(".seg.nrrd")[0] + ".seg.nrrd")
    assert kept.is_file()
    shutil.rmtree(kept.parent)
    assert {path: path.read_bytes() for path in read.path.rglob("*") if path.is_file()} == before
    assert len(desk(read).worklist()) == 3 and verify(read.path).whole, "reading needs no writing"
