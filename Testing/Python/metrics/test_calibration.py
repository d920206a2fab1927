from __future__ import annotations

from math import isnan, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.metrics.calibration import auroc, binary_entropy, expected_dice, reliability
from StrokeSegLogic.metrics.voxel import dice

SEEDS = st.integers(0, 10**6)


def predictions(seed: int, most: int = 60, steps: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities with many ties, on bins' edges among others, and a truth."""
    random = np.random.default_rng(seed)
    count = int(random.integers(1, most))
    return random.integers(0, steps + 1, count) / steps, random.random(count) < random.random()


def slow_reliability(
    probability: np.ndarray, truth: np.ndarray, bins: int
) -> tuple[list[list[tuple[float, bool]]], float]:
    """The bins' members one by one, and the error of Naeini et al. as they write it."""
    held: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    edges = [k / bins for k in range(1, bins)]
    for p, t in zip(probability.tolist(), truth.tolist(), strict=True):
        held[sum(p >= edge for edge in edges)].append((p, t))
    error = sum(abs(sum(p for p, _ in inside) - sum(t for _, t in inside)) for inside in held) / len(probability)
    return held, error


@given(SEEDS, st.integers(1, 20))
def test_bins_and_error_agree_with_a_count_one_by_one(seed: int, bins: int) -> None:
    # Sevenths and the like are no edges of twentieths: no prediction lies within rounding of an edge by chance.
    probability, truth = predictions(seed, steps=37)
    held, error = slow_reliability(probability, truth, bins)
    found = reliability(probability, truth, bins)
    assert found.count.tolist() == [len(inside) for inside in held]
    assert found.expected_error == pytest.approx(error)
    for k, inside in enumerate(held):
        if inside:
            assert found.probability[k] == pytest.approx(np.mean([p for p, _ in inside]))
            assert found.part[k] == pytest.approx(np.mean([t for _, t in inside]))
        else:
            assert isnan(found.probability[k]) and isnan(found.part[k])


@given(SEEDS)
def test_the_mean_of_all_predictions_bounds_the_error_from_below_and_1_from_above(seed: int) -> None:
    probability, truth = predictions(seed)
    coarse, fine = (reliability(probability, truth, bins).expected_error for bins in (1, 15))
    assert coarse == pytest.approx(abs(probability.mean() - truth.mean()))
    assert coarse - 1e-12 <= fine <= 1


def test_a_bin_holds_its_lower_edge_and_the_last_bin_holds_1() -> None:
    found = reliability(np.array([0.0, 0.25, 0.5, 0.75, 1.0]), np.array([0, 0, 1, 1, 1]), 4)
    assert found.count.tolist() == [1, 1, 1, 2]
    assert found.edges.tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_probabilities_that_mean_what_they_say_have_hardly_an_error() -> None:
    random = np.random.default_rng(0)
    probability = random.random(200_000)
    truth = random.random(200_000) < probability
    assert reliability(probability, truth).expected_error < 0.01
    assert reliability(probability, ~truth).expected_error == pytest.approx(0.5, abs=0.01)


@given(SEEDS)
def test_the_area_is_the_part_of_pairs_in_which_the_positive_has_the_higher_score(seed: int) -> None:
    scores, positive = predictions(seed)
    found = auroc(scores, positive)
    if positive.all() or not positive.any():
        assert isnan(found)
        return
    pairs = [(hit > other) + (hit == other) / 2 for hit in scores[positive] for other in scores[~positive]]
    assert found == pytest.approx(np.mean(pairs))


@given(SEEDS)
def test_the_area_does_not_mind_the_scale_and_turns_with_the_sign(seed: int) -> None:
    scores, positive = predictions(seed)
    if positive.all() or not positive.any():
        return
    found = auroc(scores, positive)
    assert auroc(np.exp(3 * scores), positive) == pytest.approx(found)
    assert auroc(-scores, positive) == pytest.approx(1 - found)
    assert auroc(scores, ~positive) == pytest.approx(1 - found)


def test_what_is_perfectly_ranked_has_an_area_of_1_and_ties_count_half() -> None:
    assert auroc(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1])) == 1
    assert auroc(np.ones(4), np.array([0, 0, 1, 1])) == 0.5


@given(SEEDS)
def test_expected_dice_of_certain_voxels_is_their_dice(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, mask = random.random((2, 5, 6)) < random.random()
    assert expected_dice(truth.astype(np.float32), mask) == pytest.approx(dice(truth, mask))


@given(SEEDS)
def test_expected_dice_lies_between_0_and_1_and_falls_with_what_cannot_be_lesion(seed: int) -> None:
    probability, mask = predictions(seed)
    found = expected_dice(probability, mask)
    assert 0 <= found <= 1
    # What is added with no chance of being lesion can only cost.
    longer = np.append(probability, 0.0)
    assert expected_dice(longer, np.append(mask, True)) <= expected_dice(longer, np.append(mask, False))


def test_expected_dice_is_the_mean_over_drawn_lesions() -> None:
    random = np.random.default_rng(0)
    probability = random.beta(0.6, 0.9, 400)
    mask = probability >= 0.5
    drawn = [dice(random.random(400) < probability, mask) for _ in range(2000)]
    assert expected_dice(probability, mask) == pytest.approx(np.mean(drawn), abs=0.004)


def test_nothing_found_where_nothing_is_likely_is_right() -> None:
    assert expected_dice(np.zeros(5), np.zeros(5, bool)) == 1
    assert expected_dice(np.full(5, 0.1), np.zeros(5, bool)) == 0


@given(SEEDS)
def test_entropy_is_shannons(seed: int) -> None:
    probability, _ = predictions(seed)
    wanted = [-sum(q * log2(q) for q in (p, 1 - p) if q) for p in probability.tolist()]
    assert binary_entropy(probability) == pytest.approx(wanted)


def test_what_cannot_be_measured_is_refused_or_undefined() -> None:
    none = np.zeros(0)
    assert isnan(reliability(none, none).expected_error) and isnan(auroc(none, none))
    with pytest.raises(ValueError, match="truth of shape"):
        reliability(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="beyond 0 to 1"):
        reliability(np.array([0.5, 1.5]), np.zeros(2))
    with pytest.raises(ValueError, match="beyond 0 to 1"):
        reliability(np.array([0.5, np.nan]), np.zeros(2))
    with pytest.raises(ValueError, match="0 bins"):
        reliability(np.zeros(2), np.zeros(2), 0)
    with pytest.raises(ValueError, match="is NaN"):
        auroc(np.array([np.nan, 1.0]), np.array([0, 1]))
    with pytest.raises(ValueError, match="classes of shape"):
        auroc(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="mask of shape"):
        expected_dice(np.zeros(3), np.zeros(4))
