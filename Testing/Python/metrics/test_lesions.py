from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from metrics.mask_pairs import Pair, mask_pairs, pair_of

from StrokeSegLogic.metrics.lesions import Variant, lesion_scores

# Measured on `pair_of(seed)` with the challenges' own scorers: compute_lesion_f1_score and
# compute_absolute_lesion_difference of ezequieldlrosa/isles22, and panoptica 2.1.7 as ezequieldlrosa/isles24 calls it
# (connected components, naive matching at 0.2; recognition quality). All of seeds 0 to 299 agreed to 1e-9.
OFFICIAL = [
    (0, 0.620690, 0.596491, 3),
    (1, 0.754717, 0.653846, 2),
    (2, 0.701754, 0.654545, 1),
    (3, 0.701754, 0.642857, 4),
    (4, 0.692308, 0.653846, 2),
    (5, 0.703704, 0.666667, 8),
]


@pytest.mark.parametrize(("seed", "isles22", "isles24", "difference"), OFFICIAL)
def test_scores_are_those_of_the_challenges_own_scorers(
    seed: int, isles22: float, isles24: float, difference: int
) -> None:
    found = {variant: lesion_scores(*pair_of(seed), variant) for variant in Variant}
    assert found[Variant.ISLES22].f1 == pytest.approx(isles22, abs=1e-6)
    assert found[Variant.ISLES24].f1 == pytest.approx(isles24, abs=1e-6)
    assert {scores.count_difference for scores in found.values()} == {difference}


@given(mask_pairs(empty=True))
def test_isles22_counts_agree_with_a_walk_over_itks_components(pair: Pair) -> None:
    prediction, truth, _ = pair
    p, t = (
        sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8)), True))
        for mask in (prediction, truth)
    )
    predicted, true = p.max(), t.max()
    found = lesion_scores(prediction, truth)
    assert (found.predicted, found.true) == (predicted, true)
    assert found.true_positive == sum(prediction[t == k].any() for k in range(1, true + 1))
    assert found.false_positive == sum(not truth[p == k].any() for k in range(1, predicted + 1))
    assert found.true_positive + found.false_negative == true


@given(mask_pairs(empty=True), st.permutations(range(3)), st.sets(st.integers(0, 2)))
def test_isles22_does_not_depend_on_how_the_volume_is_stored(pair: Pair, order: list[int], flips: set[int]) -> None:
    turned = [np.flip(np.transpose(mask, order), tuple(flips)) for mask in pair[:2]]
    assert lesion_scores(*turned) == lesion_scores(*pair[:2])


@given(mask_pairs(empty=True))
def test_each_component_is_matched_once_by_isles24(pair: Pair) -> None:
    found = lesion_scores(*pair[:2], Variant.ISLES24)
    assert found.true_positive + found.false_positive == found.predicted
    assert found.true_positive + found.false_negative == found.true
    assert 0 <= found.f1 <= 1
    assert found.true_positive <= lesion_scores(*pair[:2], Variant.ISLES22).true_positive


def row(*spans: tuple[int, int]) -> np.ndarray:
    """Lesions in one row of 40 voxels."""
    mask = np.zeros((1, 1, 40), bool)
    for start, stop in spans:
        mask[0, 0, start:stop] = True
    return mask


def test_one_blob_over_three_lesions_finds_three_by_isles22_and_one_by_isles24() -> None:
    blob, three = row((0, 20)), row((0, 9), (10, 15), (16, 20))
    assert lesion_scores(blob, three, Variant.ISLES22).f1 == 1.0
    # IoU with the first lesion 9/20; the other two have no partner left: 1 / (1 + 2/2).
    assert lesion_scores(blob, three, Variant.ISLES24).f1 == pytest.approx(0.5)
    # Exchanged, three predictions on one lesion are one find and no invention.
    assert lesion_scores(three, blob, Variant.ISLES22).true_positive == 1


@pytest.mark.parametrize(("shared", "found"), [(2, 1), (1, 0)])
def test_isles24_matches_from_an_overlap_of_a_fifth(shared: int, found: int) -> None:
    # 2 voxels shared of 10 in all are just enough, 1 of 10 is not.
    truth, prediction = row((0, 5 + shared // 2)), row((5 + shared // 2 - shared, 10))
    assert lesion_scores(prediction, truth, Variant.ISLES24).true_positive == found
    assert lesion_scores(prediction, truth, Variant.ISLES22).true_positive == 1


def test_voxels_that_touch_at_a_corner_are_one_lesion() -> None:
    mask = np.zeros((2, 2, 2), bool)
    mask[0, 0, 0] = mask[1, 1, 1] = True
    assert lesion_scores(mask, mask).true == 1


@pytest.mark.parametrize("variant", Variant)
@pytest.mark.parametrize(("predicted", "true", "f1", "difference"), [(0, 0, 1, 0), (0, 1, 0, 1), (1, 0, 0, 1)])
def test_empty_masks(variant: Variant, predicted: int, true: int, f1: float, difference: int) -> None:
    found = lesion_scores(*(row((0, 3)) if there else row() for there in (predicted, true)), variant)
    assert (found.f1, found.count_difference) == (f1, difference)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        lesion_scores(np.zeros((2, 2, 2)), np.zeros((2, 2, 3)))
    with pytest.raises(ValueError, match="shapes"):
        lesion_scores(np.zeros((2, 2)), np.zeros((2, 2)))
