"""Patients' names in the names of files: where two may be mixed it is said, and words of protocols are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, nifti, stored, voxels

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case


def study(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        if name.endswith((".nrrd", ".mha")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            sitk.WriteImage(sitk.GetImageFromArray(voxels(seed=number)), str(folder / name))
        else:
            nifti(folder / name, voxels(seed=number))
    return folder


PERHAPS = [
    ("mueller_dwi.nii.gz", "schmidt_flair.nii.gz"),
    ("Mueller-Lüdenscheid_DWI.nii.gz", "Schmidt_FLAIR.nii"),
    ("Doe_John_ADC.nii", "Doe_John_DWI.nii", "Roe_Jane_FLAIR.nii"),
    ("AB_DWI.nii", "CD_FLAIR.nii"),
    ("A.B./DWI.nii", "C.D./FLAIR.nii"),
    ("DWI_garcia.nrrd", "FLAIR_fernandez.nrrd"),
    ("2 DWI Smith.nrrd", "7 FLAIR Jones.mha"),
    ("rossi_CBF.nii.gz", "rossi_TMAX.nii.gz", "bianchi_CBV.nii.gz"),
    ("DUPONT^JEAN_20200101_dwi.nii.gz", "MARTIN^ANNE_20200101_flair.nii.gz"),
    ("田中_DWI.nii.gz", "鈴木_FLAIR.nii.gz"),
    ("MuellerDWI.nii.gz", "SchmidtFLAIR.nii.gz"),
    ("Иванов_dwi.nii", "Петрова_flair.nii"),
    ("Chung_DWI.nii", "Young_FLAIR.nii"),
    ("anna/DWI.nii.gz", "berta/FLAIR.nii.gz"),
    ("Nguyen/DWI.nii", "Tran/FLAIR.nii"),
    ("Trial_mueller_dwi.nii.gz", "Trial_schmidt_flair.nii.gz"),
    ("gonzalez_perez_DWI.nii", "gonzalez_lopez_FLAIR.nii"),
    ("kowalski_dwi.nii.gz", "flair_nowak.nii.gz"),
    ("zzz_dwi.nii.gz", "yyy_flair.nii.gz", "xxx_t1.nii.gz"),
]


@pytest.mark.parametrize("names", PERHAPS, ids=lambda names: names[0])
def test_words_that_no_protocol_has_are_said_before_all_else_and_refuse_nothing(tmp_path, names):
    case = load_case(study(tmp_path, *names))
    assert len(case.series) == len(names) and "may be of two patients" in case.notes[0]


@pytest.mark.parametrize(
    "names",
    [
        ("DWI.nii", "FLAIR.nii", "DWI_Maske.nii", "DWI_mascara.nii"),
        ("DWI.nii", "DWI_pred_mueller.nii", "FLAIR.nii", "DWI_schmidt.nii"),
        ("flair.nii", "flair_brain_mueller.nii", "t1.nii", "t1_brain_schmidt.nii"),
    ],
    ids=lambda names: names[-1],
)
def test_names_of_volumes_that_nobody_uses_say_nothing(tmp_path, names):
    case = load_case(study(tmp_path, *names))
    assert len(case.series) == 2 and not any("two patients" in note for note in case.notes), case.notes


@pytest.mark.parametrize("name", ["schmidt_bernd_flair.nii.gz", "FLAIR_schmidt.nii", "Schmidt/FLAIR_Bernd.nii"])
def test_a_name_beside_dicom_of_another_name_is_said(tmp_path, name):
    study(tmp_path, name)
    tags = {"SeriesDescription": "DWI b1000", "PatientID": "", "PatientName": "MUELLER^ANNA"}
    dicom_slices(tmp_path / "1", stored(), tags=tags)
    assert "may be of two patients, for the patient's name and a file name" in load_case(tmp_path).notes[0]


@pytest.mark.parametrize("name", ["FLAIR.nii", "mueller_FLAIR.nii", "FLAIR_Anna.nii", "FLAIR_tra_Skyra.nii"])
def test_a_name_beside_dicom_of_the_same_name_or_without_any_is_of_one_patient(tmp_path, name):
    study(tmp_path, name)
    tags = {"SeriesDescription": "DWI b1000", "PatientID": "", "PatientName": "MUELLER^ANNA"}
    dicom_slices(tmp_path / "1", stored(), tags=tags)
    assert not load_case(tmp_path).notes


@pytest.mark.parametrize(
    ("first", "other"), [("mueller", "schmidt"), ("Anna M", "Berta S"), ("4711_Rossi", "815_Russo")]
)
def test_folders_of_dicom_without_a_name_are_compared(tmp_path, first, other):
    for number, (folder, text) in enumerate(((first, "DWI b1000"), (other, "FLAIR"))):
        tags = {"SeriesDescription": text, "PatientID": "", "PatientName": ""}
        dicom_slices(tmp_path / folder, stored(seed=number), tags=tags)
    assert "may be of two patients" in load_case(tmp_path).notes[0]


OF_ONE = [
    ("mueller_dwi.nii.gz", "mueller_flair.nii.gz"),
    ("Doe_John_DWI.nii", "John_Doe_FLAIR.nii", "doe_T1.nii"),
    ("mueller_dwi.nii.gz", "FLAIR_tra.nii.gz"),
    ("ep2d_diff_4scan_trace_p2_s2_TRACEW.nii.gz", "t2_tirm_tra_dark-fluid_320.nii.gz", "t1_mprage_sag_iso.nii"),
    ("ReSOLVE_b1000_dwi.nii", "SPACE_FLAIR_SPAIR_FS.nii", "WIP_T2W_TSE_MultiVane_SENSE.nii"),
    ("Axial_DWI_ASSET.nii", "Sag_CUBE_FLAIR_HyperSense.nii", "Cor_PROPELLER_T2.nii"),
    ("Diffusion Schädel quer.nii", "FLAIR koronal Kopf.nii", "T1 sagittal nativ.nii"),
    ("DWI_crâne_axial.nii", "FLAIR_cérébral_coronal.nii"),
    ("brain_extracted_dwi.nii", "coregistered_flair.nii", "n4corrected_t1.nii"),
    ("20240131_120000_dwi.nii", "20240131_121500_flair.nii"),
    ("RAPID_CBF.nii.gz", "syngo_TMAX.nii.gz"),
    ("fsl_dwi_unringed.nii.gz", "freesurfer_T1.nii.gz", "ANTs_flair_hist_matched.nii.gz"),
    ("OAx DWI PROP 1000b.nii", "VISTA FLAIR CLEAR.nii", "T2_haste_trufi_cor.nii"),
    ("hospital_dwi.nii", "siteA_flair.nii"),
    ("anat/FLAIR.nii.gz", "dwi/DWI.nii.gz", "raw/original/T1.nii.gz"),
    ("scans/3/resources/NIFTI/dwi.nii.gz", "scans/4/resources/NIFTI/flair.nii.gz"),
    ("flair_brain_mixeltype.nii", "t1_brain_restore.nii"),
    ("DWI_accelerated.nii", "FLAIR_conventional.nii"),
    ("DWI_thalamus.nii", "FLAIR_pons.nii"),
    ("Struktur/DWI.nii", "Funktion/FLAIR.nii"),
    ("Desktop/DWI.nii", "Downloads/FLAIR.nii"),
    ("SE_DWI.nii", "IR_FLAIR.nii"),
]


@pytest.mark.parametrize("names", OF_ONE, ids=lambda names: names[0])
def test_words_of_protocols_scanners_and_tools_are_nobodys_name(tmp_path, names):
    case = load_case(study(tmp_path, *names))
    assert len(case.series) == len(names)
    assert not any("two patients" in note for note in case.notes), case.notes


@pytest.mark.parametrize("beside", [{"PatientID": "7"}, {"PatientID": "7", "PatientSex": "F"}])
def test_sidecars_of_one_patient_settle_it(tmp_path, beside):
    study(tmp_path, "mueller_dwi.nii.gz", "schmidt_flair.nii.gz")
    for name in ("mueller_dwi", "schmidt_flair"):
        (tmp_path / f"{name}.json").write_text(json.dumps(beside))
    assert load_case(tmp_path).roles == (Role.DWI, Role.FLAIR)


def test_files_of_two_names_that_the_user_named_are_taken_and_said(tmp_path):
    study(tmp_path, "mueller_dwi.nii.gz", "schmidt_flair.nii.gz")
    case = load_case([f"DWI={tmp_path / 'mueller_dwi.nii.gz'}", f"FLAIR={tmp_path / 'schmidt_flair.nii.gz'}"])
    assert "may be of two patients" in case.notes[-1] and "taken as they were named" in case.notes[-1]
