"""strokeseg batch: a data set in, a result for each case out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..base.errors import Cancelled, InputError, printable
from .segment import Chosen, Overwrite, choosing, output_folder
from .terminal import console, job

if TYPE_CHECKING:
    from ..batch.record import BatchResult

Source = Annotated[
    Path,
    typer.Argument(
        help="A folder whose subfolders (or archives) are studies, a data set (BIDS, ISLES, ...), or a CSV or TSV with "
        "the columns case and study, or case and a column for each sequence or map (DWI, FLAIR, CBF, ...).",
        metavar="INPUT",
    ),
]
Output = Annotated[str, typer.Argument(help="Folder for the results: a folder a case. Give it again to go on.")]
Workers = Annotated[int, typer.Option(help="Processes on this computer; each loads the weights once.", min=1)]
Scheduler = Annotated[
    str | None,
    typer.Option(help="An existing Dask scheduler, tcp://HOST:PORT, whose workers see the same folders."),
]
LayoutName = Annotated[
    str | None,
    typer.Option(
        "--layout", help="Layout of the data set; 'folders': each folder is a study. [default: told from the folder]"
    ),
]
Retry = Annotated[bool, typer.Option("--retry", help="Take up again cases at which worker processes have ended.")]

_SHOWN = 10
"""Failed cases that are named in the terminal."""


@choosing
def batch(
    source: Source,
    output: Output,
    chosen: Chosen,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    layout: LayoutName = None,
    retry: Retry = False,
    overwrite: Overwrite = False,
) -> None:
    """Segment every study of a data set; run it again to do what is missing."""
    from ..batch.cases import find_cases
    from ..batch.record import read_batch
    from ..batch.run import run_batch
    from ..batch.summary import PAGE, TABLE

    folder = output_folder(output)
    with job() as progress:
        progress(0.0, "looking for cases")
        found = find_cases(source, layout, folder)
        try:
            result = run_batch(
                found.cases,
                folder,
                chosen.settings,
                workers,
                progress,
                scheduler=scheduler,
                overwrite=overwrite,
                retry=retry,
                notes=found.notes,
            )
        except Cancelled:
            describe(read_batch(folder))
            console.print("Run it again to go on", soft_wrap=True)
            raise
    describe(result)
    failed = result.of_state("failed")
    if failed:
        raise InputError(
            f"{len(failed)} of {len(result.entries)} cases failed",
            where=folder,
            fix=f"See their reasons in {PAGE} or {TABLE}, and run it again to do what is missing",
        )


def describe(result: BatchResult) -> None:
    """Prints what became of the cases."""
    from ..batch.summary import PAGE, TABLE

    for note in result.notes:
        console.print(f"  note: {note}", soft_wrap=True)
    failed = result.of_state("failed")
    for entry in failed[:_SHOWN]:
        console.print(f"  failed: {printable(entry.case)}: {entry.reason}", soft_wrap=True)
    if len(failed) > _SHOWN:
        console.print(f"  ... and {len(failed) - _SHOWN} more", soft_wrap=True)
    changed = [printable(entry.case) for entry in result.entries if entry.changed]
    if changed:
        shown = ", ".join(changed[:_SHOWN]) + (f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else "")
        console.print(f"  changed since they were made, and left as they are: {shown}", soft_wrap=True)
    counts = ", ".join(f"{count} {state}" for state, count in result.counts.items() if count)
    console.print(f"{len(result.entries)} cases: {counts}", soft_wrap=True)
    console.print(f"Results in {result.folder}: {PAGE} in a browser, {TABLE} as a table", soft_wrap=True)
    console.print("Research use only: not a medical device")
