"""Before and after, case by case and in the mean, and what follows from it for the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...evaluation.bootstrap import bootstrap_intervals
from ...metrics.voxel import Overlap
from .cases import SiteCase

LEAST_PATIENTS = 8
"""With a lesion; a run on fewer only reports."""
LEAST_DIFFERENCE = -0.01
"""Of Dice: the lower bound of its paired difference must reach it."""


@dataclass(frozen=True)
class CaseChange:
    """A case before and after.

    Attributes:
        case, patient: of the study.
        voxel_ml: of the grid that was counted on.
        before: what the model that is adapted finds.
        after: what a model finds that has learned from other patients alone.
    """

    case: str
    patient: str
    voxel_ml: float
    before: Overlap
    after: Overlap

    @property
    def has_lesion(self) -> bool:
        return self.before.true > 0

    @property
    def truth_ml(self) -> float:
        return self.before.true * self.voxel_ml

    def dice(self, found: Overlap) -> float:
        """NaN where the reader saw no lesion: there false volume speaks."""
        return found.dice if self.has_lesion else float("nan")

    def marked_ml(self, found: Overlap) -> float:
        return found.predicted * self.voxel_ml

    def wrong_ml(self, found: Overlap) -> float:
        """|marked - true volume|; NaN where the reader saw no lesion."""
        return abs(found.predicted - found.true) * self.voxel_ml if self.has_lesion else float("nan")

    def false_ml(self, found: Overlap) -> float:
        """Volume that is marked where the reader saw no lesion."""
        return found.false_positive * self.voxel_ml


def changes(
    cases: Sequence[SiteCase], before: Mapping[str, Overlap], after: Mapping[str, Overlap]
) -> tuple[CaseChange, ...]:
    """Before and after of each case."""
    return tuple(
        CaseChange(case.name, case.patient, case.record.reference.voxel_ml, before[case.name], after[case.name])
        for case in cases
    )


@dataclass(frozen=True)
class Mean:
    """A mean over cases with its 95 % interval, whole patients drawn; NaN where there is none."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figure:
    """A metric before, after, and the paired difference after - before.

    Attributes:
        name: for people, with its unit.
        cases: that it is taken over.
    """

    name: str
    cases: int
    before: Mean
    after: Mean
    difference: Mean


_METRICS: dict[str, Callable[[CaseChange, Overlap], float]] = {
    "Dice": CaseChange.dice,
    "|marked \u2212 true| (ml)": CaseChange.wrong_ml,
    "False volume (ml)": CaseChange.false_ml,
}
DICE, VOLUME, FALSE = _METRICS


def figures(found: Sequence[CaseChange]) -> dict[str, Figure]:
    """Each metric over the cases for which it is defined, by its name."""
    patients = [change.patient for change in found]
    made = {}
    for name, metric in _METRICS.items():
        values = np.array([[metric(change, change.before), metric(change, change.after)] for change in found])
        columns = np.column_stack([values, values[:, 1] - values[:, 0]])
        known = ~np.isnan(columns[:, 0])
        intervals = bootstrap_intervals(columns, patients)
        means = columns[known].mean(axis=0) if known.any() else np.full(3, np.nan)
        parts = [Mean(float(mean), float(low), float(high)) for mean, (low, high) in zip(means, intervals, strict=True)]
        made[name] = Figure(name, int(known.sum()), *parts)
    return made


@dataclass(frozen=True)
class Verdict:
    """Whether the adapted model is handed out.

    Attributes:
        against: which conditions do not hold, in words; it is written if there is none.
        speaking_for: which do.
    """

    against: tuple[str, ...]
    speaking_for: tuple[str, ...]

    @property
    def written(self) -> bool:
        return not self.against


def decide(reviewed: Sequence[CaseChange], controls: Sequence[CaseChange]) -> Verdict:
    """Whether a model may take the place of another at a site.

    It may if there are enough patients with a lesion, if it is surely not worse than by a hundredth of Dice (the lower
    end of the interval of the paired difference), and if it marks no more where there is nothing.

    Args:
        reviewed: the site's cases, each seen by a model that has not learned from its patient.
        controls: patients without stroke, seen by the adapted model itself; without any, false volume is that on the
            lesion-free voxels of the reviewed cases.
    """
    patients = len({change.patient for change in reviewed if change.has_lesion})
    dice = figures(reviewed)[DICE].difference
    enough = patients >= LEAST_PATIENTS
    # Without an interval nothing is sure.
    good = dice.low >= LEAST_DIFFERENCE
    false = figures(controls or reviewed)[FALSE]
    spares = false.after.value <= false.before.value
    where = (
        f"on {len(controls)} studies without stroke"
        if controls
        else "no studies without stroke were given (--negatives), so it was taken on the lesion-free voxels of "
        f"{len(reviewed)} held-out cases:"
    )
    conditions = [
        (
            enough,
            f"{patients} patients with a lesion "
            + ("are enough" if enough else f"are fewer than {LEAST_PATIENTS}: such a run only reports"),
        ),
        (
            good,
            f"the paired difference in Dice is {dice.value:+.3f} (95 % interval {dice.low:+.3f} to {dice.high:+.3f}): "
            + (f"its lower end reaches {LEAST_DIFFERENCE}" if good else f"its lower end is below {LEAST_DIFFERENCE}"),
        ),
        (
            spares,
            f"{where} the mean false volume is {false.after.value:.3f} ml and was {false.before.value:.3f} ml: "
            + ("not more" if spares else "more than before"),
        ),
    ]
    return Verdict(
        tuple(words for holds, words in conditions if not holds), tuple(words for holds, words in conditions if holds)
    )
