from __future__ import annotations

import numpy as np
import pytest

from StrokeSegLogic.ctp.series.motion import corrected
from StrokeSegLogic.ctp.series.time_series import checked
from StrokeSegLogic.phantom.ctp import CtpSeries, ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol

GRID = ctp_grid((2.4, 2.4, 5.0)).crop((0, 0, 8), (96, 96, 12))
PROTOCOL = CtpProtocol(times_s=tuple(3.0 * i for i in range(12)), noise_hu=3.0)


@pytest.fixture(scope="module")
def moving() -> CtpSeries:
    times = tuple(3.0 * i for i in range(12))
    return ctp_series(3, GRID, CtpProtocol(times_s=times, noise_hu=3.0, motion_mm=4.0, motion_deg=3.0))


@pytest.mark.slow
def test_a_head_that_lies_still_is_left_alone() -> None:
    still = ctp_series(3, GRID, PROTOCOL)
    series, motion = corrected(checked(still.hu, still.times_s, GRID))
    assert series.hu is still.hu and not motion.corrected.any()
    assert "lay still" in motion.summary


def test_motion_is_measured_to_parts_of_a_millimetre_and_degree(moving: CtpSeries) -> None:
    _, motion = corrected(checked(moving.hu, moving.times_s, GRID))
    truth = moving.poses - moving.poses[1]
    assert np.allclose(motion.shifts_mm, np.linalg.norm(truth[:, 3:], axis=1), atol=0.3)
    assert np.allclose(motion.turns_deg, np.linalg.norm(truth[:, :3], axis=1), atol=0.8)


@pytest.mark.slow
def test_frames_come_back_to_where_the_head_lay(moving: CtpSeries) -> None:
    series, motion = corrected(checked(moving.hu, moving.times_s, GRID))
    worst = int(np.argmax(motion.largest_mm))
    inside = moving.truth["CBF"] > 15
    inside[[0, -1]] = False
    reference = moving.hu[1].astype(float)
    before, after = (np.abs(hu[worst] - reference)[inside].mean() for hu in (moving.hu, series.hu))
    assert motion.corrected[worst] and after < 0.7 * before
    assert "frames were put back" in motion.summary


def test_one_slice_is_corrected_within_its_plane(moving: CtpSeries) -> None:
    slab = GRID.crop((0, 0, 6), (96, 96, 1))
    _, motion = corrected(checked(moving.hu[:, 6:7], moving.times_s, slab))
    assert np.isfinite(motion.largest_mm).all() and motion.largest_mm.max() < 15


@pytest.mark.slow
def test_strong_motion_is_said() -> None:
    strong = ctp_series(3, GRID, CtpProtocol(PROTOCOL.times_s, noise_hu=3.0, motion_mm=12.0, motion_deg=4.0))
    series, _ = corrected(checked(strong.hu, strong.times_s, GRID))
    assert "strong motion" in series.warnings[-1]
