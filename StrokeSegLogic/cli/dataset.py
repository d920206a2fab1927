"""strokeseg dataset: what a data set holds and what is wrong with it; simulated data sets to try things out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from ..base.errors import InputError, OutputError
from ..base.files import write_whole
from ..base.records import is_there, proven, sealed
from .terminal import console, job

if TYPE_CHECKING:
    from ..training.datasets.findings import Findings, Summary

app = typer.Typer(help="Check and simulate data sets.")

Folder = Annotated[Path, typer.Argument(help="Folder of the data set, as it was unpacked.", metavar="DIR")]
LayoutOption = Annotated[str | None, typer.Option(help="Layout to read it as. [default: told from its folders]")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write everything that was found to this file, too.")]
LayoutName = Annotated[str, typer.Argument(help="isles2015, isles2018, isles2022, bids or ctp_folder.")]
NewFolder = Annotated[Path, typer.Argument(help="Folder to write; new or empty.", metavar="DIR")]
Patients = Annotated[int, typer.Option(help="How many patients.")]
Seed = Annotated[int, typer.Option(help="Of everything random.", min=0)]
SoopFolder = Annotated[
    Path, typer.Argument(help="Folder with participants.tsv, lesions/ and the arterial atlas.", metavar="SOOP")
]
SplitName = Annotated[
    Literal["train", "val", "test"] | None,
    typer.Option("--split", help="Write one part alone; its patients are the same as in the whole. [default: all]"),
]
Perfused = Annotated[int, typer.Option("--patients", help="How many patients.", min=7)]
Small = Annotated[bool, typer.Option("--small", help="Voxels of about 4 mm: quick, for tests.")]

_SHOWN = 40


@app.command()
def check(folder: Folder, layout: LayoutOption = None, json_file: JsonFile = None) -> None:
    """Say what a data set holds, what is missing and what looks wrong; exit code 1 if it cannot be trained on."""
    from ..training.datasets.check import check as run
    from ..training.datasets.layouts import read_data_set

    with job() as progress:
        data_set = read_data_set(folder, layout)
        if json_file is not None:
            _require_ours(json_file)
        findings = run(data_set, progress)
    if json_file is not None:
        _write(json_file, findings)
    describe(findings)
    if not findings.usable:
        raise InputError(
            f"the data set cannot be trained on: {findings.errors[0]}",
            where=folder,
            fix=f"Mend the {len(findings.errors)} errors listed" if len(findings.errors) > 1 else "Mend it",
        )


@app.command()
def make(layout: LayoutName, folder: NewFolder, patients: Patients = 6, seed: Seed = 0, small: Small = False) -> None:
    """Write simulated patients in the layout of a public data set."""
    from ..training.datasets.synthetic import write_synthetic

    # It reports nothing; that it is cancelled is heard where files are written.
    with job():
        data_set = write_synthetic(layout, folder, patients, seed, "small" if small else "full")
    made = f"{_count(len(data_set.patients), 'simulated patient')} ({_count(len(data_set.subjects), 'case')})"
    console.print(f"{made} in {folder}: no image is of a person", soft_wrap=True)


@app.command()
def make_perfusion(
    soop: SoopFolder, folder: NewFolder, patients: Perfused = 480, seed: Seed = 0, split: SplitName = None
) -> None:
    """Write simulated CT perfusion whose cores have the shapes of real lesions: what the bundled CTP models learned."""
    from ..training.datasets.subject import SPLITS
    from ..training.simulated_perfusion.write import write_simulated_perfusion

    with job() as progress:
        parts = SPLITS if split is None else (split,)
        data_set = write_simulated_perfusion(soop, folder, patients, seed, progress=progress, splits=parts)
    made = f"{_count(len(data_set.patients), 'simulated patient')}, split as the lesions' patients are,"
    console.print(f"{made} in {folder}: no image is of a person", soft_wrap=True)


def describe(findings: Findings) -> None:
    """Prints a check's outcome."""
    summary = findings.summary
    console.print(f"{summary.folder}: {summary.layout}", soft_wrap=True)
    size = f"{_count(summary.patients, 'patient')}, {_count(summary.cases, 'case')}"
    console.print(f"{size}; masks on the grid of {summary.reference}")
    console.print(_images(summary))
    readers = ", ".join(f"{reader} in {count}" for reader, count in summary.readers.items())
    console.print(f"Masks: {readers or 'none'}", soft_wrap=True)
    if summary.readers:
        console.print(_class_table(summary))
    for name, counts in (("Groups", summary.groups), ("Splits", summary.splits)):
        if set(counts) != {""}:
            shown = ", ".join(f"{key or 'unknown'} {count}" for key, count in counts.items())
            console.print(f"{name} (patients): {shown}", soft_wrap=True)
    if summary.nihss:
        console.print(f"NIHSS {summary.nihss.least:g} to {summary.nihss.greatest:g}, median {summary.nihss.median:g}")
    for title, found in (("error", findings.errors), ("warning", findings.warnings)):
        for finding in found[:_SHOWN]:
            console.print(f"  {title}: {finding}", soft_wrap=True)
        if len(found) > _SHOWN:
            console.print(f"  ... and {len(found) - _SHOWN} more: --json FILE writes all of them")
    if not findings.found:
        console.print("Nothing is missing and nothing looks wrong")


def _images(summary: Summary) -> Table:
    table = Table("image", "cases", "voxels", "spacing mm")
    for name, count in summary.images.items():
        grids = summary.grids.get(name)
        size = _range(grids.least_size, grids.greatest_size) if grids else "not read"
        spacing = _range(grids.least_spacing_mm, grids.greatest_spacing_mm) if grids else ""
        table.add_row(name, f"{count} of {summary.cases}", size, spacing)
    return table


def _class_table(summary: Summary) -> Table:
    table = Table("class", "of all voxels", "cases with it", "ml: least", "median", "greatest")
    for name in summary.classes:
        spread = summary.volumes_ml.get(name)
        cells = (
            [str(spread.cases), *(f"{v:.2f}" for v in (spread.least, spread.median, spread.greatest))] if spread else []
        )
        table.add_row(name, f"{summary.frequencies[name]:.3%}", *cells)
    return table


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _range(least: tuple[float, ...], greatest: tuple[float, ...]) -> str:
    pairs = zip(least, greatest, strict=True)
    return " x ".join(f"{a:.4g}" if a == b else f"{a:.4g}-{b:.4g}" for a, b in pairs)


_KEYS = {"usable", "summary", "found"}
"""What a check's file says, and no other record of ours."""


def _require_ours(path: Path) -> None:
    """Raises OutputError if there is a file that is not an earlier check's, unchanged."""
    if is_there(path) and not (proven(path) or {}).keys() >= _KEYS:
        raise OutputError(
            "is there already, and was not written by a check, or was changed since", where=path, fix="Name a new file"
        )


def _write(path: Path, findings: Findings) -> None:
    _require_ours(path)
    write_whole(path, sealed(findings.as_dict(), {}))
