"""Agreement of raters against published examples and other people's formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import f_oneway

from StrokeSegLogic.metrics.agreement import cohens_kappa, intraclass_correlation, limits_of_agreement

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
"""Table 2 of Shrout and Fleiss (1979): six subjects, four judges; ICC(2,1) is 0.29."""
volumes = arrays(float, st.tuples(st.integers(2, 8), st.just(2)), elements=st.floats(0, 200, allow_subnormal=False))


def test_the_intraclass_correlation_is_that_of_shrout_and_fleiss() -> None:
    assert intraclass_correlation(SHROUT_FLEISS) == pytest.approx(0.29, abs=0.005)


def test_without_a_difference_between_raters_it_is_that_of_one_way_analysis_of_variance() -> None:
    values = np.random.default_rng(0).normal(0, 1, (40, 2)) + np.random.default_rng(1).normal(0, 3, (40, 1))
    values -= values.mean(axis=0)
    ratio = float(f_oneway(*values).statistic)
    assert intraclass_correlation(values) == pytest.approx((ratio - 1) / (ratio + 1), abs=0.02)


def test_a_rater_who_always_draws_larger_lowers_it() -> None:
    one = np.array([1.0, 5, 9, 20, 40])
    assert intraclass_correlation(np.stack([one, one], 1)) == pytest.approx(1.0)
    assert intraclass_correlation(np.stack([one, one + 10], 1)) < 0.9


@given(values=volumes, shift=st.floats(-50, 50, allow_subnormal=False))
def test_it_does_not_exceed_one_and_does_not_care_for_the_order_of_raters(values: np.ndarray, shift: float) -> None:
    found = intraclass_correlation(values)
    if not np.isnan(found):
        assert found <= 1 + 1e-9
        assert intraclass_correlation(values[:, ::-1]) == pytest.approx(found, abs=1e-9)


def test_it_is_undefined_for_one_subject_and_where_nothing_varies() -> None:
    assert np.isnan(intraclass_correlation(np.array([[1.0, 2.0]])))
    assert np.isnan(intraclass_correlation(np.ones((4, 2))))
    with pytest.raises(ValueError, match="finite"):
        intraclass_correlation(np.array([[1.0, np.nan], [2, 3]]))


def counted(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    cells = [(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither
    a, b = np.array(cells).T
    return a, b


@pytest.mark.parametrize(
    ("cells", "kappa"),
    [((20, 5, 10, 15), 0.4), ((45, 15, 25, 15), 0.1304), ((25, 35, 5, 35), 0.2593), ((3, 0, 0, 4), 1.0)],
    ids=str,
)
def test_kappa_is_that_of_the_textbook(cells: tuple[int, int, int, int], kappa: float) -> None:
    # Observed 0.7 and expected 0.5 for the first; the next two have the same observed agreement of 0.6.
    assert cohens_kappa(*counted(*cells)) == pytest.approx(kappa, abs=1e-4)


def test_kappa_of_readers_who_mark_everything_is_undefined() -> None:
    assert np.isnan(cohens_kappa(np.ones(5), np.ones(5))) and np.isnan(cohens_kappa(np.ones(0), np.ones(0)))
    with pytest.raises(ValueError, match="shapes"):
        cohens_kappa(np.ones(2), np.ones(3))


def test_limits_of_agreement_follow_bland_and_altman() -> None:
    # Sample standard deviation of 1, 2, 3, 4 is 1.2910.
    assert limits_of_agreement(np.array([1.0, 2, 3, 4])) == pytest.approx((2.5, 2.5 - 2.5303, 2.5 + 2.5303), abs=1e-4)
    bias, low, high = limits_of_agreement(np.array([1.0]))
    assert bias == 1.0 and np.isnan([low, high]).all()
