"""DICOM series over time: every vendor's way to tell frames apart, and what is not whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from ctp_files import at, clock, dicom_ctp, frames
from io_fixtures import refusal

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.volumes.dicom_series import read_dicom_time_series
from StrokeSegLogic.study.volumes.frame_stack import TimeSeries
from StrokeSegLogic.study.volumes.study_files import find_series

HU = frames()
NOON = 12 * 3600.0


def read(folder: Path) -> TimeSeries:
    (candidate,) = find_series(folder)
    return candidate.read_time_series()


def assert_is(found: TimeSeries, hu: np.ndarray, times: Any) -> None:
    assert found.image.GetPixelID() == sitk.sitkInt16
    assert np.array_equal(sitk.GetArrayViewFromImage(found.image), hu)
    assert found.times_s == pytest.approx(tuple(times), abs=1e-6)


@pytest.mark.parametrize(
    ("vendor", "when"),
    [
        ("one time a volume", lambda t, z: at(NOON + 1.5 * t)),
        ("date and time together", lambda t, z: {"AcquisitionDateTime": f"20240301{clock(NOON + 1.5 * t)}"}),
        ("trigger time", lambda t, z: {"AcquisitionTime": clock(NOON), "TriggerTime": 1500.0 * t}),
        ("frame reference time", lambda t, z: {"AcquisitionTime": clock(NOON), "FrameReferenceTime": 1500.0 * t}),
        ("content time", lambda t, z: {"AcquisitionTime": clock(NOON), "ContentTime": clock(NOON + 1.5 * t)}),
        ("coarse time", lambda t, z: {**at(NOON + 3 * (t // 2)), "ContentTime": clock(NOON + 1.5 * t)}),
    ],
)
def test_frames_are_told_apart_by_whatever_time_the_vendor_writes(tmp_path, vendor, when):
    found = read(dicom_ctp(tmp_path, HU, when))
    assert_is(found, HU, 1.5 * np.arange(12))
    assert any("ContentTime" in note for note in found.notes) == (vendor in ("content time", "coarse time"))
    grid = Grid.of(found.image)
    assert grid.size == (12, 10, 4) and grid.spacing == pytest.approx((0.9, 0.8, 5.0))
    assert grid.origin == pytest.approx((-10.0, 20.0, 30.0))


def test_each_slice_may_have_a_time_of_its_own_and_the_frames_is_their_mean(tmp_path):
    found = read(dicom_ctp(tmp_path, HU, lambda t, z: at(NOON + 2.0 * t + 0.2 * z)))
    assert_is(found, HU, 2.0 * np.arange(12))
    assert found.notes == ("slices of one frame were recorded up to 0.6 s apart: their mean time is the frame's",)


def test_frames_may_be_series_of_their_own(tmp_path):
    folder = dicom_ctp(
        tmp_path,
        HU,
        lambda t, z: {**at(NOON + 1.5 * t), "SeriesDescription": f"VPCT {t}"},
        uid=lambda t: f"1.2.{t + 1}",
    )
    assert_is(read(folder), HU, 1.5 * np.arange(12))


def test_a_series_may_cross_midnight_with_and_without_dates(tmp_path):
    start = 86400 - 7.0
    assert_is(read(dicom_ctp(tmp_path / "a", HU, lambda t, z: at(start + 1.5 * t))), HU, 1.5 * np.arange(12))

    def dated(t: int, z: int) -> dict[str, Any]:
        moment = start + 1.5 * t
        return {"AcquisitionDate": "20240229" if moment < 86400 else "20240301", **at(moment)}

    assert_is(read(dicom_ctp(tmp_path / "b", HU, dated)), HU, 1.5 * np.arange(12))


def test_intervals_that_change_are_kept_as_recorded(tmp_path):
    times = np.concatenate([1.5 * np.arange(8), 12 + 3.0 * np.arange(4)])
    assert_is(read(dicom_ctp(tmp_path, HU, lambda t, z: at(NOON + times[t]))), HU, times)


def test_each_slices_own_rescaling_is_applied(tmp_path):
    def scaled(t: int, z: int) -> dict[str, Any]:
        return {**at(NOON + t), "RescaleSlope": 2 if z == 1 else 1, "RescaleIntercept": -1000 * t}

    stored = HU.astype(int) + 1024
    expected = stored * np.where(np.arange(4) == 1, 2, 1)[:, None, None] - 1000 * np.arange(12)[:, None, None, None]
    found = read(dicom_ctp(tmp_path, HU, scaled))
    assert np.array_equal(sitk.GetArrayViewFromImage(found.image), expected)


def test_a_slope_that_is_no_whole_number_gives_float32(tmp_path):
    found = read(dicom_ctp(tmp_path, HU, lambda t, z: {**at(NOON + t), "RescaleSlope": 0.5}))
    assert found.image.GetPixelID() == sitk.sitkFloat32
    expected = (HU.astype(np.float32) + 1024) * 0.5 - 1024
    assert np.array_equal(sitk.GetArrayViewFromImage(found.image), expected)


def test_a_number_alone_needs_times_beside_the_files(tmp_path):
    folder = dicom_ctp(tmp_path, HU, lambda t, z: {"TemporalPositionIdentifier": t + 1})
    assert "the temporal position tells its 12 frames apart, but no header says when" in refusal(read, folder)
    (folder / "times.txt").write_text("\n".join(str(2 * t) for t in range(12)))
    found = read(folder)
    assert_is(found, HU, 2.0 * np.arange(12))
    assert found.notes == ("the frames' times are from times.txt",)
    (folder / "times.txt").write_text("1 2 3")
    assert "holds 3 times" in refusal(read, folder)


def test_frames_that_nothing_tells_apart_are_refused(tmp_path):
    folder = dicom_ctp(tmp_path, HU, lambda t, z: at(NOON), InstanceNumber=1)
    assert "no time or number in their headers tells them apart" in refusal(read, folder)


def test_a_missing_slice_is_named_with_its_time(tmp_path):
    folder = dicom_ctp(tmp_path, HU, lambda t, z: at(NOON + 2 * t), leave_out=[(5, 2), (7, 2)])
    message = refusal(read, folder)
    assert "of 12 frames slice 3 of 4 lacks frame 6 (at 10 s), 8 (at 14 s)" in message
    first = dicom_ctp(tmp_path / "first", HU, lambda t, z: at(NOON + 2 * t), leave_out=[(0, 3)])
    assert "slice 4 of 4 lacks frame 1 (at 0 s)" in refusal(read, first)


def test_a_missing_slice_position_is_named(tmp_path):
    folder = dicom_ctp(tmp_path, HU, lambda t, z: at(NOON + 2 * t), leave_out=[(t, 1) for t in range(12)])
    assert "slices are missing" in refusal(read, folder)


@pytest.mark.parametrize(
    ("upper", "word"),
    [
        (lambda t: 2.0 * t + 1, "in turns, 1 s or more apart (shuttle mode)"),
        (lambda t: 2.0 * t + 40, "one after the other"),
    ],
)
def test_two_table_positions_are_two_slabs_and_refused_as_such(tmp_path, upper, word):
    folder = dicom_ctp(tmp_path, HU, lambda t, z: at(NOON + (2.0 * t if z < 2 else upper(t))))
    message = refusal(read, folder)
    assert "two slabs of one patient: slices 1 to 2 and slices 3 to 4 were recorded at two table positions" in message
    assert word in message


def test_a_tilted_gantry_is_refused_with_its_angle(tmp_path):
    step = (0.0, 5.0 * np.tan(np.radians(12.0)), 5.0)
    folder = dicom_ctp(tmp_path, HU, lambda t, z: at(NOON + 2 * t), step=step)
    assert "the slices are stacked askew by 12.0 degrees" in refusal(read, folder)


def test_a_table_that_moved_is_refused(tmp_path):
    def moved(t: int, z: int) -> dict[str, Any]:
        far = 7.5 if t == 11 else 0.0
        return {**at(NOON + 2 * t), "ImagePositionPatient": [-10.0, 20.0 + far, 30.0 + 5 * z]}

    assert "its frames do not lie at the same places" in refusal(read, dicom_ctp(tmp_path, HU, moved))


def test_one_volume_is_no_series(tmp_path):
    folder = dicom_ctp(tmp_path, HU[:1], lambda t, z: at(NOON))
    assert "one volume, not frames over time" in refusal(read_dicom_time_series, sorted(folder.iterdir()))


def test_the_hash_does_not_depend_on_the_files_names(tmp_path):
    (series,) = find_series(dicom_ctp(tmp_path / "a", HU[:, :1], lambda t, z: at(NOON + t)))
    again = tmp_path / "b"
    again.mkdir()
    for number, file in enumerate(reversed(series.files)):
        (again / f"{number:04d}").write_bytes(file.read_bytes())
    (other,) = find_series(again)
    assert series.sha256() == other.sha256()
    assert series.frames == 12 and "12 times" in series.name
