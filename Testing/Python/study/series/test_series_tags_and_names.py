"""DICOM is held against what names of files and sidecars say of patient and date."""

from __future__ import annotations

import json

import pytest
from io_fixtures import dicom_slices, nifti, refusal, stored

from StrokeSegLogic.study.series.load import load_case


@pytest.mark.parametrize(
    ("tags", "name", "said"),
    [
        ({"PatientID": "sub-01", "PatientName": ""}, "sub-02_FLAIR", "another subject than the tags"),
        ({"PatientID": "12345678"}, "87654321_FLAIR", "another number than the Patient ID"),
        ({"PatientID": "", "PatientName": "Patient 7"}, "patient8_FLAIR", "another patient than the tags"),
        ({"StudyDate": "20240131"}, "FLAIR_20230101", "the date in a name is not that of the tags"),
        ({"StudyDate": "20240131"}, "01.01.2023/FLAIR", "the date in a name is not that of the tags"),
    ],
)
def test_dicom_is_held_against_the_names_of_files(tmp_path, tags, name, said):
    dicom_slices(tmp_path / "1", stored(), tags={"SeriesDescription": "DWI b1000", **tags})
    nifti(tmp_path / f"{name}.nii.gz")
    assert said in refusal(load_case, tmp_path)


@pytest.mark.parametrize(
    "beside",
    [
        {"AcquisitionDateTime": "2023-01-01T10:00:00"},
        {"StudyDate": "2023-01-01"},
        {"AcquisitionDate": "20230101"},
        {"PatientID": "0815"},
        {"PatientName": "SCHMIDT^BERND"},
    ],
)
def test_dicom_is_held_against_sidecars(tmp_path, beside):
    who = {"PatientID": "4711", "PatientName": "MUELLER^ANNA", "StudyDate": "20240131"}
    dicom_slices(tmp_path / "1", stored(), tags={"SeriesDescription": "DWI b1000", **who})
    nifti(tmp_path / "FLAIR.nii.gz")
    (tmp_path / "FLAIR.json").write_text(json.dumps({"Modality": "MR", **beside}))
    assert "are of two" in refusal(load_case, tmp_path)
