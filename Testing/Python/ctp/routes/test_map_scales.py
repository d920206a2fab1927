"""Perfusion maps on scales that do not depend on the vendor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.ctp.routes.map_scales import delay, normal_time, relative
from StrokeSegLogic.nets.models.field_spec import InputSpec

BRAIN = np.ones((4, 20, 20), bool)
FLOW = np.random.default_rng(1).uniform(10, 80, BRAIN.shape).astype(np.float32)
TTP = np.random.default_rng(2).normal(14, 1, BRAIN.shape).astype(np.float32)


@given(st.floats(0.01, 1000))
def test_a_vendors_factor_is_gone_from_a_relative_map(factor: float) -> None:
    scaled = (FLOW * np.float32(factor)).astype(np.float32)
    np.testing.assert_allclose(relative(scaled, BRAIN), relative(FLOW, BRAIN), rtol=1e-4)


@given(st.floats(-5, 60))
def test_where_a_scan_began_is_gone_from_a_delay(start: float) -> None:
    moved = (TTP + np.float32(start)).astype(np.float32)
    np.testing.assert_allclose(delay(moved, BRAIN), delay(TTP, BRAIN), atol=1e-3)


def test_the_normal_time_stays_that_of_the_healthy_side_when_the_other_is_late() -> None:
    late = TTP.copy()
    late[:, :, 10:] += 8
    assert normal_time(TTP, BRAIN) == pytest.approx(14, abs=1)
    assert normal_time(late, BRAIN) == pytest.approx(14, abs=1)


def test_fluid_without_a_time_does_not_count_as_early() -> None:
    wet = TTP.copy()
    wet[:, :4] = 0
    assert normal_time(wet, BRAIN) == pytest.approx(normal_time(TTP, BRAIN), abs=0.1)


def test_a_tmax_map_cut_at_0_has_0_as_its_normal_time() -> None:
    cut = np.where(np.arange(20) < 4, 9.0, 0.0)[None, None] * np.ones((4, 20, 1), np.float32)
    assert normal_time(cut, BRAIN) == 0
    assert delay(cut, BRAIN).max() == 9


def test_an_empty_map_stays_empty() -> None:
    nothing = np.zeros(BRAIN.shape, np.float32)
    assert not relative(nothing, BRAIN).any() and not delay(nothing, BRAIN).any()


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="scale 'log' is not one of absolute, relative, delay"):
        InputSpec("CBF", 0, 1, scale="log")
    with pytest.raises(ValueError, match="relative it needs low and high"):
        InputSpec("CBF", scale="relative")
