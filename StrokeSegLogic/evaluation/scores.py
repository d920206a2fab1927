"""All metrics of one pair of masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ..metrics.lesions import Variant, lesion_scores
from ..metrics.surface import SpacingMm, surface_distances
from ..metrics.voxel import overlap

Classes = Mapping[str, tuple[int, ...]]
"""Names of the classes that are scored, and the label values that belong to each."""


@dataclass(frozen=True)
class CaseScores:
    """One prediction against one truth, one class. Empty masks: see the table in `StrokeSegLogic.metrics`.

    NaN is undefined for this pair; None is not measured (no brain mask was given).

    Attributes:
        dice, jaccard, accuracy, balanced_accuracy, precision, recall, specificity: over the whole volume.
        brain_accuracy, brain_balanced_accuracy, brain_specificity: over the voxels of the brain mask.
        hausdorff_mm, hausdorff95_mm, assd_mm: distances of surfaces; see `metrics.surface`.
        truth_ml, predicted_ml: volumes.
        volume_difference_ml: |truth - predicted|, the papers' delta V.
        volume_bias_ml: predicted - truth.
        lesion_f1_isles22, lesion_f1_isles24: lesion-wise F1 by each challenge's rule; see `metrics.lesions`.
        lesion_count_difference: absolute difference of the numbers of components of 26 neighbours.
    """

    dice: float
    jaccard: float
    accuracy: float
    balanced_accuracy: float
    precision: float
    recall: float
    specificity: float
    brain_accuracy: float | None
    brain_balanced_accuracy: float | None
    brain_specificity: float | None
    hausdorff_mm: float
    hausdorff95_mm: float
    assd_mm: float
    truth_ml: float
    predicted_ml: float
    volume_difference_ml: float
    volume_bias_ml: float
    lesion_f1_isles22: float
    lesion_f1_isles24: float
    lesion_count_difference: float

    @property
    def both_empty(self) -> bool:
        return self.truth_ml == 0 and self.predicted_ml == 0

    def values(self) -> dict[str, float | None]:
        """Every metric by its name."""
        return {name: getattr(self, name) for name in METRIC_NAMES}


METRIC_NAMES = tuple(field.name for field in fields(CaseScores))


def evaluate_pair(
    prediction: np.ndarray, truth: np.ndarray, spacing_mm: SpacingMm, brain: np.ndarray | None = None
) -> CaseScores:
    """Scores one mask against another on the same grid.

    Args:
        prediction: mask (z, y, x); every value but 0 is set.
        truth: mask of the same shape.
        spacing_mm: side lengths of a voxel (z, y, x).
        brain: mask of the same shape; the domain of the `brain_` metrics.

    Raises:
        ValueError: if the shapes differ or are not 3-D, or a spacing is not a positive number.
    """
    whole = overlap(prediction, truth)
    inside = None if brain is None else overlap(prediction, truth, brain)
    surfaces = surface_distances(prediction, truth, spacing_mm)
    lesions = {variant: lesion_scores(prediction, truth, variant) for variant in Variant}
    voxel_ml = float(np.prod(spacing_mm)) / 1000.0
    return CaseScores(
        dice=whole.dice,
        jaccard=whole.jaccard,
        accuracy=whole.accuracy,
        balanced_accuracy=whole.balanced_accuracy,
        precision=whole.precision,
        recall=whole.recall,
        specificity=whole.specificity,
        brain_accuracy=None if inside is None else inside.accuracy,
        brain_balanced_accuracy=None if inside is None else inside.balanced_accuracy,
        brain_specificity=None if inside is None else inside.specificity,
        hausdorff_mm=surfaces.hausdorff,
        hausdorff95_mm=surfaces.hausdorff95,
        assd_mm=surfaces.average_symmetric,
        truth_ml=whole.true * voxel_ml,
        predicted_ml=whole.predicted * voxel_ml,
        volume_difference_ml=abs(whole.predicted - whole.true) * voxel_ml,
        volume_bias_ml=(whole.predicted - whole.true) * voxel_ml,
        lesion_f1_isles22=lesions[Variant.ISLES22].f1,
        lesion_f1_isles24=lesions[Variant.ISLES24].f1,
        lesion_count_difference=float(lesions[Variant.ISLES22].count_difference),
    )


def evaluate_labels(
    prediction: np.ndarray,
    truth: np.ndarray,
    spacing_mm: SpacingMm,
    classes: Classes,
    brain: np.ndarray | None = None,
) -> dict[str, CaseScores]:
    """Scores each class of a label map by itself; arguments and errors as `evaluate_pair`."""
    return {
        name: evaluate_pair(np.isin(prediction, values), np.isin(truth, values), spacing_mm, brain)
        for name, values in classes.items()
    }


def mean_scores(first: CaseScores, second: CaseScores) -> CaseScores:
    """Metric by metric the mean of two; NaN where either is NaN, None where either is None."""
    pairs = zip(first.values().items(), second.values().values(), strict=True)
    means: dict[str, Any] = {name: None if a is None or b is None else (a + b) / 2 for (name, a), b in pairs}
    return CaseScores(**means)


_OVERLAPS_AND_DISTANCES = (
    "dice",
    "jaccard",
    "lesion_f1_isles22",
    "lesion_f1_isles24",
    "hausdorff_mm",
    "hausdorff95_mm",
    "assd_mm",
)


def zero_where_both_empty(scores: CaseScores) -> CaseScores:
    """The slow-fusion paper's reading of two empty masks: overlap 0 and distance 0, instead of 1 and undefined.

    The paper (arXiv:2203.10039) does not say so; the "All" columns of its Table 3 follow from its other columns
    only if its three patients without stroke count 0: Dice of 0.81 and 0.48 over 19 and 11 patients and three zeros
    give 0.63, core Hausdorff distances of 3.2 and 0.7 give 2.1. For a table beside the paper's; it punishes a model for
    being right about a healthy patient.
    """
    return replace(scores, **dict.fromkeys(_OVERLAPS_AND_DISTANCES, 0.0)) if scores.both_empty else scores
