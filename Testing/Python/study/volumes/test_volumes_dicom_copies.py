"""DICOM files that are there twice, volumes that come apart, phases of one bolus."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import SimpleITK as sitk
from ctp_files import at, dicom_ctp, frames
from io_fixtures import dicom_slices, refusal, stored

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.dicom import read_dicom_series
from StrokeSegLogic.study.volumes.study_files import find_series, study_files

FLAIR = {"SeriesDescription": "FLAIR"}
HU, NOON = frames(), 43200.0


def every(start: float):
    """Tags of a frame's time, 1.5 s apart."""
    return lambda frame, _place: at(start + 1.5 * frame)


def voxels_of(folder) -> np.ndarray:
    return sitk.GetArrayFromImage(load_case(folder).series[Role.FLAIR].image)


@pytest.mark.parametrize("without_uid", [False, True], ids=["instance UID", "bytes alone"])
@pytest.mark.parametrize("what", ["a slice", "two slices", "the series"])
def test_copies_of_files_are_read_once_and_said(tmp_path, what, without_uid):
    data = stored()
    paths = dicom_slices(tmp_path / "a", data, tags={**FLAIR, **({"SOPInstanceUID": ""} if without_uid else {})})
    copied = {"a slice": paths[2:3], "two slices": paths[1:3], "the series": paths}[what]
    (tmp_path / "b").mkdir()
    for path in copied:
        shutil.copy(path, tmp_path / "b" / f"{path.name} (1)")
    assert np.array_equal(voxels_of(tmp_path), data)
    (note,) = study_files(tmp_path).notes
    assert "left aside: copies of DICOM files" in note
    assert f"and {len(copied) - 1} more files" in note or len(copied) == 1


def test_slices_that_share_one_instance_uid_are_no_copies(tmp_path):
    """There is software that gives all files the same."""
    data = stored()
    dicom_slices(tmp_path, data, tags={**FLAIR, "SOPInstanceUID": "1.2.3"})
    assert np.array_equal(voxels_of(tmp_path), data)


def test_a_copied_slice_does_not_take_its_times_from_a_perfusion_series(tmp_path):
    dicom_ctp(tmp_path, HU, every(NOON))
    paths = sorted(tmp_path.iterdir())
    shutil.copy(paths[5], tmp_path / "copy")
    (candidate,) = find_series(tmp_path)
    assert candidate.frames == len(HU) and len(candidate.files) == len(paths)


@pytest.mark.parametrize("kind", ["each slice", "two halves", "odd and even"])
def test_a_volume_whose_slices_have_series_uids_of_their_own_is_one(tmp_path, kind):
    data = stored((6, 12, 10))
    groups = {
        "each slice": [[k] for k in range(6)],
        "two halves": [[0, 1, 2], [3, 4, 5]],
        "odd and even": [[0, 2, 4], [1, 3, 5]],
    }
    for number, places in enumerate(groups[kind]):
        for k in places:
            uid = f"1.2.7.{number}"
            dicom_slices(tmp_path, data[k : k + 1], uid=uid, origin=(0, 0, 4.0 * k), prefix=f"s{k}_", tags=FLAIR)
    assert np.array_equal(voxels_of(tmp_path), data)
    assert np.array_equal(sitk.GetArrayFromImage(load_case([f"FLAIR={tmp_path}"]).series[Role.FLAIR].image), data)


def test_two_series_of_one_name_at_the_same_places_stay_two(tmp_path):
    for k in range(2):
        dicom_slices(tmp_path, stored(seed=k), prefix=f"s{k}_", tags=FLAIR)
    assert len(find_series(tmp_path)) == 2


@pytest.mark.parametrize("rounding", [1e-5, 1e-4, 4e-3])
def test_cosines_that_are_rounded_from_slice_to_slice_do_not_split_a_volume(tmp_path, rounding):
    data = stored()
    angle = np.arccos(0.995)
    for k in range(len(data)):
        a = angle + rounding * (k % 2)
        axes = (np.cos(a), np.sin(a), 0, -np.sin(a), np.cos(a), 0)
        dicom_slices(
            tmp_path, data[k : k + 1], uid="1.2.7", origin=(0, 0, 4.0 * k), axes=axes, prefix=f"s{k}_", tags=FLAIR
        )
    assert len(find_series(tmp_path)) == 1
    if rounding < 1e-3:
        assert np.array_equal(voxels_of(tmp_path), data)
    else:
        assert "mixed geometry" in refusal(load_case, tmp_path)


@pytest.mark.parametrize(
    "names", [("CT Perfusion Phase 1", "CT Perfusion Phase 2"), ("Perf arteriell", "Perf ven\u00f6s"), ("CTP", "CTP")]
)
def test_two_phases_of_one_bolus_are_one_series(tmp_path, names):
    for number, (name, part) in enumerate(zip(names, (slice(0, 7), slice(7, None)), strict=True)):
        start = NOON + 1.5 * (part.start or 0)
        folder, uid = tmp_path / str(number), f"1.2.7.{number}"
        dicom_ctp(
            folder,
            HU[part],
            every(start),
            uid=lambda _, uid=uid: uid,
            description=name,
            SpecificCharacterSet="ISO_IR 192",
        )
    for study in (tmp_path, [f"CTP={tmp_path}"]):
        series = load_case(study, modality="ctp").series[Role.CTP]
        assert series.times_s == tuple(1.5 * np.arange(len(HU)))
        assert np.array_equal(sitk.GetArrayFromImage(series.image), HU)


def test_a_second_bolus_long_after_is_a_series_of_its_own(tmp_path):
    for number, start in enumerate((NOON, NOON + 800.0)):
        dicom_ctp(tmp_path / str(number), HU, every(start), uid=lambda _, number=number: f"1.2.7.{number}")
    assert len(find_series(tmp_path)) == 2


def test_files_of_two_series_that_are_no_volume_together_are_still_refused(tmp_path):
    files = dicom_slices(tmp_path / "a", stored()) + dicom_slices(tmp_path / "b", stored(seed=1))
    assert "several series" in refusal(read_dicom_series, files)
