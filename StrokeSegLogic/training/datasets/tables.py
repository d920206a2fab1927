"""Clinical tables: CSV and TSV as people and BIDS write them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from ...base.csv_files import read_cells, read_lines
from ...base.errors import InputError
from .subject import GROUPS, SPLITS

_NOTHING = ("", "n/a", "na", "nan", "none", "-")
_GROUPS = {re.sub(r"[^a-z]", "", group.lower()): group for group in GROUPS}
_SPLITS = {"training": "train", "validation": "val", "valid": "val", "testing": "test"} | {s: s for s in SPLITS}


@dataclass(frozen=True)
class Clinical:
    """What a table says of a case; None is unknown."""

    patient: str | None = None
    nihss: float | None = None
    age: float | None = None
    group: str | None = None
    split: str | None = None


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a table separated by tabs, commas or semicolons; column names in small letters, "n/a" as "".

    Raises:
        InputError: if it is not a text file with a header line, or a row has more cells than the header.
    """
    lines = read_lines(path)
    if not lines:
        raise InputError("the table is empty", where=path, fix="Give it a header line and a row for each case")
    separator = max("\t,;", key=lines[0].count)
    header, *cells = read_cells(lines, separator, path)
    names = [name.lower() for name in header]
    rows = []
    for number, row in enumerate(cells, 2):
        if len(row) > len(names):
            raise InputError(
                f"line {number} has {len(row)} cells, the header {len(names)}", where=path, fix="Correct that line"
            )
        if any(row):
            padded = row + [""] * (len(names) - len(row))
            plain = ["" if cell.lower() in _NOTHING else cell for cell in padded]
            rows.append(dict(zip(names, plain, strict=True)))
    return rows


def by_key(rows: list[dict[str, str]], key: str, path: Path) -> dict[str, dict[str, str]]:
    """Rows by the value of one column.

    Raises:
        InputError: if the column is missing, empty in a row, or names something twice.
    """
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        name = row.get(key, "")
        if not name:
            raise InputError(f"a row has no value in the column '{key}'", where=path, fix=f"Fill the column '{key}'")
        if name in found:
            raise InputError(f"'{name}' has two rows", where=path, fix="Leave one row for each")
        found[name] = row
    return found


def clinical(row: dict[str, str], path: Path) -> Clinical:
    """Patient, NIHSS, age, group and split of one row.

    Raises:
        InputError: if a number is not a number, or a split none of train, val, test.
    """
    split = row.get("split", "").lower()
    if split and split not in _SPLITS:
        raise InputError(f"the split '{row['split']}' is unknown", where=path, fix=f"Use {', '.join(SPLITS)}")
    group = row.get("group", "")
    return Clinical(
        patient=row.get("patient") or None,
        nihss=_number(row, "nihss", path),
        age=_number(row, "age", path),
        group=_GROUPS.get(re.sub(r"[^a-z]", "", group.lower()), group) or None,
        split=_SPLITS.get(split),
    )


def _number(row: dict[str, str], key: str, path: Path) -> float | None:
    text = row.get(key, "")
    if not text:
        return None
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"'{text}' in the column '{key}' is not a number", where=path, fix="Correct it")
    return number
