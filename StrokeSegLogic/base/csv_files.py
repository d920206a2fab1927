"""Tables as text: written the same way everywhere, and read with a reason where they cannot be, whoever wrote them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .errors import InputError
from .files import read_regular

_LARGEST = 64 << 20
"""Bytes. A table of a million cases is smaller."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIX = "Save it as CSV or TSV in UTF-8"


def no_formula(text: str) -> str:
    """Words of somebody as a cell: what a spreadsheet would take for a formula begins with a quote."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Rows of cells as CSV, the heads among them; lines end alike on every system."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def read_lines(path: Path) -> list[str]:
    """The lines of a text file in UTF-8, with or without a byte order mark.

    Raises:
        InputError: if it is missing, no regular file, larger than any table, or no text.
    """
    try:
        text = read_regular(path, _LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is no table in UTF-8", where=path, fix=_FIX) from error
    if "\0" in text:
        raise InputError("is no table, but holds bytes that are no text", where=path, fix=_FIX)
    return text.splitlines()


def read_cells(lines: Iterable[str], mark: str, path: Path) -> list[list[str]]:
    """The cells of each line, without blanks around them.

    Args:
        lines: of the table.
        mark: what parts the cells.
        path: for the message.

    Raises:
        InputError: naming the line that is no row of a table, or has a cell beyond 131,072 characters.
    """
    reader = csv.reader(lines, delimiter=mark)
    try:
        return [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise InputError(
            f"line {reader.line_num} is no row of a table ({error})", where=path, fix="Correct that line"
        ) from error


def read_records(path: Path, mark: str, needed: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a table with a heading, by column; empty lines are left out and missing cells empty.

    Args:
        path: of the file.
        mark: what parts the cells.
        needed: columns that must be there.

    Raises:
        InputError: as `read_lines` and `read_cells`; also if a column is missing.
    """
    head, *rows = read_cells(read_lines(path), mark, path) or [[]]
    for column in needed:
        if column not in head:
            raise InputError(f"there is no column '{column}'", where=path, fix=f"Part the columns by {mark!r}")
    return [dict(zip(head, row + [""] * (len(head) - len(row)), strict=False)) for row in rows if any(row)]
