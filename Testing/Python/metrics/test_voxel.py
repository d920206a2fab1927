from __future__ import annotations

from math import isnan

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from hypothesis import given
from hypothesis import strategies as st
from metrics.mask_pairs import Pair, mask_pairs
from monai.metrics import compute_confusion_matrix_metric, get_confusion_matrix

from StrokeSegLogic.metrics.voxel import dice, overlap

RATIOS = ("dice", "jaccard", "accuracy", "balanced_accuracy", "precision", "recall", "specificity")


@given(mask_pairs())
def test_dice_jaccard_and_recall_agree_with_simpleitk(pair: Pair) -> None:
    prediction, truth, _ = pair
    measures = sitk.LabelOverlapMeasuresImageFilter()
    measures.Execute(*(sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (prediction, truth)))
    found = overlap(prediction, truth)
    assert found.dice == dice(prediction, truth) == pytest.approx(measures.GetDiceCoefficient(1))
    assert found.jaccard == pytest.approx(measures.GetJaccardCoefficient(1))
    assert found.recall == pytest.approx(1 - measures.GetFalseNegativeError(1))


@given(mask_pairs())
def test_ratios_of_counts_agree_with_monai(pair: Pair) -> None:
    prediction, truth, _ = (torch.from_numpy(np.array(x, np.float32)) for x in pair)
    counts = get_confusion_matrix(prediction[None, None], truth[None, None])
    found = overlap(*pair[:2])
    for name in ("precision", "recall", "specificity", "accuracy", "balanced_accuracy"):
        reference = float(compute_confusion_matrix_metric(name.replace("_", " "), counts))
        assert getattr(found, name) == pytest.approx(reference, nan_ok=True), name


@given(mask_pairs(empty=True))
def test_dice_follows_from_jaccard(pair: Pair) -> None:
    found = overlap(*pair[:2])
    assert found.dice == pytest.approx(2 * found.jaccard / (1 + found.jaccard))


@given(mask_pairs(empty=True), st.permutations(range(3)), st.sets(st.integers(0, 2)))
def test_overlap_does_not_depend_on_how_the_volume_is_stored(pair: Pair, order: list[int], flips: set[int]) -> None:
    turned = (np.flip(np.transpose(mask, order), tuple(flips)) for mask in pair[:2])
    assert overlap(*turned) == overlap(*pair[:2])


@given(mask_pairs(empty=True))
def test_exchanging_prediction_and_truth_exchanges_precision_and_recall(pair: Pair) -> None:
    first, other = overlap(pair[0], pair[1]), overlap(pair[1], pair[0])
    assert (first.dice, first.jaccard, first.accuracy) == (other.dice, other.jaccard, other.accuracy)
    assert first.precision == pytest.approx(other.recall, nan_ok=True)


@given(mask_pairs(empty=True))
def test_every_ratio_lies_between_0_and_1_or_is_undefined(pair: Pair) -> None:
    found = overlap(*pair[:2])
    assert all(isnan(value) or 0 <= value <= 1 for value in (getattr(found, name) for name in RATIOS))


def test_a_domain_leaves_out_what_lies_outside_it() -> None:
    prediction, truth, brain = np.zeros((3, 1, 2, 5), bool)
    prediction[0, 0, :3], truth[0, 0, 1:4], brain[0, 0] = True, True, True
    assert overlap(prediction, truth).accuracy == pytest.approx(8 / 10)
    inside = overlap(prediction, truth, brain)
    assert (inside.true_positive, inside.false_positive, inside.false_negative, inside.true_negative) == (2, 1, 1, 1)
    assert inside.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_every_value_but_zero_is_set() -> None:
    assert dice(np.array([0, 255, 3]), np.array([False, True, True])) == 1.0


@pytest.mark.parametrize("shapes", [((3,), (4,), None), ((2, 2), (2, 2), (2, 3))])
def test_masks_of_different_shapes_are_refused(shapes: tuple) -> None:
    with pytest.raises(ValueError, match="shapes"):
        overlap(*(None if shape is None else np.zeros(shape) for shape in shapes))
