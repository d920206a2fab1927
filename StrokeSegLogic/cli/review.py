"""strokeseg review: many cases, one after the other; records that show what was changed or lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..base.errors import InputError, StrokeSegError
from ..review.desk import share_of
from ..review.entry import Reading
from ..review.folder import ReviewFolder
from .review_worklist import Folder, Name, Order, begin, desk_of, propose, show_worklist
from .segment import Overwrite
from .terminal import console, job, print_table

if TYPE_CHECKING:
    from ..review.drafts import Draft
    from ..review.reading import Session

app = typer.Typer(help="Review many cases: a worklist, readings, records, numbers.", no_args_is_help=True)
app.command("init")(begin)
app.command()(propose)
app.command("list")(show_worklist)

Case = Annotated[str, typer.Argument(help="Name of the case.", metavar="CASE")]
Role = Annotated[str, typer.Option(help="What the reader is: neuroradiologist, resident, ...")]
Comment = Annotated[str, typer.Option(help="In the reader's words.")]
TakeOver = Annotated[bool, typer.Option("--take-over", help="Also from a reader who has the case before them.")]
Of = Annotated[
    Literal["first", "second"] | None,
    typer.Option("--of", help="Arbitration: whose labels hold, in place of the model's."),
]
Labels = Annotated[Path, typer.Argument(help="Corrected labels: .seg.nrrd, NIfTI, NRRD, MetaImage.", metavar="FILE")]
Reason = Annotated[str, typer.Option(help="Why the case cannot be used.")]
Text = Annotated[str, typer.Argument(help="What there is to say.", metavar="TEXT")]
Cases = Annotated[list[str] | None, typer.Argument(help="Names of cases.", metavar="[CASE]...")]
Share = Annotated[float | None, typer.Option(help="In place of names: a part of all cases, drawn by the seed.")]
Seed = Annotated[int, typer.Option(help="Of the draw.", min=0)]
Withdraw = Annotated[bool, typer.Option("--withdraw", help="Take it back where no second reader has read yet.")]
ExportRecord = Annotated[
    Path | None,
    typer.Option("--export", help="review.json of an export: a tail that was cut with the worklist is seen."),
]
Output = Annotated[Path | None, typer.Option(help="Folder for tables, plots and page; made if missing.")]
Target = Annotated[Path, typer.Argument(help="Folder to write; made if missing.", metavar="OUTPUT")]
Form = Annotated[
    Literal["nifti", "bids", "train", "evaluate"],
    typer.Option("--as", help="Masks; BIDS derivatives; what strokeseg train takes; what strokeseg evaluate takes."),
]
Which = Annotated[
    Literal["final", "first", "second", "proposal", "majority", "staple"],
    typer.Option(help="Whose labels: what holds, a reader's, the model's, or a consensus of both readers."),
]

Unblind = Annotated[
    bool,
    typer.Option(
        "--with-open-second-reads",
        help="Also what was decided on cases that wait for a second reader. For whoever reads none of them.",
    ),
]


@app.command("next")
def take_next(folder: Folder, order: Order = None, reader: Name = None, role: Role = "") -> None:
    """Take the next case that waits for this reader, so that no other gets it."""
    desk, unread = desk_of(folder, reader, role), list[str]()
    while (session := desk.next(order, unread)) is not None:
        try:
            _tell(session)
            return
        except InputError as error:
            # One that cannot be read is in nobody's way.
            unread.append(session.case)
            console.print(str(error), soft_wrap=True, markup=False)
    console.print("Nothing waits for you" if not unread else "Nothing else waits for you")


@app.command()
def start(folder: Folder, case: Case, reader: Name = None, role: Role = "", take_over: TakeOver = False) -> None:
    """Take a case by its name."""
    _tell(desk_of(folder, reader, role).start(case, take_over=take_over))


@app.command()
def accept(
    folder: Folder, case: Case, reader: Name = None, role: Role = "", comment: Comment = "", of: Of = None
) -> None:
    """Accept the proposal; between two readers who disagree, --of says whose labels hold."""
    _decide(folder, case, reader, role, lambda session: session.accept(comment, of=of))


@app.command()
def edit(
    folder: Folder, case: Case, labels: Labels, reader: Name = None, role: Role = "", comment: Comment = ""
) -> None:
    """Save corrected labels as a new version."""
    _decide(folder, case, reader, role, lambda session: session.save(labels, comment))


@app.command()
def reject(
    folder: Folder, case: Case, reason: Reason, reader: Name = None, role: Role = "", comment: Comment = ""
) -> None:
    """Reject a case that cannot be used."""
    _decide(folder, case, reader, role, lambda session: session.reject(reason, comment))


@app.command()
def leave(folder: Folder, case: Case, reader: Name = None, role: Role = "") -> None:
    """Give a case back without a decision."""
    desk = desk_of(folder, reader, role)
    claim = desk.entry(case).claim
    if claim is None or claim.reader != desk.reader.name:
        raise InputError(f"is not before {desk.reader.name}", where=case, fix="See strokeseg review list")
    desk.start(case).leave()


@app.command()
def comment(folder: Folder, case: Case, text: Text, reader: Name = None, role: Role = "") -> None:
    """Add a remark to a case."""
    desk_of(folder, reader, role).comment(case, text)


@app.command()
def second(
    folder: Folder,
    cases: Cases = None,
    share: Share = None,
    seed: Seed = 0,
    withdraw: Withdraw = False,
    reader: Name = None,
    role: Role = "",
) -> None:
    """Ask for a second reader, blind to the first: of some cases, or of a share of all."""
    if bool(cases) == (share is not None):
        raise InputError("names of cases or a share", option="share", fix="Give one of the two")
    desk = desk_of(folder, reader, role)
    chosen = cases or share_of(desk.folder.chain(), share or 0.0, seed)
    changed = desk.want_second(chosen, wanted=not withdraw)
    words = "no second reader any more" if withdraw else "a second reader"
    console.print(f"{len(changed)} more case(s) want {words}", soft_wrap=True)


@app.command()
def verify(folder: Folder, export: ExportRecord = None) -> None:
    """Find what was changed or lost; exit code 1 if anything was."""
    from ..review.verify import verify as look

    with job() as progress:
        found = look(folder, export, progress)
    for finding in found.findings:
        console.print(f"  {finding.kind}: {finding}", soft_wrap=True)
    console.print(f"{found.events} events and {found.files} files; the last event is {found.head.last_sha256}")
    faults = [finding for finding in found.findings if finding.kind == "fault"]
    if faults:
        raise InputError(f"{len(faults)} fault(s): {faults[0]}", where=folder, fix="Take a copy back")
    console.print("Nothing was changed or lost")


@app.command()
def report(folder: Folder, output: Output = None, overwrite: Overwrite = False, unblind: Unblind = False) -> None:
    """Progress, time, edits, and agreement of model and readers."""
    from ..review.numbers import count
    from ..review.report import PAGE, blind_words, left_out, tables, write_review_report

    review = ReviewFolder.find(folder)
    with job() as progress:
        numbers = count(review, progress, open_second_reads=unblind)
        if output is None:
            made = tables(numbers, review.settings.agreement)
        else:
            made = write_review_report(numbers, review, output, overwrite=overwrite)
    for table in made:
        print_table(table)
    for case, why in numbers.unread.items():
        console.print(f"  in no figure: {case}: {why}", soft_wrap=True)
    if numbers.blind:
        console.print(f"  {blind_words(numbers.blind)}", soft_wrap=True)
    if output is not None:
        for what in left_out():
            console.print(f"  note: {what}", soft_wrap=True)
        where = f": open {PAGE} in a browser" if (output / PAGE).exists() else ""
        console.print(f"Tables and plots in {output}{where}", soft_wrap=True)
    console.print("Research use only: not a medical device")


@app.command()
def export(
    folder: Folder,
    output: Target,
    form: Form = "nifti",
    which: Which = "final",
    overwrite: Overwrite = False,
    unblind: Unblind = False,
) -> None:
    """Write labels of the review: NIfTI, BIDS derivatives, or the folders of strokeseg train and evaluate."""
    from ..review.export import export_review

    with job() as progress:
        review = ReviewFolder.find(folder)
        selection = export_review(review, output, form, which, progress, overwrite=overwrite, open_second_reads=unblind)
    console.print(f"{len(selection.chosen)} cases in {output}", soft_wrap=True)
    for case, why in selection.left_out.items():
        console.print(f"  not there: {case} {why}", soft_wrap=True)


def _tell(session: Session) -> None:
    """What a reader needs to look at a case, elsewhere; a case that cannot be read is given back."""
    try:
        lines = _looked_at(session)
    except InputError:
        session.leave()
        raise
    for name, value in lines:
        console.print(f"  {name:<16}{os.fspath(value)}", soft_wrap=True)


def _looked_at(session: Session) -> list[tuple[str, str | Path]]:
    lines: list[tuple[str, str | Path]] = [("case", session.case), ("reading", session.reading)]
    study = session.study or ()
    lines += [("study", each) for each in ((study,) if isinstance(study, str) else study)]
    lines += [("result", session.result)] if session.result else []
    lines.append(("proposal", session.proposal().path))
    lines += [("draft", _draft_words(session, draft)) for draft in session.drafts()]
    lines += [(f"{turn} reader", f"{each.decision} {each.file}".strip()) for turn, each in session.readings().items()]
    lines += [("comment", f"{event['reader']}: {event['comment']}") for event in session.comments()]
    slices = ", ".join(str(place.index) for place in session.record.slices[:6])
    return [*lines, ("doubtful slices", slices)] if slices else lines


def _draft_words(session: Session, draft: Draft) -> str:
    on = f" on {draft.elsewhere}" if draft.elsewhere else ""
    return f"{os.fspath(session.path_of(draft))} (until {draft.time[:16]} UTC{on})"


def _decide(folder: Path, case: str, reader: str | None, role: str, decide: Callable[[Session], Reading]) -> None:
    """Decides on a case; one that this command alone has taken is given back where that fails."""
    desk = desk_of(folder, reader, role)
    claim = desk.entry(case).claim
    session = desk.start(case)
    try:
        reading = decide(session)
    except StrokeSegError:
        if claim is None:
            session.leave()
        raise
    told = reading.content.get("to_proposal")
    words = (
        "" if told is None else f": {told['added']} voxels added, {told['removed']} removed, Dice {told['dice']:.3f}"
    )
    console.print(f"{reading.content['case']} {reading.decision}{words}", soft_wrap=True)
    for draft in session.drafts():
        console.print(f"  not in it, and kept: the draft {_draft_words(session, draft)}", soft_wrap=True)
