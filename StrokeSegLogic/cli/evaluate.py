"""strokeseg evaluate: masks against masks, tables and plots out."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError, OutputError
from ..base.reservation import reserved
from ..evaluation.classes import parse_classes
from ..evaluation.cohort import Evaluation, Sources, evaluate_folders
from ..evaluation.pairing import MEMBERS
from ..evaluation.plots import require_matplotlib
from ..evaluation.readers import Joint
from ..evaluation.report import FILES, RECORD, Settings, sum_up, told, write_evaluation
from ..evaluation.tables import paper_table, telling
from .segment import Overwrite
from .terminal import console, job, print_table

DEFAULT_MEMBERS = ",".join(MEMBERS)
SHOWN = ("dice", "hausdorff95_mm", "volume_difference_ml", "lesion_f1_isles22")

Predictions = Annotated[
    Path, typer.Argument(help="Folder of masks: CASE.nii.gz, CASE/labels.nii.gz, vote/CASE.nii.gz, CASE/vote.nii.gz.")
]
References = Annotated[Path, typer.Argument(help="Folder of reference masks; with --readers of one folder for each.")]
GroupFile = Annotated[Path | None, typer.Option("--groups", help="CSV or TSV with columns case, group, patient.")]
Readers = Annotated[
    tuple[str, str] | None, typer.Option("--readers", help="Two folders in REFERENCES, one reader each.", metavar="A B")
]
JointChoice = Annotated[Joint, typer.Option("--joint", help="What 'against both readers' means.")]
Labels = Annotated[
    str | None,
    typer.Option(help="VALUE=NAME,... or a JSON file. [default: labels.json in PREDICTIONS, else every label found]"),
]
Brain = Annotated[Path | None, typer.Option(help="Folder of brain masks, for accuracy inside the brain.")]
Members = Annotated[str, typer.Option(help="Names of an ensemble's members, parted by commas.")]
AllowMissing = Annotated[bool, typer.Option("--allow-missing", help="Go on without cases that have no partner.")]
EmptyAsZero = Annotated[
    bool,
    typer.Option("--empty-as-zero", help="Count 0 where both masks are empty, as the slow-fusion paper's tables do."),
]
Resamples = Annotated[int, typer.Option(help="Resamples of the bootstrap.", min=100, max=100_000)]
Seed = Annotated[int, typer.Option(help="Seed of the bootstrap.", min=0)]
Output = Annotated[Path | None, typer.Option(help="Folder for tables, plots and page; made if missing.")]


def evaluate(
    predictions: Predictions,
    references: References,
    groups: GroupFile = None,
    readers: Readers = None,
    joint: JointChoice = Joint.MEAN,
    labels: Labels = None,
    brain: Brain = None,
    members: Members = DEFAULT_MEMBERS,
    allow_missing: AllowMissing = False,
    empty_as_zero: EmptyAsZero = False,
    resamples: Resamples = 2000,
    seed: Seed = 0,
    output: Output = None,
    overwrite: Overwrite = False,
) -> None:
    """Score predicted masks against reference masks, case by case and by group."""
    sources = Sources(
        predictions=predictions,
        references=references,
        groups=groups,
        readers=readers,
        joint=joint,
        brain=brain,
        classes=None if labels is None else parse_classes(labels),
        members=_names(members),
        allow_missing=allow_missing,
        empty_as_zero=empty_as_zero,
    )
    settings = Settings(resamples, seed)
    if output is not None:
        require_matplotlib()
        _require_elsewhere(output, predictions, references, *([] if brain is None else [brain]))
    held = nullcontext() if output is None else reserved(output, FILES, RECORD, overwrite=overwrite)
    with job() as progress, held as place:
        evaluation = evaluate_folders(sources, progress.span(0.0, 0.8))
        if output is not None:
            write_evaluation(evaluation, sources, settings, output, progress.span(0.8, 1.0))
    show(evaluation, settings)
    for note in () if place is None else place.notes:
        console.print(f"note: {note}", soft_wrap=True)
    if output is not None:
        console.print(f"Tables and plots in {output}: open report.html in a browser", soft_wrap=True)
    console.print("Research use only: not a medical device")


def show(evaluation: Evaluation, settings: Settings) -> None:
    """Prints the cohort's main figures, a table for each class."""
    summary = sum_up(evaluation, settings)
    for sentence in told(evaluation):
        console.print(sentence, soft_wrap=True)
    for gap in evaluation.missing:
        console.print(f"  in no figure: {gap}", soft_wrap=True)
    for label in evaluation.classes:
        of_label = [row for row in summary if row.key["label"] == label]
        cases = len({row.case for row in evaluation.rows})
        title = f"{label}: mean\u00b1SD of {cases} case{'' if cases == 1 else 's'}"
        fields = telling(of_label, ("member", "reference", "group"))
        table = paper_table(of_label, fields, ("metric",), metrics=SHOWN, title=title)
        print_table(table)


def _names(words: str) -> tuple[str, ...]:
    names = tuple(word.strip() for word in words.split(",") if word.strip())
    if not names:
        raise InputError("names no member", where="--members", fix="Write axial,coronal,sagittal,vote")
    return names


def _require_elsewhere(output: Path, *inputs: Path) -> None:
    # Inside an input folder the next run would find this run's files there.
    for folder in inputs:
        if folder.resolve() in (output.resolve(), *output.resolve().parents):
            raise OutputError("lies in a folder of masks", where=output, fix="Choose another output folder")
