"""strokeseg review init, propose, list: which cases there are, what is proposed, how far they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich import box
from rich.table import Table as RichTable

from ..review.desk import READER_VARIABLE, Desk, Reader
from ..review.entry import Entry
from ..review.folder import ReviewFolder
from ..review.worklist_file import ReviewSettings
from .batch import LayoutName, Scheduler, Workers
from .segment import Chosen, Overwrite, choosing
from .terminal import console, job

Folder = Annotated[Path, typer.Argument(help="Folder of the review, or of the data that it lies in.", metavar="DIR")]
Name = Annotated[
    str | None, typer.Option("--reader", help=f"Who reads. [default: {READER_VARIABLE}, else the account's name]")
]
OrderName = Literal["name", "volume", "doubt"]
Order = Annotated[
    OrderName | None, typer.Option(help="By name, largest first, or most doubtful first. [default: the review's]")
]
Source = Annotated[
    Path | None,
    typer.Argument(
        help="What strokeseg batch takes (studies, a data set, a table), or a folder of results. "
        "[default: DIR itself, and the review goes into DIR/review]",
        metavar="[SOURCE]",
    ),
]
Results = Annotated[Path | None, typer.Option(help="Folder of the cases' results, named like the cases.")]
Agreement = Annotated[float, typer.Option(help="Dice from which two readers agree.", min=0.0, max=1.0)]
Title = Annotated[str, typer.Option(help="Of the review.")]
FirstOrder = Annotated[OrderName, typer.Option("--order", help="By name, largest first, or most doubtful first.")]
Again = Annotated[
    bool,
    typer.Option(
        "--again", "--retry", help="Try those, too, that failed before or at which worker processes have ended."
    ),
]


def begin(
    folder: Folder,
    source: Source = None,
    results: Results = None,
    order: FirstOrder = "name",
    agreement: Agreement = 0.7,
    title: Title = "",
    layout: LayoutName = None,
) -> None:
    """Make a worklist of a folder, a BIDS data set or a table, with the results that are there as proposals."""
    from ..batch.beginning import begin_review

    settings = ReviewSettings(order, agreement, title)
    with job() as progress:
        review = begin_review(folder, source, results, settings, progress, layout=layout)
    for note in review.notes():
        console.print(f"  note: {note}", soft_wrap=True)
    entries = Desk(review, Reader("-")).worklist()
    console.print(f"{len(entries)} cases in {review.path}", soft_wrap=True)
    tell_states(entries)


@choosing
def propose(
    folder: Folder,
    chosen: Chosen,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    again: Again = False,
    overwrite: Overwrite = False,
) -> None:
    """Segment what has no proposal, as strokeseg batch does; each case can be reviewed as soon as its own is there."""
    from ..batch.proposals import batch_proposer
    from ..review.proposals import propose as run

    proposer = batch_proposer(chosen.settings, workers, scheduler=scheduler, overwrite=overwrite, retry=again)
    with job() as progress:
        problems = run(ReviewFolder.find(folder), proposer, progress, again=again)
    for case, why in problems.items():
        console.print(f"  failed: {case}: {why}", soft_wrap=True)
    tell_states(Desk.open(folder, Reader("-")).worklist())


def show_worklist(folder: Folder, order: Order = None, reader: Name = None) -> None:
    """List all cases with their states, as this reader may see them."""
    desk = desk_of(folder, reader)
    entries = desk.worklist(order)
    shown = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    heads = {"Case": "left", "State": "left", "ml": "right", "Doubt": "right", "": "left"}
    if any(entry.comments for entry in entries):
        heads["Comments"] = "left"
    for head, justify in heads.items():
        shown.add_column(head, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for entry in entries:
        cells = (entry.name, entry.state, *entry.figures, entry.remark(desk.folder.settings.agreement), entry.remarks)
        shown.add_row(*cells[: len(heads)])
    console.print(shown)
    tell_states(entries)


def desk_of(folder: Path, reader: str | None, role: str = "") -> Desk:
    # Nobody tells the command line when a reader is at work: that time is not measured.
    return Desk.open(folder, Reader.known(reader, role), timed=False)


def tell_states(entries: list[Entry]) -> None:
    states = [entry.state for entry in entries]
    counted = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    console.print(counted, soft_wrap=True)
