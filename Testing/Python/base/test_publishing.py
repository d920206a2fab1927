"""A run killed at any step of moving its files: the next finds the previous files or the new, whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from base.killed_writer import KILLED

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.base.publishing import Workspace
from StrokeSegLogic.base.recorded_files import write_recorded
from StrokeSegLogic.base.reservation import LOCK, reserved

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


Write = Callable[..., bool]


@pytest.fixture(scope="module")
def write() -> Iterator[Write]:
    """Three files and a record by a process of its own that dies before its change number `last` of the file system.

    Returns:
        Whether it died.
    """
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    command = [sys.executable, str(Path(__file__).with_name("killed_writer.py"))]
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:  # type: ignore[call-overload]

        def order(folder: Path, words: str, *, last: int = 0, overwrite: bool = False) -> bool:
            line = {"folder": str(folder), "words": words, "last": last, "overwrite": overwrite}
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
            code = int(process.stdout.readline())
            assert code in (0, KILLED)
            return code == KILLED

        yield order


@pytest.fixture(scope="module")
def first(write: Write, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run, to be copied."""
    folder = tmp_path_factory.mktemp("first") / "out"
    assert not write(folder, "one")
    return folder


@pytest.fixture(scope="module")
def half_moved(write: Write, first: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Makes a folder as a second run leaves it that is killed when the first of its files has just moved."""
    probes = tmp_path_factory.mktemp("probes")

    def killed_at(last: int, folder: Path) -> Path:
        shutil.copytree(first, folder)
        assert write(folder, "two", last=last)
        return folder

    def is_half(folder: Path) -> bool:
        return not (folder / "record.json").exists() and (folder / "a").exists() and seen(folder)["a"] == "twoa"

    begun = next(last for last in range(1, 200) if is_half(killed_at(last, probes / str(last))))
    # Made anew each time: a file has two names in it, which a copy would tear apart.
    return lambda folder: killed_at(begun, folder)


def seen(folder: Path) -> dict[str, str]:
    """Content by name, hidden files included; of a record its words alone."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: json.loads(path.read_text("utf-8"))["words"] if name == "record.json" else path.read_text("utf-8")
        for name, path in files.items()
    }


def result(words: str) -> dict[str, str]:
    return {"a": f"{words}a", "cases/b": f"{words}cases/b", words: f"{words}{words}", "record.json": words}


def heal(folder: Path) -> None:
    with reserved(folder):
        pass


def test_a_run_killed_at_any_step_leaves_the_previous_result_or_the_new(
    write: Write, first: Path, tmp_path: Path
) -> None:
    outcomes = []
    for last in range(1, 200):
        folder = shutil.copytree(first, tmp_path / str(last))
        (folder / "notes.txt").write_text("mine", encoding="utf-8")
        died = write(folder, "two", last=last)
        heal(folder)
        found = seen(folder)
        assert found.pop("notes.txt") == "mine"
        assert found in (result("one"), result("two")), last
        outcomes.append(found["record.json"])
        if not died:
            break
    # In this order: up to some step the old result comes back, from there on the new result stays.
    assert outcomes == sorted(outcomes) and set(outcomes) == {"one", "two"}
    assert outcomes.index("two") > 15


def test_a_run_killed_on_its_way_into_a_new_folder_leaves_all_or_nothing(write: Write, tmp_path: Path) -> None:
    for last in range(1, 200):
        folder = tmp_path / str(last)
        died = write(folder, "one", last=last)
        heal(folder)
        assert not folder.exists() or seen(folder) in ({}, result("one")), last
        if not died:
            break
    assert seen(folder) == result("one")


def test_a_killed_run_that_moved_a_users_files_aside_loses_none_of_them(
    write: Write, first: Path, tmp_path: Path
) -> None:
    for last in range(1, 200):
        folder = shutil.copytree(first, tmp_path / str(last))
        (folder / "a").write_text("mine", encoding="utf-8")
        (folder / "two").mkdir()
        (folder / "two" / "deep").write_text("mine, too", encoding="utf-8")
        died = write(folder, "two", last=last, overwrite=True)
        heal(folder)
        found = seen(folder)
        assert sorted(text for text in found.values() if text.startswith("mine")) == ["mine", "mine, too"], last
        whole = [{**result("one"), "a": "mine", "two/deep": "mine, too"}, result("two")]
        assert {name: text for name, text in found.items() if not name.startswith("previous")} in whole, last
        if not died:
            break


def test_healing_that_is_killed_itself_is_healed(
    write: Write, half_moved: Callable[[Path], Path], tmp_path: Path
) -> None:
    for last in range(1, 60):
        folder = half_moved(tmp_path / str(last))
        # The next run heals first, and is killed at that.
        died = write(folder, "three", last=last)
        heal(folder)
        assert seen(folder) in (result("one"), result("three")), last
        if not died:
            break


def test_what_has_taken_a_files_place_since_the_kill_stays_and_the_previous_file_is_kept(
    half_moved: Callable[[Path], Path], tmp_path: Path
) -> None:
    folder = half_moved(tmp_path / "out")
    (folder / "a").write_text("mine", encoding="utf-8")
    with reserved(folder) as held:
        assert any("previous-" in note for note in held.notes) and any("killed" in note for note in held.notes)
    found = seen(folder)
    assert found.pop("a") == "mine"
    assert [text for name, text in found.items() if name.startswith("previous-")] == ["onea"]


def test_a_draft_of_a_killed_run_is_gone_with_the_next_and_a_users_folder_of_such_a_name_is_not(tmp_path: Path) -> None:
    Workspace(tmp_path)
    (tmp_path / ".strokeseg-mine.partial").mkdir()
    (tmp_path / ".strokeseg-mine.partial" / "thesis.doc").write_text("mine", encoding="utf-8")
    (tmp_path / ".strokeseg-link.partial").symlink_to(tmp_path / ".strokeseg-mine.partial")
    heal(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".strokeseg-mine.partial", ".strokeseg-link.partial"}
    assert (tmp_path / ".strokeseg-mine.partial" / "thesis.doc").exists()


def test_files_set_aside_without_a_readable_journal_are_brought_back(tmp_path: Path) -> None:
    work = Workspace(tmp_path)
    work.old.mkdir()
    (work.old / "a").write_text("one", encoding="utf-8")
    (work.root / "journal.json").write_text("[" * 100_000, encoding="utf-8")
    heal(tmp_path)
    assert seen(tmp_path) == {"a": "one"}


def test_a_move_that_fails_brings_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from StrokeSegLogic.base import publishing

    write_recorded(tmp_path, {"a": lambda path: path.write_text("one")}, "record.json", {"words": "one"})
    move = publishing.move_new

    def failing(source: Path, target: Path) -> None:
        if source.name == "record.json" and source.parent.name == "new":
            raise OSError(5, "Input/output error")
        move(source, target)

    monkeypatch.setattr(publishing, "move_new", failing)
    with pytest.raises(OutputError, match="Input/output error.*the finished files are in") as error:
        write_recorded(tmp_path, {"a": lambda path: path.write_text("two")}, "record.json", {"words": "two"})
    (place,) = tmp_path.glob("unpublished-*")
    assert str(place) in str(error.value)
    assert seen(place) == {"a": "two", "record.json": "two"}
    assert {name: text for name, text in seen(tmp_path).items() if "/" not in name} == {
        "a": "one",
        "record.json": "one",
    }
    assert not (tmp_path / LOCK).exists()
