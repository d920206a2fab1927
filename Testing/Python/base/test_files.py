"""Folders are made and files written so that what cannot be is said, and nothing is left half done."""

from __future__ import annotations

from pathlib import Path

import pytest

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.base.files import make_folder, write_whole, written_aside


def test_a_folder_is_made_with_those_above_it_and_a_folder_that_is_there_keeps_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_folder(folder)
    (folder / "kept").write_text("x", encoding="utf-8")
    make_folder(folder)
    assert (folder / "kept").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("below", ["file", "file/folder"])
def test_a_folder_where_a_file_is_in_the_way_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match=f"{below}: the folder cannot be made") as error:
        make_folder(tmp_path / below)
    assert "Choose another folder" in str(error.value)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "x"


def test_a_file_written_aside_takes_its_place_only_when_the_block_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def stopped() -> None:
        with written_aside(path) as file:
            file.write(b"half")
            file.flush()
            assert path.read_bytes() == b"before"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert path.read_bytes() == b"before"
    with written_aside(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert [left.name for left in tmp_path.iterdir()] == ["file"]


def test_a_file_in_no_folder_is_said_to_be_unwritable(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="none/file: cannot be written"):
        write_whole(tmp_path / "none" / "file", b"x")
