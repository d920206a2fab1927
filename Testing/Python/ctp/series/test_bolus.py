"""What the brain's mean curve says of the series: gaps over the bolus, and series that end early."""

from __future__ import annotations

import numpy as np
import pytest

from StrokeSegLogic.ctp.series.bolus import passage

TIMES = np.arange(0, 67.5, 1.5)


def curve(times_s: np.ndarray) -> np.ndarray:
    """A brain's mean, HU: contrast from 10 s on, brightest at 19 s."""
    since = np.maximum(times_s - 10, 0) / 9
    return 35 + 5 * since**3 * np.exp(3 * (1 - since))


def words(times_s: np.ndarray) -> str:
    return " ".join(passage(curve(times_s), times_s, 0.05).warnings)


def without(low_s: float, high_s: float) -> np.ndarray:
    return TIMES[np.abs(TIMES - (low_s + high_s) / 2) > (high_s - low_s) / 2]


def test_a_whole_series_needs_no_warning() -> None:
    assert words(TIMES) == ""


@pytest.mark.parametrize(("low_s", "high_s"), [(12, 18), (16.5, 24), (20, 27)])
def test_a_gap_over_the_bolus_makes_flow_and_core_unreliable(low_s: float, high_s: float) -> None:
    said = words(without(low_s, high_s))
    assert "frames are missing over the bolus" in said and "core" in said and "not to be relied on" in said


@pytest.mark.parametrize(("low_s", "high_s"), [(1, 6), (48, 60)])
def test_a_gap_before_or_after_the_bolus_does_not(low_s: float, high_s: float) -> None:
    assert "over the bolus" not in words(without(low_s, high_s))


def test_a_short_series_may_miss_late_tissue() -> None:
    said = words(TIMES[TIMES < 40])
    assert "CBV" in said and "long Tmax is not seen" in said
