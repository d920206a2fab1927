from __future__ import annotations

import subprocess
import sys
from math import isnan, nan

import numpy as np
import pytest
from evaluation.cohorts import box
from hypothesis import given
from metrics.mask_pairs import Pair, mask_pairs

from StrokeSegLogic.evaluation.catalog import METRICS
from StrokeSegLogic.evaluation.scores import (
    METRIC_NAMES,
    evaluate_labels,
    evaluate_pair,
    mean_scores,
    zero_where_both_empty,
)

SPACING = (4.0, 1.5, 1.0)
EMPTY, SOME = box(), box((1, 3), (2, 5), (2, 4))
VOXELS, N = 12, 720
ML = VOXELS * 6.0 / 1000
SPARED = (N - VOXELS) / N

# The table in StrokeSegLogic.metrics, in its order: both empty, prediction empty, truth empty.
CONVENTIONS = {
    "dice": (1, 0, 0),
    "jaccard": (1, 0, 0),
    "lesion_f1_isles22": (1, 0, 0),
    "lesion_f1_isles24": (1, 0, 0),
    "precision": (nan, nan, 0),
    "recall": (nan, 0, nan),
    "specificity": (1, 1, SPARED),
    "accuracy": (1, SPARED, SPARED),
    "balanced_accuracy": (nan, 0.5, nan),
    "brain_specificity": (1, 1, SPARED),
    "brain_accuracy": (1, SPARED, SPARED),
    "brain_balanced_accuracy": (nan, 0.5, nan),
    "hausdorff_mm": (nan, nan, nan),
    "hausdorff95_mm": (nan, nan, nan),
    "assd_mm": (nan, nan, nan),
    "truth_ml": (0, ML, 0),
    "predicted_ml": (0, 0, ML),
    "volume_difference_ml": (0, ML, ML),
    "volume_bias_ml": (0, -ML, ML),
    "lesion_count_difference": (0, 1, 1),
}


@pytest.mark.parametrize("name", METRIC_NAMES)
def test_empty_masks_follow_the_table(name: str) -> None:
    found = [
        getattr(evaluate_pair(prediction, truth, SPACING, np.ones_like(truth)), name)
        for prediction, truth in ((EMPTY, EMPTY), (EMPTY, SOME), (SOME, EMPTY))
    ]
    assert found == pytest.approx(CONVENTIONS[name], nan_ok=True)


def test_the_table_the_catalog_and_the_scores_name_the_same_metrics() -> None:
    assert set(CONVENTIONS) == set(METRIC_NAMES) == set(METRICS)


@given(mask_pairs(empty=True))
def test_volumes_and_their_difference_agree(pair: Pair) -> None:
    scores = evaluate_pair(*pair)
    assert scores.truth_ml == pytest.approx(pair[1].sum() * np.prod(pair[2]) / 1000)
    assert scores.volume_bias_ml == pytest.approx(scores.predicted_ml - scores.truth_ml)
    assert scores.volume_difference_ml == pytest.approx(abs(scores.volume_bias_ml))


def test_without_a_brain_mask_the_brain_metrics_were_not_measured() -> None:
    scores = evaluate_pair(SOME, SOME, SPACING)
    assert (scores.brain_accuracy, scores.brain_balanced_accuracy, scores.brain_specificity) == (None, None, None)


def test_accuracy_inside_the_brain_is_lower_than_over_the_air() -> None:
    scores = evaluate_pair(box((1, 3), (2, 5), (3, 5)), SOME, SPACING, box((1, 4), (1, 6), (1, 6)))
    assert scores.brain_accuracy == pytest.approx(1 - 12 / 75) and scores.accuracy == pytest.approx(1 - 12 / N)


def test_each_class_is_scored_by_itself_and_classes_may_be_joined() -> None:
    truth = box((1, 4), (2, 6), (2, 6)) + box((2, 3), (3, 5), (3, 5))
    prediction = np.where(truth == 2, 1, truth)
    classes = {"penumbra": (1,), "core": (2,), "hypoperfused": (1, 2)}
    scores = evaluate_labels(prediction, truth, SPACING, classes)
    assert scores["core"].dice == 0.0
    assert scores["penumbra"].dice == pytest.approx(2 * 44 / (48 + 44))
    assert scores["hypoperfused"].dice == 1.0


def test_a_mean_of_two_is_undefined_where_either_is() -> None:
    first, other = evaluate_pair(SOME, SOME, SPACING), evaluate_pair(EMPTY, SOME, SPACING)
    mean = mean_scores(first, other)
    assert (mean.dice, mean.recall, mean.brain_accuracy) == (0.5, 0.5, None)
    assert isnan(mean.precision) and isnan(mean.hausdorff_mm)


def test_two_empty_masks_count_nothing_where_the_paper_is_followed() -> None:
    both, either = evaluate_pair(EMPTY, EMPTY, SPACING), evaluate_pair(EMPTY, SOME, SPACING)
    changed = zero_where_both_empty(both)
    assert (changed.dice, changed.jaccard, changed.lesion_f1_isles22, changed.hausdorff_mm) == (0, 0, 0, 0)
    assert (changed.accuracy, changed.volume_difference_ml) == (1, 0)
    assert zero_where_both_empty(either) is either


def test_the_papers_all_columns_follow_if_patients_without_stroke_count_zero() -> None:
    # Table 3 of arXiv:2203.10039: LVO (19 patients), Non-LVO (11), WIS (3) and what it prints for all 33.
    for lvo, non_lvo, printed in ((0.81, 0.48, 0.63), (0.52, 0.12, 0.34), (0.78, 0.65, 0.67), (0.44, 0.15, 0.30)):
        assert (19 * lvo + 11 * non_lvo + 3 * 0.0) / 33 == pytest.approx(printed, abs=0.0075)
        assert (19 * lvo + 11 * non_lvo + 3 * 1.0) / 33 > printed + 0.05


def test_the_package_knows_nothing_of_torch_or_matplotlib() -> None:
    code = "import sys, StrokeSegLogic.evaluation; print({'torch', 'matplotlib'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
