"""Locks between processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from StrokeSegLogic.base.locks import Busy, exclusive, held

HOLDER = """
import sys
from pathlib import Path
from StrokeSegLogic.base.locks import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(lock: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_block_finds_the_lock_held(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock"), pytest.raises(Busy), exclusive(tmp_path / "lock"):
        pass


def test_the_file_goes_with_the_lock(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock"):
        assert (tmp_path / "lock").exists()
    assert not (tmp_path / "lock").exists()


def test_another_process_that_holds_it_is_seen(tmp_path: Path) -> None:
    holder = start_holder(tmp_path / "lock")
    try:
        assert held(tmp_path / "lock")
        with pytest.raises(Busy), exclusive(tmp_path / "lock"):
            pass
    finally:
        holder.communicate("")
    assert not held(tmp_path / "lock")


def test_a_killed_process_holds_nothing_though_its_file_stays(tmp_path: Path) -> None:
    holder = start_holder(tmp_path / "lock")
    holder.kill()
    holder.communicate()
    assert (tmp_path / "lock").exists()
    assert not held(tmp_path / "lock")
    with exclusive(tmp_path / "lock"):
        pass


def test_a_missing_lock_is_held_by_nobody_and_asking_makes_none(tmp_path: Path) -> None:
    assert not held(tmp_path / "lock")
    assert not any(tmp_path.iterdir())


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("a user's", encoding="utf-8")
    (tmp_path / "lock").symlink_to(tmp_path / "target")
    with pytest.raises(OSError), exclusive(tmp_path / "lock"):
        pass
    assert (tmp_path / "target").read_text(encoding="utf-8") == "a user's"


def test_a_folder_that_became_a_file_does_not_hide_what_went_wrong_in_the_block(tmp_path: Path) -> None:
    folder = tmp_path / "output"
    folder.mkdir()
    with pytest.raises(ValueError, match="the reason"), exclusive(folder / "lock"):
        (folder / "lock").unlink()
        folder.rmdir()
        folder.write_text("mine", encoding="utf-8")
        raise ValueError("the reason")
    assert folder.read_text(encoding="utf-8") == "mine"
