"""Cases out of a table: CSV or TSV, a case a row."""

from __future__ import annotations

from pathlib import Path

from ..base.errors import InputError
from ..study.case import ClinicalData, Role
from ..training.datasets.tables import by_key, clinical, read_table
from .cases import BatchCase, Found

KEYS = ("case", "participant_id")
STUDIES = ("study", "folder", "path")
_ROLES = {role.value.lower(): role for role in Role}
_KNOWN = ("age", "nihss", "onset_hours", "brain_mask")
RESULT = "result"
"""A folder of a result that is there already; of reviews."""
_OTHERS = ("patient", "group", "split")
"""Of the tables that training takes; a review keeps patient and group."""


def cases_of_table(path: Path) -> Found:
    """The cases of a table, for batch and review alike.

    Columns: `case` (or `participant_id`), and `study` (or `folder`, `path`: what a study is given by), or a column for
    each role with its file, or `result`, a folder of a result; `age`, `nihss`, `onset_hours`, `brain_mask`, `patient`
    and `group` where they are known. Names are in any case, paths relative to the table, empty cells and "n/a" nothing.

    Raises:
        InputError: if it is no table, has not these columns, a case has two rows or no volume, or a number is none.
    """
    rows = read_table(path)
    if not rows:
        raise InputError("holds no case: it has a heading and no row", where=path, fix="Give a row for each case")
    heads = set(rows[0])
    key = next((name for name in KEYS if name in heads), None)
    study = next((name for name in STUDIES if name in heads), None)
    roles = [name for name in _ROLES if name in heads]
    if key is None or not (study or roles or RESULT in heads):
        raise InputError(
            f"has the columns {', '.join(sorted(heads)) or '(none)'}",
            where=path,
            fix="Name the columns case and study, or case and a column for each sequence or map (DWI, FLAIR, CBF, "
            "...), or for a review case and result",
        )
    cases = []
    for name, row in by_key(rows, key, path).items():
        words = tuple(f"{_ROLES[role]}={_placed(row[role], path)}" for role in roles if row[role])
        whole = row.get(study, "") if study else ""
        result = row.get(RESULT, "")
        if (words and whole) or not (words or whole or result):
            what = "names both a study and volumes" if words else "names no study and no volume"
            raise InputError(f"the row of {name} {what}", where=path, fix="Give the one or the other")
        mask, told = row.get("brain_mask", ""), clinical(row, path)
        cases.append(
            BatchCase(
                name,
                words or (_placed(whole, path) if whole else ""),
                _known(row, path),
                _placed(mask, path) if mask else None,
                _placed(result, path) if result else "",
                told.group or "",
                told.patient or "",
            )
        )
    passed = sorted(heads - {key, study, RESULT, *roles, *_KNOWN, *_OTHERS})
    return Found(tuple(cases), (f"columns that say nothing here: {', '.join(passed)}",) if passed else ())


def _placed(word: str, table: Path) -> str:
    """A path as the table means it: relative to its own folder."""
    return str(table.parent / word)


def _known(row: dict[str, str], path: Path) -> ClinicalData:
    known = clinical(row, path)
    hours = row.get("onset_hours", "")
    try:
        onset = float(hours.replace(",", ".")) if hours else None
    except ValueError:
        raise InputError(
            f"'{hours}' in the column 'onset_hours' is not a number", where=path, fix="Correct it"
        ) from None
    # An impossible score is the case's own fault, which its reading tells.
    return ClinicalData(known.age, known.nihss, onset)  # type: ignore[arg-type]
