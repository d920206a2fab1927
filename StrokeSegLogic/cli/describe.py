"""What the terminal says of a result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..result.outcome import Outcome
from ..study.case import Case
from .console import console


def describe(result: Outcome, output: Path, notes: Sequence[str] = (), case: Case | None = None) -> None:
    """Prints what a user wants to know first.

    Args:
        result: of the case.
        output: folder that its files are in.
        notes: on that folder.
        case: as it was read, where the result is anonymous: the terminal is the user's own.
    """
    case = case or result.case
    for series in case.series.values():
        console.print(f"  {series.role.value:<6}{series.source}  ({series.reason})", soft_wrap=True)
    for note in (*case.notes, *result.warnings, *notes):
        console.print(f"  note: {note}", soft_wrap=True)
    for line in result.headline():
        console.print(line, soft_wrap=True)
    console.print(f"Results in {output}: open scene.mrb in 3D Slicer, report.html in a browser", soft_wrap=True)
    if result.maker.trained_on:
        console.print(f"Model {result.maker.name}, trained on {result.maker.trained_on}", soft_wrap=True)
    console.print("Research use only: not a medical device")
