"""Volumes of two patients, dates or sessions never become one case without a word."""

from __future__ import annotations

import json

import pydicom
import pytest
from io_fixtures import dicom_slices, nifti, refusal, stored, voxels

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.labels import path_labels
from StrokeSegLogic.study.series.load import load_case

SECRETS = ("MUELLER", "SCHMIDT", "4711", "0815", "19400101", "19500202", "20200101", "20210601")


def dicom_pair(folder, first: dict, other: dict, where=("a", "b")) -> list:
    """A DWI and a FLAIR with these tags."""
    names = {"SeriesDescription": "DWI b1000"}, {"SeriesDescription": "FLAIR tra"}
    return [
        dicom_slices(folder / home, stored(seed=k), prefix=f"s{k}_", tags={**name, **tags})[0]
        for k, (home, name, tags) in enumerate(zip(where, names, (first, other), strict=True))
    ]


TWO_PATIENTS = [
    ({"PatientID": "4711"}, {"PatientID": "0815"}),
    ({"PatientID": "", "PatientName": "MUELLER^A"}, {"PatientID": "", "PatientName": "SCHMIDT^B"}),
    ({"PatientName": "MUELLER^A"}, {"PatientName": "SCHMIDT^B"}),
    *(
        ({"PatientID": "", "PatientName": first}, {"PatientID": "", "PatientName": other})
        for first, other in (
            ("MUELLER^ANNA", "MUELLER^BERND"),
            ("MUELLER^ANNA", "SCHMIDT^ANNA"),
            ("LI^WEI", "LI^NA"),
            ("Patient^01", "Patient^02"),
            ("sub 01", "sub 02"),
        )
    ),
    ({"PatientBirthDate": "19400101"}, {"PatientBirthDate": "19500202"}),
    ({"PatientSex": "M"}, {"PatientSex": "F"}),
    ({"PatientAge": "061Y"}, {"PatientAge": "074Y"}),
    ({"PatientAge": "018M"}, {"PatientAge": "061Y"}),
]
TWO_DATES = [
    *(
        ({"StudyDate": "", key: "20200101"}, {"StudyDate": "", key: "20210601"})
        for key in ("SeriesDate", "ContentDate")
    ),
    ({"AcquisitionDateTime": "20200101101500"}, {"AcquisitionDateTime": "20210601101500"}),
    ({"StudyDate": "20200101"}, {"StudyDate": "", "AcquisitionDate": "20210601"}),
    (
        {"AcquisitionDate": "20200101", "AcquisitionTime": "090000"},
        {"AcquisitionDate": "20200102", "AcquisitionTime": "150000"},
    ),
    ({"StudyDate": "20200101"}, {"StudyDate": "20210601"}),
    ({"StudyDate": "20200101"}, {"StudyDate": "20200102", "StudyInstanceUID": "1.2.9"}),
    ({"AcquisitionDate": "20200101"}, {"AcquisitionDate": "20210601"}),
]


@pytest.mark.parametrize("where", [("a", "b"), ("", "")], ids=["two folders", "one folder"])
@pytest.mark.parametrize(("first", "other"), TWO_PATIENTS)
def test_dicom_of_two_patients_is_refused_without_telling_who_they_are(tmp_path, first, other, where):
    dicom_pair(tmp_path, first, other, where)
    message = refusal(load_case, tmp_path)
    assert "are of two patients" in message and not any(secret in message for secret in SECRETS)


@pytest.mark.parametrize(("first", "other"), TWO_DATES)
def test_dicom_of_two_dates_is_refused_without_telling_them(tmp_path, first, other):
    dicom_pair(tmp_path, first, other)
    message = refusal(load_case, tmp_path)
    assert "are of two examinations" in message and not any(secret in message for secret in SECRETS)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ({"PatientName": "MUELLER^ANNA"}, {"PatientName": "Mueller^Anna^Maria"}),
        (
            {"StudyDate": "20200101", "AcquisitionDate": "20200101"},
            {"StudyDate": "20200101", "AcquisitionDate": "20200102"},
        ),
        ({"PatientID": "", "PatientName": ""}, {"PatientID": "", "PatientName": ""}),
        ({"PatientID": "4711"}, {"PatientID": ""}),
        ({"PatientID": "0004711"}, {"PatientID": "4711"}),
        ({"PatientBirthDate": "19400315"}, {"PatientBirthDate": "19400101"}),  # cut to the year
        (
            {"StudyDate": "20200131", "AcquisitionDate": "20200131", "AcquisitionTime": "235000"},
            {"StudyDate": "20200201", "AcquisitionDate": "20200201", "AcquisitionTime": "000500"},
        ),
        ({"PatientAge": "061Y"}, {"PatientAge": "062Y"}),  # a birthday
        ({"PatientAge": "023M"}, {"PatientAge": "002Y"}),
        ({"PatientAge": "061Y"}, {"PatientAge": "000Y"}),  # anonymised
        ({"PatientSex": "F", "PatientAge": "061Y"}, {"PatientSex": "O", "PatientAge": ""}),
        ({"PatientSex": "F", "PatientBirthDate": "19400101"}, {"PatientSex": "", "PatientBirthDate": ""}),
    ],
)
def test_one_patient_on_both_sides_of_midnight_or_without_tags_is_one_case(tmp_path, first, other):
    dicom_pair(tmp_path, first, other)
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI, Role.FLAIR) and not case.notes


def test_another_study_uid_of_the_same_day_is_noted(tmp_path):
    dicom_pair(tmp_path, {"StudyInstanceUID": "1.2.1"}, {"StudyInstanceUID": "1.2.2"})
    (note,) = load_case(tmp_path).notes
    assert "different Study Instance UIDs" in note


def test_two_patients_in_one_series_are_told_apart(tmp_path):
    for k, patient in enumerate(("4711", "0815")):
        tags = {"SeriesDescription": "DWI", "PatientID": patient}
        dicom_slices(tmp_path, stored(seed=k), uid="1.2.5", prefix=f"p{k}_", tags=tags)
    assert "are of two patients" in refusal(load_case, tmp_path)


FILES = [
    ("sub-01_dwi", "sub-02_FLAIR", "patients"),
    ("sub-01/anat/sub-01_dwi", "sub-02/anat/sub-02_FLAIR", "patients"),
    ("sub-strokecase0001/dwi", "sub-strokecase0002/FLAIR", "patients"),
    ("patient1/DWI", "patient2/FLAIR", "patients"),
    ("Pat_007/DWI", "Pat_008/FLAIR", "patients"),
    ("patientA_dwi", "patientB_flair", "patients"),
    ("Subject_C/DWI", "Subject_D/FLAIR", "patients"),
    ("sub-01_ses-01_dwi", "sub-01_ses-02_FLAIR", "examinations"),
    ("ses-acute/DWI", "ses-followup/FLAIR", "examinations"),
    ("session1/DWI", "session2/FLAIR", "examinations"),
    ("baseline/DWI", "follow-up/FLAIR", "examinations"),
    ("patient01_study1_DWI", "patient01_study2_FLAIR", "examinations"),
    ("visit_1/DWI", "visit_2/FLAIR", "examinations"),
    ("2024-01-31/DWI", "2024-06-30/FLAIR", "examinations"),
    ("20240131/DWI", "20240630/FLAIR", "examinations"),
    ("31.01.2024/DWI", "30.06.2024/FLAIR", "examinations"),
    ("DWI_20240131120000_5", "FLAIR_20240630120000_7", "examinations"),
    ("sub01_dwi", "sub02_flair", "patients"),
    ("Sujet_01/DWI", "Sujet_02/FLAIR", "patients"),
    ("Fall_01_DWI", "Fall_02_FLAIR", "patients"),
    ("患者1/DWI", "患者2/FLAIR", "patients"),
    ("Pt3_DWI", "Pt4_FLAIR", "patients"),
    ("patient_KL_DWI", "patient_TS_FLAIR", "patients"),
    ("002_S_0413_DWI", "005_S_0221_FLAIR", "patients"),
    ("pre_EVT_dwi", "post_EVT_flair", "examinations"),
    ("vor_Thrombektomie/DWI", "nach_Thrombektomie/FLAIR", "examinations"),
    ("antes/DWI", "después/FLAIR", "examinations"),
    ("admission_DWI", "24h_FLAIR", "examinations"),
    ("acute/DWI", "3months/FLAIR", "examinations"),
    ("d0_DWI", "d7_FLAIR", "examinations"),
    ("V1/DWI", "V2/FLAIR", "examinations"),
    ("T0/DWI", "T1/FLAIR", "examinations"),
    ("prior/DWI", "current/FLAIR", "examinations"),
]


@pytest.mark.parametrize(("first", "other", "what"), FILES)
def test_files_whose_names_say_two_patients_or_sessions_are_refused(tmp_path, first, other, what):
    nifti(tmp_path / f"{first}.nii.gz")
    nifti(tmp_path / f"{other}.nii.gz", voxels(seed=1))
    assert f"are of two {what}: their names say" in refusal(load_case, tmp_path)
    # What the advice says works.
    assert load_case(tmp_path / first.partition("/")[0] if "/" in first else tmp_path / f"{first}.nii.gz").roles == (
        "DWI",
    )
    case = load_case([f"DWI={tmp_path / first}.nii.gz", f"FLAIR={tmp_path / other}.nii.gz"])
    assert case.roles == (Role.DWI, Role.FLAIR)


PERHAPS = [
    ("MR1/DWI.nii", "MR2/FLAIR.nii", "examinations"),
    ("DWI_pre.nii", "FLAIR_post.nii", "examinations"),
    ("20240131_DWI.nii", "20240201_FLAIR.nii", "examinations"),
    ("20240131080000_DWI.nii", "20240131180000_FLAIR.nii", "examinations"),
    ("R001/DWI.nii", "R002/FLAIR.nii", "patients"),
    ("S0001_DWI.nii", "S0002_FLAIR.nii", "patients"),
]


@pytest.mark.parametrize(("first", "other", "what"), PERHAPS)
def test_what_may_be_of_two_is_said_before_all_else(tmp_path, first, other, what):
    nifti(tmp_path / first)
    nifti(tmp_path / other, voxels(seed=1))
    assert f"may be of two {what}, for their names" in load_case(tmp_path).notes[0]


OF_ONE = [
    ("exam_4_DWI", "exam_6_FLAIR"),
    ("study4_DWI", "study6_FLAIR"),
    ("ses_DWI", "ses_FLAIR"),
    ("case_DWI", "case_FLAIR"),
    ("MR_Kopf_DWI_20240131235512_4", "MR_Kopf_FLAIR_20240201000512_6"),
    ("T1/T1", "T2/T2"),
    ("DWI_v2x", "FLAIR_v1x"),
    ("T1_pre", "FLAIR_post"),
    ("T1_vor_KM", "T2_nach_KM"),
    ("followup/DWI", "90d/FLAIR"),
    ("DWI_M1", "FLAIR_M2"),
    ("run-1_DWI", "run-2_FLAIR"),
    ("2001/DWI", "2101/FLAIR"),
]


@pytest.mark.parametrize(("first", "other"), OF_ONE)
def test_numbers_of_series_and_words_of_protocols_are_neither_patients_nor_visits(tmp_path, first, other):
    nifti(tmp_path / f"{first}.nii.gz")
    nifti(tmp_path / f"{other}.nii.gz", voxels(seed=1))
    case = load_case(tmp_path)
    assert len(case.series) == 2 and not any("belong together" in note for note in case.notes), case.notes


def test_volumes_of_two_patients_that_the_user_named_are_taken_and_said(tmp_path):
    paths = dicom_pair(tmp_path, {"PatientID": "4711"}, {"PatientID": "0815"})
    (note,) = load_case([f"DWI={paths[0]}", f"FLAIR={paths[1]}"]).notes
    assert "are of two patients" in note and "taken as they were named" in note
    paths = dicom_pair(tmp_path / "same", {}, {})
    assert load_case([f"DWI={paths[0]}", f"FLAIR={paths[1]}"]).notes == ()


SIDECARS = [
    ("PatientID", "4711", "0815", "their Patient IDs differ"),
    ("PatientSex", "M", "F", "the patients' sexes differ"),
    ("PatientSex", "female", "Male", "the patients' sexes differ"),
    ("PatientAge", "061Y", "074Y", "the patients' ages differ"),
    ("PatientAge", 61, "074Y", "the patients' ages differ"),
    ("PatientBirthDate", "1940-01-01", "19500202", "the patients' dates of birth differ"),
    ("SeriesDate", "20240131", "2024-06-30", "acquired on different days"),
    ("AcquisitionDate", "2024-01-31", "2024-06-30", "acquired on different days"),
]


def with_sidecars(folder, key, *values) -> None:
    for number, (name, value) in enumerate(zip(("DWI", "FLAIR"), values, strict=True)):
        nifti(folder / f"{name}.nii.gz", voxels(seed=number))
        (folder / f"{name}.json").write_text(json.dumps({key: value, "Modality": "MR"}))


@pytest.mark.parametrize(("key", "first", "other", "said"), SIDECARS)
def test_sidecars_tell_two_patients(tmp_path, key, first, other, said):
    with_sidecars(tmp_path, key, first, other)
    assert said in refusal(load_case, tmp_path)


def test_sidecars_of_two_studies_are_noted(tmp_path):
    with_sidecars(tmp_path, "StudyInstanceUID", "1.2.1", "1.2.2")
    assert "different Study Instance UIDs" in load_case(tmp_path).notes[0]


@pytest.mark.parametrize(
    ("key", "first", "other"),
    [("PatientAge", 61, "062Y"), ("PatientSex", "F", "female"), ("PatientSex", "M", "n/a"), ("PatientAge", "61", None)],
)
def test_sidecars_that_say_the_same_in_other_words_or_nothing_are_of_one_patient(tmp_path, key, first, other):
    with_sidecars(tmp_path, key, first, other)
    assert load_case(tmp_path).roles == (Role.DWI, Role.FLAIR)


def test_slices_of_a_series_that_lack_what_others_say_of_the_patient_stay_with_it(tmp_path):
    paths = dicom_slices(tmp_path, stored(), uid="1.2.5", tags={"SeriesDescription": "DWI b1000", "PatientSex": "F"})
    for path in paths[1:3]:
        header = pydicom.dcmread(path)
        del header.PatientSex, header.PatientID
        header.save_as(path)
    case = load_case(tmp_path)
    assert case.series[Role.DWI].image.GetSize()[2] == 5 and not case.notes


def test_a_slice_without_a_name_brings_two_patients_of_one_series_no_nearer(tmp_path):
    for k, sex in enumerate(("", "F", "M")):
        tags = {"SeriesDescription": "DWI", "PatientID": "", "PatientName": "", "PatientSex": sex}
        dicom_slices(tmp_path, stored(seed=k), uid="1.2.5", prefix=f"p{k}_", tags=tags, origin=(-10, 20, 30 + 100 * k))
    assert "are of two patients" in refusal(load_case, tmp_path)


def test_what_no_role_is_given_to_may_be_of_anybody(tmp_path):
    dicom_slices(tmp_path / "a", stored(), tags={"SeriesDescription": "DWI b1000", "PatientID": "4711"})
    dicom_slices(tmp_path / "b", stored(seed=1), tags={"SeriesDescription": "localizer", "PatientID": "0815"})
    assert load_case(tmp_path).roles == (Role.DWI,)


@pytest.mark.parametrize(
    "path",
    ["t2_tse_tra_p2.nii", "SMIR.Brain.XX.O.CT.345562.nii", "DICOM/S1/IM0001", "case_without_mask/DWI.nii", "b1000.nii"],
)
def test_usual_names_say_nothing_of_patient_or_session(path):
    assert path_labels(path) == {}
