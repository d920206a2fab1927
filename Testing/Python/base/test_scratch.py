from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from StrokeSegLogic.base.locks import remove_abandoned, scratch_folder

HOLDER = """
import sys, time
from pathlib import Path
from StrokeSegLogic.base.locks import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "half.nrrd").write_text("half")
    print(folder, flush=True)
    sys.stdin.read()
"""


def hold(home: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that has a folder in use, and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_the_folder_is_there_for_the_block_and_nothing_stays(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        (folder / "a").mkdir()
        assert folder.is_dir()
    assert not list(tmp_path.iterdir())
    with pytest.raises(ZeroDivisionError), scratch_folder(tmp_path):
        1 / 0  # noqa: B018
    assert not list(tmp_path.iterdir())


def test_a_killed_runs_folder_goes_with_the_next_run_and_a_live_runs_stays(tmp_path: Path) -> None:
    killed, left = hold(tmp_path)
    live, used = hold(tmp_path)
    killed.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    killed.wait()
    assert (left / "half.nrrd").exists(), "a killed process cleans nothing up"
    with scratch_folder(tmp_path) as own:
        assert not left.exists()
        assert (used / "half.nrrd").exists()
        with scratch_folder(tmp_path) as second:
            assert own.is_dir() and second.is_dir() and own != second
    live.communicate("")
    assert not list(tmp_path.iterdir())


def test_what_has_no_lock_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "strokeseg-notes").mkdir()
    (tmp_path / "thesis.lock").touch()
    remove_abandoned(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"strokeseg-notes", "thesis.lock"}


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_link_in_the_place_of_a_folder_or_a_lock_is_not_followed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "data").write_text("mine")
    home = tmp_path / "home"
    home.mkdir()
    (home / "strokeseg-a").symlink_to(mine)
    (home / "strokeseg-a.lock").touch()
    (home / "strokeseg-b.lock").symlink_to(mine / "data")
    remove_abandoned(home)
    assert (mine / "data").read_text() == "mine"


@pytest.mark.parametrize("name", ["nightly", "0123456789ab", "0123456789abc"])
def test_a_users_folder_beside_a_lock_of_the_users_is_never_deleted(tmp_path: Path, name: str) -> None:
    folder = tmp_path / f"strokeseg-{name}"
    folder.mkdir()
    (folder / "expert.txt").write_text("precious", encoding="utf-8")
    (tmp_path / f"strokeseg-{name}.lock").touch()
    remove_abandoned(tmp_path)
    assert (folder / "expert.txt").read_text(encoding="utf-8") == "precious"
    assert (tmp_path / f"strokeseg-{name}.lock").exists()


def test_the_lock_of_a_run_that_was_killed_before_its_folder_was_made_goes(tmp_path: Path) -> None:
    (tmp_path / "strokeseg-0123456789ab.lock").touch()
    remove_abandoned(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    killed, left = hold(tmp_path)
    killed.kill()
    killed.wait()
    elsewhere = tmp_path / "elsewhere"
    left.rename(elsewhere)
    left.symlink_to(elsewhere, target_is_directory=True)
    remove_abandoned(tmp_path)
    assert (elsewhere / "half.nrrd").exists()
