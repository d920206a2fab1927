"""strokeseg compare: two results, or two folders of results, held against each other; limits for scripts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from .. import __version__
from ..base.errors import InputError, OutputError, StrokeSegError
from ..base.files import write_whole
from ..base.json_files import json_ready
from ..base.records import is_there, move_aside, proven, sealed
from ..evaluation.agreement import Agreement, Comparison, Limits, compare_results, rows_csv
from .segment import Overwrite
from .terminal import console, job

First = Annotated[Path, typer.Argument(help="Folder of a result, folder of results, or a mask.", metavar="A")]
Second = Annotated[Path, typer.Argument(help="What A is compared with.", metavar="B")]
LeastDice = Annotated[float | None, typer.Option("--min-dice", help="Least Dice of any case.", min=0, max=1)]
MostHd95 = Annotated[float | None, typer.Option("--max-hd95", help="Most HD95 of any case, mm.", min=0)]
MostAssd = Annotated[float | None, typer.Option("--max-assd", help="Most ASSD of any case, mm.", min=0)]
MostVolume = Annotated[float | None, typer.Option("--max-volume-difference", help="Of any case, ml.", min=0)]
Resample = Annotated[bool, typer.Option("--resample", help="Lay B's masks on A's grid where it is another.")]
AllowMissing = Annotated[bool, typer.Option("--allow-missing", help="Go on without cases that one side alone has.")]
Output = Annotated[Path | None, typer.Option(help="Write every row to this file, .csv or .json.")]

_KEYS = {"a", "b", "limits", "rows"}
"""What the record of a comparison says, and no other record of ours."""


class BeyondLimits(StrokeSegError):
    """Results are further apart than a script allows."""

    exit_code = 4


def compare(
    a: First,
    b: Second,
    min_dice: LeastDice = None,
    max_hd95: MostHd95 = None,
    max_assd: MostAssd = None,
    max_volume_difference: MostVolume = None,
    resample: Resample = False,
    allow_missing: AllowMissing = False,
    output: Output = None,
    overwrite: Overwrite = False,
) -> None:
    """Compare two results, or folders of results, case by case; exit code 4 if they are beyond a limit."""
    limits = Limits(min_dice, max_hd95, max_assd, max_volume_difference)
    if output is not None:
        _require_free(output, overwrite)
    with job() as progress:
        found = compare_results(a, b, resample=resample, allow_missing=allow_missing, progress=progress)
    if output is not None:
        _write(output, found, limits, a, b, overwrite)
    _describe(found)
    beyond = [f"{row.case}, {row.label}: {' and '.join(words)}" for row in found.rows if (words := limits.beyond(row))]
    if beyond:
        more = f" (and {len(beyond) - 1} more)" if len(beyond) > 1 else ""
        raise BeyondLimits(f"beyond the limits: {beyond[0]}{more}", where=b, fix="See the table above")


def _describe(found: Comparison) -> None:
    for name, makes in (("A", found.a), ("B", found.b)):
        for words in makes:
            console.print(f"  {name}  {words}", soft_wrap=True)
    for words in (*found.alone, *sorted({f"{row.case}: {row.note}" for row in found.rows if row.note})):
        console.print(f"  note: {words}", soft_wrap=True)
    table = Table("case", "label", *("A ml", "B ml", "voxels differ", "Dice", "HD95 mm", "ASSD mm"), box=box.SIMPLE)
    for column in table.columns[2:]:
        column.justify = "right"
    for row in found.rows:
        table.add_row(row.case, row.label, *_cells(row))
    console.print(table)
    same = sum(not row.different_voxels for row in found.rows)
    worst = min(row.dice for row in found.rows)
    console.print(f"{same} of {len(found.rows)} rows are the same to the voxel; least Dice {worst:.4f}", soft_wrap=True)


def _cells(row: Agreement) -> tuple[str, ...]:
    distances = (f"{mm:.2f}" if mm == mm else "\u2013" for mm in (row.hausdorff95_mm, row.assd_mm))
    return f"{row.a_ml:.2f}", f"{row.b_ml:.2f}", str(row.different_voxels), f"{row.dice:.4f}", *distances


def _require_free(path: Path, overwrite: bool) -> None:
    """Refuses a file of another ending, and a name that something has which is no comparison's record, unchanged."""
    if path.suffix.lower() not in (".csv", ".json"):
        raise InputError("is neither .csv nor .json", where=path, option="output", fix="Name a file of either kind")
    if is_there(path) and not overwrite and not (proven(path) or {}).keys() >= _KEYS:
        raise OutputError(
            "is there already, and no record shows it to be a comparison's",
            where=path,
            fix="Name a new file",
            option="overwrite",
        )


def _write(path: Path, found: Comparison, limits: Limits, a: Path, b: Path, overwrite: bool) -> None:
    _require_free(path, overwrite)
    if path.suffix.lower() == ".csv":
        content = rows_csv(found.rows).encode("utf-8", "backslashreplace")
    else:
        rows = [{**asdict(row), "beyond": limits.beyond(row)} for row in found.rows]
        values: dict[str, Any] = {
            "strokeseg": __version__,
            "a": {"place": str(a), "made_by": found.a},
            "b": {"place": str(b), "made_by": found.b},
            "alone": found.alone,
            "limits": asdict(limits),
            "rows": rows,
        }
        content = sealed(json_ready(values), {})
    if is_there(path) and overwrite:
        try:
            move_aside(path)
        except OSError as error:
            raise OutputError(f"cannot be moved aside ({error.strerror or error})", where=path) from error
    write_whole(path, content)
