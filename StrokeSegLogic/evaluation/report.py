"""Everything that an evaluation leaves: cases, tables, plots, page and record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from .. import __version__
from ..base.progress import Progress
from ..base.recorded_files import write_recorded
from ..metrics.lesions import ISLES24_MATCH
from ..reports.page import page
from .bootstrap import RESAMPLES
from .catalog import MAIN, METRICS, OTHERS, OVERLAPS, SLOW_FUSION
from .cohort import Evaluation, Sources
from .plots import plots
from .readers import Joint
from .summary import TableRow, summarise
from .tables import Table, cases_csv, paper_table, summary_csv, telling

TITLE = "StrokeSeg evaluation"
RECORD = "evaluation.json"
"""Written last: a folder that has it is whole."""
FILES = ("cases.csv", "tables.csv", "tables.md", "report.html", "dice-1.png", "bland-altman-1.png", RECORD)
"""Of every evaluation; several classes have more plots."""


@dataclass(frozen=True)
class Settings:
    """How a cohort is summed up.

    Attributes:
        resamples, seed: of the bootstrap.
    """

    resamples: int = RESAMPLES
    seed: int = 0


def sum_up(evaluation: Evaluation, settings: Settings) -> list[TableRow]:
    """The summary by comparison, group and class."""
    return summarise(evaluation.rows, resamples=settings.resamples, seed=settings.seed)


def write_evaluation(
    evaluation: Evaluation,
    sources: Sources,
    settings: Settings,
    folder: Path,
    progress: Progress | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Writes cases.csv, tables.csv, tables.md, report.html, the plots and evaluation.json, all or none.

    What an earlier evaluation wrote there is replaced, also what this evaluation does not write again.

    Args:
        evaluation, sources, settings: what to write, and how it came about.
        folder: made if missing; other files in it stay.
        progress: of the writing.
        overwrite: move files of the user's that have these names aside (see `base.reservation.reserved`).

    Raises:
        InputError: if matplotlib is missing.
        OutputError: if the folder cannot be written to, or files that are not ours are in the way; what was there
            before is then still there.
    """
    report = progress or Progress()
    report(0.0, "summing up")
    summary = sum_up(evaluation, settings)
    tables, notes = cohort_tables(summary, evaluation), conventions(sources, settings)
    report(0.4, "drawing plots")
    drawn = plots(evaluation.rows, tuple(evaluation.classes))
    files = {
        "cases.csv": _utf8(cases_csv(evaluation.rows)),
        "tables.csv": _utf8(summary_csv(summary)),
        "tables.md": _utf8(_markdown(tables, notes, evaluation)),
        "report.html": _utf8(_page(tables, drawn, notes, evaluation)),
        **drawn,
    }
    writers = {name: partial(_write, content) for name, content in files.items()}
    values = _record(evaluation, sources, settings)
    write_recorded(folder, writers, RECORD, values, report.span(0.9, 1.0), overwrite=overwrite)
    report(1.0, "files written")


def _utf8(text: str) -> bytes:
    # Names of cases in undecodable bytes are shown by these bytes' numbers.
    return text.encode("utf-8", "backslashreplace")


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def cohort_tables(summary: Sequence[TableRow], evaluation: Evaluation) -> list[Table]:
    """The papers' tables: every metric by comparison and group, one table a class; then slow fusion's Table 3."""
    tables: list[Table] = []
    fields = telling(summary, ("member", "reference", "group"))
    for label in evaluation.classes:
        of_label = [row for row in summary if row.key["label"] == label]
        for title, metrics in (("overlap", OVERLAPS), ("distances, volumes, lesions", OTHERS)):
            title = f"{label}: {title}, mean\u00b1SD"
            tables.append(paper_table(of_label, fields, ("metric",), metrics=metrics, title=title))
        title = f"{label}: mean (95 % interval); median"
        tables.append(paper_table(of_label, fields, ("metric",), metrics=MAIN, title=title, interval=True))
    if len({row.key["group"] for row in summary}) > 1 or len(evaluation.classes) > 1:
        tables.append(paper_table(summary, metrics=SLOW_FUSION, title="By metric, group and class, mean\u00b1SD"))
    return tables


def conventions(sources: Sources, settings: Settings) -> list[str]:
    """What a reader of the figures must know, in sentences."""
    notes = [
        "SD is the sample standard deviation (n \u2212 1). Intervals are 95 % percentile bootstrap intervals of the "
        f"mean: patients drawn with replacement, {settings.resamples} resamples, seed {settings.seed}.",
        "\u201c17/19\u201d: for two of 19 cases the metric is undefined; they are in no mean.",
        "Both masks empty: Dice, Jaccard and lesion F1 are 1, distances undefined. One empty: 0 and undefined. Other "
        "ratios are undefined where their denominator is zero."
        if not sources.empty_as_zero
        else "Both masks empty: Dice, Jaccard, lesion F1 and distances count 0, as in the slow-fusion paper's Table 3.",
        "Distances are between centres of surface voxels, in mm. Hausdorff 95 % is the larger of the two directed 95th "
        "percentiles; ASSD the mean over both surfaces pooled.",
        "Lesion F1 (ISLES'22): a reference lesion is found if one voxel of it is predicted. Lesion F1 (ISLES'24): "
        f"lesions are matched one to one from an intersection over union of {ISLES24_MATCH} on. Components of 26 "
        "neighbours.",
        "\u0394V is |reference \u2212 predicted|. Accuracy, specificity and balanced accuracy are over the whole "
        "volume, with its air, unless they say \u201cin brain\u201d.",
    ]
    if sources.readers is not None:
        a, b = sources.readers
        joined = {
            Joint.MEAN: "for each case the mean of the scores against either reader",
            Joint.INTERSECTION: "against the voxels to which both readers give the same label",
            Joint.UNION: "against the voxels to which either reader gives the label, the higher of two",
        }[sources.joint]
        notes.append(
            f"\u201c{a} & {b}\u201d is {joined}. \u201c{a}\u201d against \u201c{b}\u201d: {b} is the reference."
        )
    return notes


def told(evaluation: Evaluation) -> tuple[str, ...]:
    """Whose predictions they are and whether anything about them is simulated, in sentences."""
    return () if evaluation.origin is None else evaluation.origin.sentences()


def _page(tables: Sequence[Table], drawn: Mapping[str, bytes], notes: Sequence[str], evaluation: Evaluation) -> str:
    """Tables, plots (PNG, inside the page) and notes; no script, nothing loaded from elsewhere."""
    return page(
        "evaluation.html",
        title=TITLE,
        tables=tables,
        plots=drawn,
        notes=notes,
        missing=evaluation.missing,
        told=told(evaluation),
        version=__version__,
    )


def _markdown(tables: Sequence[Table], notes: Sequence[str], evaluation: Evaluation) -> str:
    missing = ["**In no figure:**", *(f"- {what}" for what in evaluation.missing), ""] if evaluation.missing else []
    whose = [line for sentence in told(evaluation) for line in (sentence, "")]
    parts = [f"# {TITLE}", "", "Research use only: not a medical device.", "", *whose, *missing]
    return "\n".join([*parts, *(table.markdown() for table in tables), *(f"- {note}" for note in notes)]) + "\n"


def _record(evaluation: Evaluation, sources: Sources, settings: Settings) -> dict[str, Any]:
    return {
        "strokeseg": __version__,
        "predictions": str(sources.predictions),
        "predicted_by": None if evaluation.origin is None else asdict(evaluation.origin),
        "references": str(sources.references),
        "groups": None if sources.groups is None else str(sources.groups),
        "readers": sources.readers,
        "joint": sources.joint.value,
        "brain": None if sources.brain is None else str(sources.brain),
        "classes": evaluation.classes,
        "cases": len({row.case for row in evaluation.rows}),
        "missing": evaluation.missing,
        "bootstrap": {"resamples": settings.resamples, "seed": settings.seed, "level": 0.95},
        "empty_as_zero": sources.empty_as_zero,
        "metrics": {name: metric.unit for name, metric in METRICS.items()},
    }
