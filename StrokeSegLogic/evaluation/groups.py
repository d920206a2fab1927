"""Which group and which patient a case belongs to, from a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..base.csv_files import read_cells, read_lines
from ..base.errors import InputError
from ..base.files import require_file
from .classes import require_short
from .rows import ALL

_CASE_HEADS = ("case", "participant_id")
_PAPER_ORDER = ("LVO", "Non-LVO", "WIS")


@dataclass(frozen=True)
class Membership:
    """What the table says of a case."""

    group: str
    patient: str


@dataclass(frozen=True)
class Groups:
    """The table of a cohort.

    Attributes:
        of_case: by case.
        names: groups in the order of the tables: LVO, Non-LVO, WIS first, others as the file has them.
    """

    of_case: dict[str, Membership]
    names: tuple[str, ...]

    @classmethod
    def none(cls, cases: Iterable[str]) -> Groups:
        """Every case a patient of its own, all in one group."""
        return cls({case: Membership(ALL, case) for case in cases}, (ALL,))

    def require(self, cases: Iterable[str], where: Path) -> None:
        """Refuses cases that the table does not name.

        Raises:
            InputError: with all of them.
        """
        if missing := [case for case in cases if case not in self.of_case]:
            raise InputError(
                f"says no group of {len(missing)} case(s): {', '.join(missing)}", where=where, fix="Add a row for each"
            )


def read_groups(path: Path) -> Groups:
    """Groups from a table with a heading: case (or participant_id), group, and if a patient has several cases, patient.

    Columns are parted by tab, semicolon or comma, whichever the heading holds first in this order.

    Raises:
        InputError: if it cannot be read, a column is missing, a cell is empty, or a case comes twice.
    """
    require_file(path)
    lines = [line for line in read_lines(path) if line.strip()]
    mark = next((mark for mark in "\t;," if lines and mark in lines[0]), ",")
    heads, *rows = read_cells(lines, mark, path) or [[]]
    case_head = next((head for head in _CASE_HEADS if head in heads), None)
    if case_head is None or "group" not in heads:
        raise InputError(
            f"has the columns {', '.join(heads)}",
            where=path,
            fix="Name the columns case, group and perhaps patient",
        )
    of_case: dict[str, Membership] = {}
    for cells in rows:
        row = dict(zip(heads, cells + [""] * (len(heads) - len(cells)), strict=False))
        case, group, patient = (_cell(row, head, path) for head in (case_head, "group", "patient"))
        if case in of_case:
            raise InputError(f"names the case {case} twice", where=path, fix="Leave one row for each case")
        of_case[case] = Membership(group, patient or case)
    names = list(dict.fromkeys(known.group for known in of_case.values()))
    if ALL in names:
        raise InputError(f"calls a group {ALL}, which means all groups here", where=path, fix="Choose another name")
    order = [name for name in _PAPER_ORDER if name in names]
    return Groups(of_case, (*order, *(name for name in names if name not in order)))


def _cell(row: dict[str, str], head: str, path: Path) -> str:
    if head not in row:
        return ""
    if not row[head]:
        raise InputError(f"has an empty {head} in the row {' | '.join(row.values())}", where=path, fix="Fill the cell")
    return require_short(row[head], path)
