"""Patients' names in the names of files: two of them are never mixed, and words of protocols are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import SimpleITK as sitk
from io_fixtures import nifti, refusal, voxels

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


TWO_PATIENTS = [
    ("mueller_dwi.nii.gz", "schmidt_flair.nii.gz"),
    ("Mueller-Lüdenscheid_DWI.nii.gz", "Schmidt_FLAIR.nii"),
    ("Doe_John_ADC.nii", "Doe_John_DWI.nii", "Roe_Jane_FLAIR.nii"),
    ("DWI_garcia.nrrd", "FLAIR_fernandez.nrrd"),
    ("2 DWI Smith.nrrd", "7 FLAIR Jones.mha"),
    ("rossi_CBF.nii.gz", "rossi_TMAX.nii.gz", "bianchi_CBV.nii.gz"),
    ("DUPONT^JEAN_20200101_dwi.nii.gz", "MARTIN^ANNE_20200101_flair.nii.gz"),
    ("田中_DWI.nii.gz", "鈴木_FLAIR.nii.gz"),
    ("MuellerDWI.nii.gz", "SchmidtFLAIR.nii.gz"),
    ("Иванов_dwi.nii", "Петрова_flair.nii"),
]


@pytest.mark.parametrize("names", TWO_PATIENTS, ids=lambda names: names[0])
def test_files_that_begin_or_end_with_different_names_are_of_two_patients(tmp_path, names):
    assert "are of two patients" in refusal(load_case, study(tmp_path, *names))


PERHAPS = [
    ("anna/DWI.nii.gz", "berta/FLAIR.nii.gz"),
    ("Trial_mueller_dwi.nii.gz", "Trial_schmidt_flair.nii.gz"),
    ("kowalski_dwi.nii.gz", "flair_nowak.nii.gz"),
    ("zzz_dwi.nii.gz", "yyy_flair.nii.gz", "xxx_t1.nii.gz"),
]


@pytest.mark.parametrize("names", PERHAPS, ids=lambda names: names[0])
def test_where_it_cannot_be_known_it_is_said_before_all_else(tmp_path, names):
    case = load_case(study(tmp_path, *names))
    assert len(case.series) == len(names) and "may be of two patients" in case.notes[0]


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
    assert "taken as they were named" in case.notes[-1]
