from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import PLANES, VOTES
from StrokeSegLogic.mri.vote import Vote, vote

# Eight voxels: every way that three planes can say lesion (0.9) or not (0.2).
SAID = np.array(list(itertools.product((0.2, 0.9), repeat=3)), np.float32)


def table(method: str, weights: dict[str, float] | None = None, said: np.ndarray = SAID) -> Vote:
    return vote({plane: said[:, i] for i, plane in enumerate(PLANES)}, method, 0.5, weights)


def test_the_majority_truth_table() -> None:
    assert table("majority").labels.tolist() == [0, 0, 0, 1, 0, 1, 1, 1]


def test_agreement_counts_the_planes() -> None:
    for method in VOTES:
        assert table(method).agreement.tolist() == [0, 1, 1, 2, 1, 2, 2, 3]


def test_a_plane_with_more_than_half_of_the_weight_decides_alone() -> None:
    # axial, coronal, sagittal
    heavy = {"axial": 3.0, "coronal": 1.0, "sagittal": 1.0}
    assert table("weighted", heavy).labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_exactly_half_of_the_weight_is_not_enough() -> None:
    tied = {"axial": 2.0, "coronal": 1.0, "sagittal": 1.0}
    assert table("weighted", tied).labels.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]


def test_the_mean_weighs_how_sure_the_planes_are() -> None:
    said = np.array([[0.9, 0.9, 0.0], [0.6, 0.6, 0.0], [1.0, 0.3, 0.3]], np.float32)
    assert table("mean", said=said).labels.tolist() == [1, 0, 1]
    assert table("majority", said=said).labels.tolist() == [1, 1, 0]


def test_a_probability_at_the_threshold_is_lesion() -> None:
    assert vote({"axial": np.array([0.5], np.float32)}, "majority", 0.5).labels.tolist() == [1]


def test_the_weighted_probability_is_the_weighted_mean() -> None:
    found = table("weighted", {"axial": 2.0, "coronal": 1.0, "sagittal": 1.0})
    np.testing.assert_allclose(found.probability, SAID @ (0.5, 0.25, 0.25), atol=1e-6)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match="'loudest' is no vote. Use one of majority, weighted, mean"):
        table("loudest")


probabilities = hnp.arrays(np.float32, (5, 3), elements=st.floats(0, 1, width=32))


@given(probabilities, st.permutations(range(3)), st.sampled_from(["majority", "mean"]))
def test_the_planes_order_does_not_matter(said: np.ndarray, order: list[int], method: str) -> None:
    straight, reordered = table(method, said=said), table(method, said=said[:, order])
    np.testing.assert_array_equal(straight.agreement, reordered.agreement)
    if method == "majority":
        np.testing.assert_array_equal(straight.labels, reordered.labels)
    np.testing.assert_allclose(straight.probability, reordered.probability, atol=1e-6)


@given(probabilities, st.sampled_from(VOTES))
def test_unanimous_planes_are_always_followed(said: np.ndarray, method: str) -> None:
    found = table(method, dict.fromkeys(PLANES, 0.7), said)
    assert (found.labels[found.agreement == 3] == 1).all()
    assert (found.labels[found.agreement == 0] == 0).all()


@given(probabilities, probabilities)
def test_more_probability_never_takes_lesion_away(said: np.ndarray, more: np.ndarray) -> None:
    higher = np.maximum(said, more)
    for method in VOTES:
        assert (table(method, said=higher).labels >= table(method, said=said).labels).all()


@given(probabilities)
def test_equal_weights_vote_like_the_majority(said: np.ndarray) -> None:
    weighted = table("weighted", dict.fromkeys(PLANES, 0.31), said)
    np.testing.assert_array_equal(weighted.labels, table("majority", said=said).labels)
