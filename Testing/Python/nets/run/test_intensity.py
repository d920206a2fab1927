from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.nets.run.inputs import HIGHEST, LOWEST, normalise


def tissue(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    values = random.gamma(9.0, 12.0, (8, 9, 10))
    brain = random.random(values.shape) < 0.7
    return values, brain


@given(st.integers(0, 1000), st.floats(1e-6, 1e6))
def test_the_scanners_gain_does_not_matter(seed: int, gain: float) -> None:
    values, brain = tissue(seed)
    np.testing.assert_allclose(normalise(values * gain, brain), normalise(values, brain), atol=1e-4)


@given(st.integers(0, 1000))
def test_typical_tissue_is_zero_and_outside_is_no_signal(seed: int) -> None:
    values, brain = tissue(seed)
    found = normalise(values, brain)
    assert abs(np.median(found[brain])) < 1e-5
    assert (found[~brain] == LOWEST).all()
    assert found.min() >= LOWEST and found.max() <= HIGHEST


def test_twice_the_median_signal_is_one() -> None:
    values = np.full((3, 3, 3), 50.0)
    values[1, 1, 1] = 100.0
    assert normalise(values, np.ones(values.shape, bool))[1, 1, 1] == pytest.approx(1.0)


def test_z_scores_are_lifted_before_they_are_compared() -> None:
    values, brain = tissue(3)
    shifted = (values - values[brain].mean()) / values[brain].std()
    found = normalise(shifted, brain)
    assert np.corrcoef(found[brain], values[brain])[0, 1] > 0.99
    assert abs(np.median(found[brain])) < 1e-5


def test_a_brain_without_signal_is_refused() -> None:
    with pytest.raises(InputError, match="no signal"):
        normalise(np.zeros((2, 2, 2)), np.ones((2, 2, 2), bool))


@given(st.integers(0, 1000))
def test_more_than_the_brain_can_be_shown_by_the_brains_own_median(seed: int) -> None:
    values, brain = tissue(seed)
    shown = brain | (np.random.default_rng(seed).random(values.shape) < 0.3)
    found = normalise(values, brain, shown)
    np.testing.assert_array_equal(found[brain], normalise(values, brain)[brain])
    median = np.median(values[brain].astype(np.float32))
    np.testing.assert_allclose(found[shown], (values[shown] / median - 1).clip(LOWEST, HIGHEST), atol=1e-5)
    assert (found[~shown] == LOWEST).all()
