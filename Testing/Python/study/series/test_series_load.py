"""From a folder, a mapping, SEQUENCE=FILE or one file to a case."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, nifti, refusal, stored, voxels

from StrokeSegLogic import load_case as public_load_case
from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.study.case import ClinicalData, Role
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.series.read import swapped_note


def test_a_folder_of_nifti_becomes_a_case_with_reasons_and_hashes(tmp_path):
    folder = tmp_path / "patient07"
    for name in ("T1", "T2", "FLAIR"):
        nifti(folder / f"{name}.nii.gz", voxels(seed=len(name)))
    nifti(folder / "MSLESIONS.nii.gz", np.zeros((10, 12, 6), np.uint8))
    case = public_load_case(folder, clinical=ClinicalData(age=71))
    assert case.name == "patient07" and case.roles == (Role.T1, Role.T2, Role.FLAIR)
    assert case.clinical.age == 71
    assert case.series[Role.T1].reason == "file name 'T1' holds 't1'"
    assert case.series[Role.T1].sha256 == hashlib.sha256((folder / "T1.nii.gz").read_bytes()).hexdigest()
    assert case.notes == ("MSLESIONS.nii.gz was left aside: file name 'MSLESIONS' names a mask ('mslesions')",)


def test_a_folder_of_dicom_takes_the_highest_b_and_the_adc(tmp_path):
    folder = tmp_path / "study"
    dwi = stored(seed=1)
    for b, data in ((0.0, stored(seed=2)), (1000.0, dwi)):
        tags = {"SeriesDescription": "ep2d_diff_trace", "DiffusionBValue": b}
        dicom_slices(folder / "a", data, uid="1.2.5", prefix=f"b{b:.0f}", suffix="", tags=tags)
    derived = {"SeriesDescription": "ep2d_diff_ADC", "ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}
    adc = dicom_slices(folder / "a", stored(seed=3), prefix="adc", suffix="", tags=derived)
    nifti(folder / "FLAIR.nii.gz")
    case = load_case(folder)
    assert case.roles == (Role.DWI, Role.FLAIR, Role.ADC)
    assert np.array_equal(sitk.GetArrayFromImage(case.series[Role.DWI].image), dwi)
    in_order = b"".join(path.read_bytes() for path in adc)
    assert case.series[Role.ADC].sha256 == hashlib.sha256(in_order).hexdigest()
    assert any("b=0" in note and "was left aside" in note for note in case.notes)


def test_roles_may_be_named_in_a_mapping_or_as_role_equals_file(tmp_path):
    dwi, flair = nifti(tmp_path / "p" / "scan=1.nii"), nifti(tmp_path / "p" / "x2.nii", voxels(seed=1))
    for study in (
        {"dwi": dwi, Role.FLAIR: str(flair)},
        [f"DWI={dwi}", f"flair={flair}"],
        (f"DWI = {dwi}", f"FLAIR={flair}"),
    ):
        case = load_case(study)
        assert case.roles == (Role.DWI, Role.FLAIR) and case.name == "p"
        assert case.series[Role.DWI].confidence == 1.0
        assert case.series[Role.DWI].reason == "named by the user"
    assert load_case([f"DWI={dwi}"], name="mine").name == "mine"


def test_an_image_in_memory_is_taken_as_float32_and_hashed(tmp_path):
    image = sitk.GetImageFromArray((voxels() * 10).astype(np.int16).T)
    case = load_case({"FLAIR": image})
    got = case.series[Role.FLAIR]
    assert got.image.GetPixelID() == sitk.sitkFloat32
    assert got.sha256 == hashlib.sha256(sitk.GetArrayFromImage(got.image).tobytes()).hexdigest()
    assert "every voxel" in refusal(load_case, {"FLAIR": image * 0})


def test_a_role_may_be_given_a_dicom_folder(tmp_path):
    for b in (0.0, 1000.0):
        tags = {"SeriesDescription": "diff", "DiffusionBValue": b}
        dicom_slices(tmp_path / "d", stored(seed=int(b)), uid="1.2.5", prefix=f"b{b:.0f}", tags=tags)
    dicom_slices(tmp_path / "t", stored(), tags={"SeriesDescription": "odd name"})
    case = load_case([f"DWI={tmp_path / 'd'}", f"T1={tmp_path / 't'}"])
    assert case.roles == (Role.T1, Role.DWI)
    assert "b=1000" in case.series[Role.DWI].source
    assert "none of them is evidently T2" in refusal(load_case, [f"T2={tmp_path / 'd'}"])


def test_one_file_is_taken_if_its_name_says_its_role(tmp_path):
    good, bad = nifti(tmp_path / "sub-1_dwi.nii.gz"), nifti(tmp_path / "scan.nii.gz")
    assert load_case(good).roles == (Role.DWI,)
    assert load_case(str(good)).name == "sub-1_dwi"
    assert load_case(f"FLAIR={bad}").roles == (Role.FLAIR,)
    assert "Say what it is, for instance DWI=scan.nii.gz" in refusal(load_case, bad)


@pytest.mark.parametrize(
    ("study", "word"),
    [
        (["DWI"], "is not of the form SEQUENCE=FILE"),
        (["=a.nii"], "is not of the form SEQUENCE=FILE"),
        (["DWI="], "is not of the form SEQUENCE=FILE"),
        (["nowhere"], "nowhere: there is no such file or folder"),
        (["PD=a.nii"], "'PD' is no sequence or map"),
        (["DWI=a.nii", "dwi=b.nii"], "DWI is named twice"),
        ([], "no volume was given"),
        ({}, "no volume was given"),
        (["DWI=nowhere.nii"], "nowhere.nii: does not exist"),
        ("nowhere", "nowhere: does not exist"),
    ],
)
def test_a_study_named_wrongly_is_refused(study, word):
    assert word in refusal(load_case, study)


def test_a_folder_without_any_role_lists_what_it_holds(tmp_path):
    nifti(tmp_path / "scan1.nii")
    nifti(tmp_path / "swi.nii")
    message = refusal(load_case, tmp_path)
    assert "scan1.nii" in message and "susceptibility" in message and "DWI=scan.nii.gz (sequence)" in message


def test_a_folder_of_the_other_modality_says_which_it_looks_like(tmp_path):
    nifti(tmp_path / "cbf.nii")
    nifti(tmp_path / "tmax.nii")
    assert "looks like CT perfusion: use ctp (modality)" in refusal(load_case, tmp_path, modality="mri")


def test_an_empty_folder_and_two_claims_are_refused_with_the_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "holds no volume" in refusal(load_case, tmp_path / "empty")
    nifti(tmp_path / "two" / "a_dwi.nii")
    nifti(tmp_path / "two" / "b_dwi.nii", voxels(seed=1))
    message = refusal(load_case, tmp_path / "two")
    assert str(tmp_path / "two") in message and "two series claim to be DWI" in message


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (np.full((10, 12, 6), 3.0, np.float32), "same value"),
        (voxels((10, 12, 1)), "single slice"),
        (voxels((10, 12, 6, 2)), "4 dimensions"),
        (np.full((10, 12, 6), np.nan, np.float32), "720 NaN"),
    ],
)
def test_an_unfit_volume_with_a_role_is_refused_and_without_role_is_not_read(tmp_path, data, word):
    nifti(tmp_path / "dwi.nii", data)
    nifti(tmp_path / "b" / "dwi.nii")
    nifti(tmp_path / "b" / "perfusion.nii", data)
    message = refusal(load_case, {"DWI": tmp_path / "dwi.nii"})
    assert word in message and "dwi.nii" in message
    assert load_case(tmp_path / "b").roles == (Role.DWI,)


def test_a_doubtful_header_is_noted(tmp_path):
    import nibabel as nib

    image = nib.Nifti1Image(voxels(), np.eye(4))
    image.set_sform(np.eye(4), 2)
    image.set_qform(np.diag([1.0, 1.0, 2.0, 1.0]), 1)
    image.header["qoffset_x"] = 30
    nib.save(image, tmp_path / "dwi.nii")
    assert any("mm apart" in note for note in load_case(tmp_path).notes)


def skull_stripped(fluid: float, tissue: float) -> sitk.Image:
    brain = np.random.default_rng(0).normal(tissue, tissue / 20, (16, 20, 20))
    brain[:, :, 8:10] = fluid
    brain[:, :4] = 0
    brain[:, -4:] = 0
    return sitk.GetImageFromArray(brain.astype(np.float32))


def test_swapped_dwi_and_adc_are_noted_only_when_both_look_so():
    dwi, adc = skull_stripped(fluid=20, tissue=100), skull_stripped(fluid=3000, tissue=800)
    assert swapped_note(dwi, adc) is None
    assert "look swapped" in swapped_note(adc, dwi)
    assert swapped_note(adc, adc) is None
    assert swapped_note(adc + 500, dwi + 500) is None  # with something around the brain it is not judged
    assert load_case({"DWI": dwi, "ADC": adc}).notes == ()
    assert any("look swapped" in note for note in load_case({"DWI": adc, "ADC": dwi}).notes)


@pytest.mark.parametrize("study", [None, 3, b"/tmp", [3], [None], {1, 2}])
def test_what_is_no_study_is_refused_in_words(study) -> None:
    with pytest.raises(InputError, match="no path, mapping or sequence of texts"):
        load_case(study)


def test_a_name_that_the_system_does_not_take_is_no_file() -> None:
    for study in (["DWI=" + "x" * 10_000], {"DWI": "x" * 10_000}, "x" * 10_000, "a\0b", ["DWI=a\0b"]):
        with pytest.raises(InputError, match="no name of a file") as caught:
            load_case(study)
        assert len(str(caught.value)) < 500
