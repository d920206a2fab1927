"""Tables that come from anywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from StrokeSegLogic.base.csv_files import csv_text, read_cells, read_lines, read_records
from StrokeSegLogic.base.errors import InputError


def read(path: Path) -> list[dict[str, str]]:
    return read_records(path, "\t", ("case",))


def test_rows_are_read_by_column_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    for mark in ("", "\ufeff"):
        (tmp_path / "t.tsv").write_text(f"{mark}case\tage\n a \t7\n\nb\nc\t1\t2\n", encoding="utf-8")
        assert read(tmp_path / "t.tsv") == [
            {"case": "a", "age": "7"},
            {"case": "b", "age": ""},
            {"case": "c", "age": "1"},
        ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no column 'case'"),
        (b"name\na", "no column 'case'"),
        (b"case\n" + b"x" * 140_000, "line 2 is no row of a table .*field larger"),
        (b"case\na\0b", "bytes that are no text"),
        ("case\nä".encode("utf-16"), "no table in UTF-8"),
        (b"case\n\xe4", "no table in UTF-8"),
    ],
    ids=["empty", "column", "long cell", "NUL", "UTF-16", "Latin-1"],
)
def test_what_is_no_table_is_named_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "t.tsv").write_bytes(content)
    with pytest.raises(InputError, match=f"t.tsv: .*{words}") as caught:
        read(tmp_path / "t.tsv")
    assert len(str(caught.value)) < 500


def test_a_pipe_and_a_file_without_end_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "endless.csv").symlink_to("/dev/zero")
    for name in ("pipe.csv", "endless.csv", "none.csv"):
        with pytest.raises(InputError, match=name):
            read_lines(tmp_path / name)


def test_a_quote_that_is_never_closed_is_a_cell() -> None:
    assert read_cells(['a,"b', "c"], ",", Path("t.csv")) == [["a", "bc"]]


def test_what_is_written_is_read_back_cell_by_cell(tmp_path: Path) -> None:
    rows = [["case", "why"], ["é, 1", 'said "no"'], ["2", ""]]
    text = csv_text(rows)
    assert "\r" not in text and text.endswith("\n")
    assert read_cells(text.splitlines(), ",", tmp_path) == rows
