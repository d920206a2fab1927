"""What an adaptation leaves to be read: page, table of cases, record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isnan
from typing import Any

from ... import __version__
from ...base.csv_files import csv_text
from ...evaluation.bootstrap import RESAMPLES
from ...evaluation.plots import before_and_after
from ...evaluation.tables import DASH, Table
from ...metrics.voxel import Overlap
from ...nets.models.spec import PlanesModelSpec
from ...reports.page import page
from .comparison import LEAST_DIFFERENCE, LEAST_PATIENTS, CaseChange, Figure, Mean, Verdict, figures
from .export import Site
from .settings import AdaptSettings

REPORT, TABLE, PLOT, RECORD = "report.html", "cases.csv", "dice-before-after.png", "adaptation.json"


@dataclass(frozen=True)
class Adaptation:
    """What came of an adaptation.

    Attributes:
        base: the model that was adapted.
        site: whose model it became.
        settings: how.
        folds: names of the cases that each fold's model was tested on.
        reviewed: the site's cases, before and after (see `comparison.decide`).
        controls: patients without stroke; empty where none were given.
        verdict: whether the model was written, and why.
        left_aside: what of the folders is in no figure, in sentences.
        doubts: on cases that are.
    """

    base: PlanesModelSpec
    site: Site
    settings: AdaptSettings
    folds: tuple[tuple[str, ...], ...]
    reviewed: tuple[CaseChange, ...]
    controls: tuple[CaseChange, ...]
    verdict: Verdict
    left_aside: tuple[str, ...]
    doubts: tuple[str, ...]

    def measured(self) -> dict[str, Any]:
        """The figures of the reviewed cases and of the controls."""
        return {
            "reviewed": _record_of(self.reviewed),
            "controls": _record_of(self.controls) if self.controls else None,
            "bootstrap": {"resamples": RESAMPLES, "seed": 0, "level": 0.95},
        }

    def told(self) -> list[str]:
        """What a reader has to know first, in sentences."""
        verdict = self.verdict
        model = f"The model {self.site.name}, adapted from {self.base.name} {self.base.version},"
        if verdict.written:
            made = [f"{model} was written: {'; '.join(verdict.speaking_for)}."]
        else:
            made = [f"{model} was NOT written: {'; '.join(verdict.against)}."]
            made += (
                [f"What would have spoken for it: {'; '.join(verdict.speaking_for)}."] if verdict.speaking_for else []
            )
        return [*made, "All of it was measured on this site's patients, and nowhere else."]


def texts(found: Adaptation) -> dict[str, bytes]:
    """The files to read but the record, by name.

    Raises:
        InputError: if matplotlib is missing.
    """
    plot = before_and_after([(_dice(change, change.before), _dice(change, change.after)) for change in found.reviewed])
    told = page(
        "evaluation.html",
        title=f"{found.base.name}, adapted: {found.site.name}",
        tables=tables(found),
        plots={PLOT: plot},
        notes=_conventions(found),
        missing=found.left_aside,
        told=found.told(),
        version=__version__,
    )
    return {REPORT: told.encode("utf-8", "backslashreplace"), TABLE: _csv(found).encode("utf-8"), PLOT: plot}


def record(found: Adaptation) -> dict[str, Any]:
    """All that is known of an adaptation, for its record."""
    return {
        "strokeseg": __version__,
        "research_use_only": True,
        "base": {
            "name": found.base.name,
            "version": found.base.version,
            "weights_sha256": found.base.weights.sha256,
        },
        "site": asdict(found.site),
        "settings": asdict(found.settings),
        "written_model": found.verdict.written,
        "against": list(found.verdict.against),
        "speaking_for": list(found.verdict.speaking_for),
        "rule": {"least_patients": LEAST_PATIENTS, "least_difference": LEAST_DIFFERENCE},
        "measured": found.measured(),
        "folds": [list(fold) for fold in found.folds],
        "cases": {
            kind: {change.case: asdict(change) for change in part}
            for kind, part in (("reviewed", found.reviewed), ("controls", found.controls))
        },
        "left_aside": list(found.left_aside),
        "doubts": list(found.doubts),
    }


def tables(found: Adaptation) -> list[Table]:
    """Means with intervals, then case by case."""
    parts = [("reviewed cases, each seen by a model that has not learned from its patient", found.reviewed)]
    if found.controls:
        parts.append(("studies without stroke, seen by the adapted model", found.controls))
    return [
        *(_means(title, part) for title, part in parts),
        *(_by_case(f"{title[0].upper()}{title[1:]}", part) for title, part in parts),
    ]


def _means(title: str, part: Sequence[CaseChange]) -> Table:
    shown = [figure for figure in figures(part).values() if figure.cases]
    rows = [
        (figure.name, str(figure.cases), *(_mean(mean) for mean in (figure.before, figure.after)), _signed(figure))
        for figure in shown
    ]
    return Table(f"Mean (95 % interval): {title}", ("Metric", "n", "Before", "After", "Difference"), tuple(rows))


def _mean(mean: Mean) -> str:
    interval = DASH if isnan(mean.low) else f"{mean.low:.3f} to {mean.high:.3f}"
    return f"{mean.value:.3f} ({interval})"


def _signed(figure: Figure) -> str:
    mean = figure.difference
    interval = DASH if isnan(mean.low) else f"{mean.low:+.3f} to {mean.high:+.3f}"
    return f"{mean.value:+.3f} ({interval})"


def _by_case(title: str, part: Sequence[CaseChange]) -> Table:
    heads = ("Case", "Patient", "True (ml)", "Dice before", "after", "Marked before (ml)", "after", "False before (ml)",
             "after")  # fmt: skip
    rows = [(change.case, change.patient, *map(_figure, _values(change))) for change in part]
    return Table(title, heads, tuple(rows), 2)


def _figure(value: float) -> str:
    return DASH if isnan(value) else f"{value:.3f}"


def _values(change: CaseChange) -> tuple[float, ...]:
    """True volume, Dice, marked and false volume, each before and after."""
    found = (change.before, change.after)
    return (
        change.truth_ml,
        *(change.dice(one) for one in found),
        *(change.marked_ml(one) for one in found),
        *(change.false_ml(one) for one in found),
    )


_COLUMNS = ("true_ml", "dice_before", "dice_after", "marked_before_ml", "marked_after_ml", "false_before_ml",
            "false_after_ml")  # fmt: skip


def _csv(found: Adaptation) -> str:
    """One line a case; an empty cell is a Dice where the reader saw no lesion."""
    fold_of = {case: str(number) for number, fold in enumerate(found.folds, 1) for case in fold}
    rows: list[tuple[str, ...]] = [("case", "patient", "kind", "fold", *_COLUMNS)]
    for kind, part in (("reviewed", found.reviewed), ("control", found.controls)):
        for change in part:
            values = ["" if isnan(value) else f"{value:.6g}" for value in _values(change)]
            fold = fold_of[change.case] if kind == "reviewed" else ""
            rows.append((change.case, change.patient, kind, fold, *values))
    return csv_text(rows)


def _dice(change: CaseChange, found: Overlap) -> float:
    return change.dice(found)


def _record_of(part: Sequence[CaseChange]) -> dict[str, Any]:
    patients = len({change.patient for change in part})
    return {name: asdict(figure) | {"patients": patients} for name, figure in figures(part).items() if figure.cases}


def _conventions(found: Adaptation) -> list[str]:
    folds = len(found.folds)
    settings = found.settings
    return [
        f"Cross-validated by patient in {folds} folds: a case's \u201cafter\u201d is what a model finds that has "
        f"learned from the other folds' patients. The model itself learns from all {found.site.cases} cases.",
        f"Each plane's network learned for {settings.steps} steps of {settings.batch} slices at a rate of up to "
        f"{settings.rate:g}; the model holds {settings.mixing:.0%} of the new weights and the rest of the old "
        "(WiSE-FT, Wortsman et al., CVPR 2022). Thresholds and vote are the old model's. Nothing was chosen on cases "
        "that stand here.",
        f"A model is written only with at least {LEAST_PATIENTS} patients with a lesion, if the lower end of the "
        f"interval of the paired difference in Dice is at least {LEAST_DIFFERENCE}, and if the mean false volume on "
        "studies without stroke (without such studies: outside of the lesions of the held-out cases) is not more.",
        f"Intervals are 95 % percentile bootstrap intervals of the mean: patients drawn with replacement, {RESAMPLES} "
        "resamples, seed 0. Dice and volume are of cases with a lesion; false volume is what is marked where the "
        "reader saw none.",
        f"What the old model was trained on: {found.base.trained_on}",
        *found.doubts,
    ]
