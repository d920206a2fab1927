from __future__ import annotations

import numpy as np
import pytest

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.ctp.series.bolus import passage
from StrokeSegLogic.ctp.series.time_series import checked
from StrokeSegLogic.space.grid import Grid

SHAPE = (2, 4, 5)
GRID = Grid((5, 4, 2), (1.0, 1.0, 5.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
TIMES = np.arange(0, 60, 2.0)


def frames(count: int = len(TIMES)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 80, (count, *SHAPE)).astype(np.int16)


def test_a_sound_series_is_taken_as_it_is() -> None:
    hu = frames()
    series = checked(hu, TIMES + 7.0, GRID)
    assert series.warnings == () and series.hu is hu
    assert np.array_equal(series.times_s, TIMES)


def test_unsorted_frames_are_sorted_and_that_is_said() -> None:
    hu = frames()
    order = np.random.default_rng(1).permutation(len(TIMES))
    series = checked(hu[order], TIMES[order], GRID)
    assert all(np.array_equal(frame, other) for frame, other in zip(series.frames(), hu, strict=True))
    assert "sorted" in series.warnings[0]


def test_an_empty_frame_is_left_out_and_named() -> None:
    hu = frames()
    hu[7] = -1024
    series = checked(hu, TIMES, GRID)
    assert len(series) == len(TIMES) - 1 and 14.0 not in series.times_s
    assert series.warnings == ("1 empty frame left out, at 14 s",)


def test_a_gap_is_named() -> None:
    kept = np.r_[0:8, 12:30]
    assert "no frame between 14 and 24 s" in checked(frames()[kept], TIMES[kept], GRID).warnings[0]


def test_frames_far_apart_are_said() -> None:
    assert "6 s apart" in checked(frames(20), 6.0 * np.arange(20), GRID).warnings[0]


def test_an_unknown_voxel_size_is_assumed_and_said() -> None:
    series = checked(frames(), TIMES)
    assert series.grid.shape == SHAPE and series.grid.spacing[2] == 5.0
    assert "voxel size unknown" in series.warnings[0]


@pytest.mark.parametrize(
    ("hu", "times", "words"),
    [
        (frames()[0], TIMES, "3 axes"),
        (frames(), TIMES[:-1], "30 frames and 29 time points"),
        (frames(), np.where(TIMES == 8, np.nan, TIMES), "no time for frame 5"),
        (frames(), np.where(TIMES == 8, 6, TIMES), "two frames at 6 s.*two slabs"),
        (frames(), 1000 * TIMES, "milliseconds"),
        (frames(6), TIMES[:6], "6 usable frames"),
        (frames(), TIMES / 10, "too short"),
        (np.where(frames() == 3, np.nan, frames().astype(np.float32)), TIMES, "no numbers"),
        (frames().astype(complex), TIMES, "type complex"),
        (frames()[:, :1], TIMES, "grid of shape"),
    ],
)
def test_a_series_that_cannot_be_used_is_refused_in_words(hu: np.ndarray, times: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        checked(hu, times, GRID)
    assert caught.value.fix


def bolus(times: np.ndarray, arrival: float = 10.0, height: float = 4.0) -> np.ndarray:
    since = np.maximum(times - arrival, 0) / 8
    return 32 + height * since**3 * np.exp(3 * (1 - since))


def test_the_frames_before_contrast_are_the_baseline() -> None:
    found = passage(bolus(TIMES), TIMES, 0.05)
    assert 2 <= found.baseline <= 6 and np.ptp(bolus(TIMES)[: found.baseline]) < 0.2
    assert "60 s" not in " ".join(found.warnings)


def test_contrast_that_never_arrives_is_an_error() -> None:
    with pytest.raises(InputError, match="never arrives: the brain's mean rises by 0.2"):
        passage(bolus(TIMES, height=0.2), TIMES, 0.01)


def test_a_series_that_ends_before_the_peak_is_an_error() -> None:
    with pytest.raises(InputError, match="still arriving"):
        passage(bolus(TIMES, arrival=51.0), TIMES, 0.05)


def test_a_truncated_curve_is_said_with_its_figure() -> None:
    times = np.arange(0, 30, 1.0)
    (words,) = passage(bolus(times, arrival=15.0), times, 0.05).warnings
    assert words.startswith("truncated curve: ") and "CBV and MTT come out too low" in words


@pytest.mark.parametrize("arrival", [5.0, 10.0, 20.0])
@pytest.mark.parametrize("height", [3.0, 6.0])
def test_frames_in_reversed_order_are_refused(arrival: float, height: float) -> None:
    forward = bolus(TIMES, arrival, height)
    noise = np.random.default_rng(1).normal(0, 0.05, len(TIMES))
    passage(forward + noise, TIMES, 0.05)
    with pytest.raises(InputError, match="runs backwards in time"):
        passage(forward[::-1] + noise, TIMES, 0.05)


@pytest.mark.parametrize(
    "series",
    [
        lambda hu: hu - hu[:3].mean(axis=0),
        lambda hu: np.maximum(hu - hu[:1].mean(axis=0), 0) + (hu > 0),
        lambda hu: hu / 100,
    ],
    ids=["baseline taken off", "taken off and cut at 0", "not HU"],
)
def test_a_series_of_anything_but_density_is_refused(series) -> None:
    hu = np.random.default_rng(0).normal(35, 4, (len(TIMES), 4, 16, 16)).astype(np.float32)
    hu[:, :, :4] = -1000
    checked(hu, TIMES)
    stripped = np.where(hu < 0, 0, hu)
    checked(stripped, TIMES)
    with pytest.raises(InputError, match="holds no HU"):
        checked(series(stripped), TIMES)


def test_contrast_in_the_first_frame_is_said() -> None:
    assert "from the first frames" in passage(bolus(TIMES, arrival=1.0), TIMES, 0.05).warnings[0]


@pytest.mark.parametrize("kind", [np.int16, np.float32])
def test_padding_below_all_hu_is_air_and_where_only_some_frames_hold_it_that_is_said(kind: type) -> None:
    hu = frames().astype(kind)
    hu[:, 0, 0] = -2048
    same = checked(hu, TIMES, GRID)
    assert same.torn is None and same.warnings == ()
    assert (same.frame(3)[0, 0] == -1024).all() and np.array_equal(same.frame(3)[1], hu[3, 1])
    assert hu[3, 0, 0, 0] == -2048, "what was given is not changed"
    hu[4:7, 1, :, 0] = -3024
    torn = checked(hu, TIMES, GRID)
    assert torn.torn is not None and np.array_equal(np.argwhere(torn.torn), [[1, y, 0] for y in range(4)])
    assert "10.0% of the voxels hold padding in some frames" in torn.warnings[0]


def test_a_frame_that_is_there_twice_counts_once_and_another_of_its_moment_is_refused() -> None:
    hu, order = frames(), np.r_[0:9, 8:30]
    series = checked(hu[order], TIMES[order], GRID)
    assert np.array_equal(series.times_s, TIMES) and series.warnings == ("1 doubled frame left out, at 16 s",)
    other = hu[order].copy()
    other[9] += 1
    with pytest.raises(InputError, match="two frames at 16 s"):
        checked(other, TIMES[order], GRID)
