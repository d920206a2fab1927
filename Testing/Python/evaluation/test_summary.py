from __future__ import annotations

import statistics
from math import isnan, nan

import numpy as np
import pytest
from evaluation.cohorts import row
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from StrokeSegLogic.evaluation.bootstrap import bootstrap_intervals
from StrokeSegLogic.evaluation.summary import TableRow, summarise

VALUES = [0.1, 0.5, 0.55, 0.9, 0.7, 0.2, 0.35, 0.8]


def only(rows: list, **options: object) -> TableRow:
    (found,) = summarise(rows, ("label",), ("dice",), **options)
    return found


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_mean_sd_and_median_agree_with_pythons_own(values: list[float]) -> None:
    found = only([row(str(k), dice=value) for k, value in enumerate(values)], resamples=10)
    reference = statistics.mean(values), statistics.stdev(values), statistics.median(values)
    assert (found.mean, found.sd, found.median) == pytest.approx(reference, abs=1e-12)


def test_the_interval_agrees_with_scipys_percentile_bootstrap() -> None:
    found = only([row(str(k), dice=value) for k, value in enumerate(VALUES)], resamples=20000)
    reference = stats.bootstrap(
        (VALUES,), np.mean, n_resamples=20000, method="percentile", random_state=np.random.default_rng(5)
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), abs=0.01)


def test_cases_of_one_patient_are_drawn_together() -> None:
    # Two patients of four alike cases: a drawn mean is 0, 1/2 or 1; cases drawn singly would lie about 1/2.
    values, patients = np.array([0.0] * 4 + [1.0] * 4), ["p"] * 4 + ["q"] * 4
    assert bootstrap_intervals(values, patients) == pytest.approx([0.0, 1.0])
    alone = bootstrap_intervals(values, [str(k) for k in range(8)])
    assert 0.05 < alone[0] < 0.5 < alone[1] < 0.95


def test_a_patient_of_many_cases_weighs_as_many() -> None:
    rows = [row("a", patient="p", dice=0.0), *(row(str(k), patient="q", dice=1.0) for k in range(9))]
    assert only(rows).mean == pytest.approx(0.9)


def test_the_same_seed_gives_the_same_interval_in_any_order() -> None:
    rows = [row(str(k), dice=value) for k, value in enumerate(VALUES)]
    plain, turned, other = only(rows), only(rows[::-1]), only(rows, seed=1)
    assert (plain.low, plain.high) == pytest.approx((turned.low, turned.high), abs=1e-12)
    assert (plain.low, plain.high) != (other.low, other.high)


def test_a_large_cohort_is_drawn_in_parts_of_the_same_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    values, patients = np.array(VALUES), [str(k) for k in range(8)]
    whole = bootstrap_intervals(values, patients)
    monkeypatch.setattr("StrokeSegLogic.evaluation.bootstrap._CELLS", 8 * 7)
    assert bootstrap_intervals(values, patients) == pytest.approx(whole, abs=1e-12)


def test_intervals_of_many_metrics_are_those_of_each() -> None:
    table = np.array([VALUES, [nan, 1, 2, nan, 3, 4, 5, 6]]).T
    patients = [str(k) for k in range(8)]
    together = bootstrap_intervals(table, patients)
    for column, ends in zip(table.T, together, strict=True):
        assert bootstrap_intervals(column, patients) == pytest.approx(ends, abs=1e-12)


def test_an_undefined_metric_is_counted_apart_and_in_no_figure() -> None:
    rows = [row("a", hausdorff_mm=4.0), row("b", hausdorff_mm=nan), row("c", hausdorff_mm=6.0)]
    (found,) = summarise(rows, ("label",), ("hausdorff_mm",))
    assert (found.n, found.undefined, found.mean, found.sd) == pytest.approx((2, 1, 5.0, 2**0.5))
    assert (found.low, found.high) == (4.0, 6.0)


def test_a_metric_that_is_undefined_everywhere_has_no_figures() -> None:
    (found,) = summarise([row("a", assd_mm=nan), row("b", assd_mm=nan)], ("label",), ("assd_mm",))
    assert (found.n, found.undefined) == (0, 2)
    assert all(isnan(value) for value in (found.mean, found.sd, found.median, found.low, found.high))


def test_one_case_has_a_mean_and_neither_sd_nor_interval() -> None:
    found = only([row(dice=0.4)])
    assert found.mean == 0.4 and isnan(found.sd) and isnan(found.low) and isnan(found.high)


def test_a_metric_that_was_not_measured_has_no_row() -> None:
    names = {line.metric for line in summarise([row()], ("label",))}
    assert "dice" in names and "brain_accuracy" not in names


def test_all_groups_follow_the_groups_and_are_every_case() -> None:
    rows = [row("a", "LVO", dice=1.0), row("b", "LVO", dice=0.5), row("c", "WIS", dice=0.0)]
    found = summarise(rows, ("group",), ("dice",))
    assert [(line.key["group"], line.n, line.mean) for line in found] == [
        ("LVO", 2, 0.75),
        ("WIS", 1, 0.0),
        ("All", 3, 0.5),
    ]
    assert [line.key["group"] for line in summarise(rows[:2], ("group",), ("dice",))] == ["LVO"]


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="kappa"):
        summarise([row()], ("label",), ("kappa",))
    with pytest.raises(ValueError, match="hospital"):
        summarise([row()], ("hospital",))
    with pytest.raises(ValueError, match="2 cases of 1 patients"):
        bootstrap_intervals(np.zeros(2), ["a"])
