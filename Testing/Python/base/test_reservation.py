"""An output folder belongs to one run at a time, and what would fail at the end fails at the beginning."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.base.recorded_files import write_recorded
from StrokeSegLogic.base.reservation import LOCK, reserved

HOLDER = """
import sys
from pathlib import Path
from StrokeSegLogic.base.reservation import reserved
with reserved(Path(sys.argv[1]), ("a",)) as held, held.draft() as work:
    (work.new / "a").write_text("half")
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_told_before_it_computes_and_touches_nothing(tmp_path: Path) -> None:
    holder = start_holder(tmp_path / "out")
    try:
        before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
        with (
            pytest.raises(OutputError, match="another run is writing there.*Wait until it has ended"),
            reserved(tmp_path / "out", overwrite=True),
        ):
            pass
        with pytest.raises(OutputError, match="another run"):
            write_recorded(tmp_path / "out", {}, "record.json", {})
        assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
    finally:
        holder.communicate("")
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_is_gone_with_the_next(tmp_path: Path) -> None:
    holder = start_holder(tmp_path / "out")
    holder.kill()
    holder.communicate()
    assert {path.name for path in (tmp_path / "out").iterdir()} > {LOCK}
    write_recorded(tmp_path / "out", {}, "record.json", {})
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["record.json"]


def test_blocks_in_one_another_are_one_run_and_the_lock_is_the_outer_blocks(tmp_path: Path) -> None:
    with reserved(tmp_path / "out") as outer:
        with reserved(tmp_path / "." / "out") as inner:
            assert inner is outer
        with pytest.raises(OutputError, match="another run"):
            in_another_thread(tmp_path / "out")
    in_another_thread(tmp_path / "out")


def in_another_thread(folder: Path) -> None:
    errors: list[OutputError] = []

    def run() -> None:
        try:
            with reserved(folder):
                pass
        except OutputError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def test_a_folder_that_stays_empty_is_gone_again_and_a_folder_that_was_there_is_not(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "there" / "a" / "b", tmp_path / "there"):
        with reserved(folder):
            assert folder.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["there"] and not list((tmp_path / "there").iterdir())


def test_a_name_that_the_file_system_does_not_take_is_met_before_the_work(tmp_path: Path) -> None:
    for names in (("a" * 250,), ("a" * 200 + "/" + "b" * 200, "c")):
        with reserved(tmp_path / ("o" * 250), names):
            pass
    with (
        pytest.raises(OutputError, match="cannot be written to .File name too long"),
        reserved(tmp_path / "out", ("a" * 256,)),
    ):
        pass
    with pytest.raises(OutputError, match="File name too long"), reserved(tmp_path / ("o" * 256)):
        pass
    assert not list(tmp_path.iterdir())


def test_a_path_that_leaves_no_room_for_the_files_is_met_before_the_work(tmp_path: Path) -> None:
    folder = tmp_path
    while len(os.fsencode(folder)) < 3_700:
        folder = folder / ("f" * 200)
    with (
        pytest.raises(OutputError, match="File name too long"),
        reserved(folder / ("g" * 200), ("segmentation.seg.nrrd",)),
    ):
        pass


def test_a_folder_name_in_undecodable_bytes_is_no_hindrance(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xe9tude")
    write_recorded(folder, {"a": lambda path: path.write_text("x")}, "record.json", {"case": folder.name})
    assert b'"case": "\\udce9tude"' in (folder / "record.json").read_bytes()
    write_recorded(folder, {"a": lambda path: path.write_text("y")}, "record.json", {"case": folder.name})
    assert (folder / "a").read_text() == "y"


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    (tmp_path / "out" / LOCK).symlink_to(tmp_path / "mine")
    with pytest.raises(OutputError, match="cannot be written to"), reserved(tmp_path / "out"):
        pass
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "mine"


def test_a_file_system_without_locks_is_told_and_no_draft_on_it_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from StrokeSegLogic.base import locks

    def none(descriptor: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks, "_lock", none)
    (tmp_path / ".strokeseg-abc.partial" / "new").mkdir(parents=True)
    held = write_recorded(tmp_path, {"a": lambda path: path.write_text("x")}, "record.json", {})
    assert "knows no locks" in held.notes[0]
    assert {path.name for path in tmp_path.iterdir()} == {".strokeseg-abc.partial", "a", "record.json"}


def test_what_comes_in_the_way_during_the_work_is_not_replaced_and_the_result_is_kept(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_text("ours", encoding="utf-8")
        (tmp_path / "a").write_text("mine", encoding="utf-8")

    with pytest.raises(OutputError, match="holds a, which no record shows .*the finished files are in") as error:
        write_recorded(tmp_path, {"a": write}, "record.json", {})
    (place,) = tmp_path.glob("unpublished-*")
    assert str(place) in str(error.value)
    assert (place / "a").read_text("utf-8") == "ours" and (place / "record.json").is_file()
    assert (tmp_path / "a").read_text("utf-8") == "mine"


def test_a_folder_that_vanished_during_the_work_does_not_take_the_result_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with pytest.raises(OutputError, match="all was written to") as error, reserved(tmp_path / "out"):
        shutil.rmtree(tmp_path / "out")
        write_recorded(tmp_path / "out", {"a": lambda path: path.write_text("x")}, "record.json", {})
    (place,) = (tmp_path / "temporary").iterdir()
    assert str(place) in str(error.value) and {path.name for path in place.iterdir()} == {"a", "record.json"}


def test_moving_never_replaces_where_there_are_no_second_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from StrokeSegLogic.base.records import move_new

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("mine")
    with pytest.raises(FileExistsError):
        move_new(tmp_path / "a", tmp_path / "b")
    move_new(tmp_path / "a", tmp_path / "c")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"b": "mine", "c": "x"}


@pytest.mark.parametrize(
    "fault", [ImportError("cannot import name"), ValueError("odd"), RuntimeError("of ITK"), KeyError()]
)
def test_what_was_computed_outlasts_any_fault_of_a_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def fail(_path: Path) -> None:
        raise fault

    writers = {"labels.bin": lambda path: path.write_bytes(b"labels"), "report.html": fail}
    with pytest.raises(OutputError, match="all but report.html was written to"):
        write_recorded(tmp_path / "out", writers, "result.json", {"volume_ml": 3.0})
    (kept,) = tmp_path.glob("strokeseg-result-*")
    assert (kept / "labels.bin").read_bytes() == b"labels"
    assert not (tmp_path / "out" / "labels.bin").exists()
