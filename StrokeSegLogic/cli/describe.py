"""What the terminal says of a result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..outcome import Outcome
from .console import console


def describe(result: Outcome, output: Path, notes: Sequence[str] = ()) -> None:
    """Prints what a user wants to know first; `notes` are on the output folder."""
    for series in result.case.series.values():
        console.print(f"  {series.role.value:<6}{series.source}  ({series.reason})", soft_wrap=True)
    for note in (*result.case.notes, *result.warnings, *notes):
        console.print(f"  note: {note}", soft_wrap=True)
    for line in result.headline():
        console.print(line, soft_wrap=True)
    console.print(f"Results in {output}: open scene.mrb in 3D Slicer, report.html in a browser", soft_wrap=True)
    if result.maker.trained_on:
        console.print(f"Model {result.maker.name}, trained on {result.maker.trained_on}", soft_wrap=True)
    console.print("Research use only: not a medical device")
