"""A word that may be of a map, a mask or another series costs a volume its role only where its values say so."""

from __future__ import annotations

import numpy as np
import pytest
from io_fixtures import nifti, voxels

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.assign import read_candidate
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.candidates import Candidate

ACQUIRED = [
    "DWI_v2",
    "DWI_checked_MD",
    "DWI_AD",
    "DWI_L2",
    "Mrs_Smith_DWI",
    "DWI_Mr_Jones",
    "Hartford_CT_DWI",
    "DWI_nach_CT",
    "DWI_after_MRA",
    "Spine_Center_DWI",
    "InfarctTrial_DWI",
    "DWI_left_infarct",
    "MCA_infarct_DWI",
    "PH_Ludwigsburg_DWI",
    "DWI_CSI_hospital",
    "DWI_for_segmentation",
    "Perfusion_trial_DWI",
    "DWI_apres_thrombectomie",
    "BOLD_trial_DWI",
    "Loc_Hospital_DWI",
]
BEGINNINGS = [
    "MRI_MRA_BRAIN",
    "Brain_Spine_MRI",
    "MR_Angio_Kopf",
    "CT_followup",
    "Perfusion_trial",
    "LesionStudy_12",
    "PH_Ludwigsburg",
    "Neuro_Spine_Unit",
    "b0_mapping_hospital",
    "GT_hospital",
    "truth_study",
]
SHAPE = (10, 12, 6)


def grey(seed: int) -> np.ndarray:
    return np.abs(voxels(SHAPE, seed=seed)) + np.float32(100)


@pytest.mark.parametrize("name", ACQUIRED)
def test_a_doubtful_word_beside_the_sequences_own_takes_no_role_away(tmp_path, name):
    nifti(tmp_path / f"{name}.nii", grey(1))
    nifti(tmp_path / "FLAIR.nii", grey(2))
    case = load_case(tmp_path)
    assert case.series[Role.DWI].source == f"{name}.nii" and not case.unread


@pytest.mark.parametrize("name", ["DWI_MD", "DWI_left_infarct", "DWI_CT"])
@pytest.mark.parametrize("kind", ["labels", "fractions", "air"])
def test_values_of_labels_maps_and_ct_take_it_away_and_that_is_said_first(tmp_path, name, kind):
    values = {"labels": grey(1) > grey(1).mean(), "fractions": grey(1) / grey(1).max(), "air": grey(1) - 1124}[kind]
    nifti(tmp_path / f"{name}.nii", np.minimum(values, 3000).astype(np.float32))
    nifti(tmp_path / "FLAIR.nii", grey(2))
    case = load_case(tmp_path)
    assert case.roles == (Role.FLAIR,) and Role.DWI in case.unread
    assert case.notes[0].startswith("the study was read without its DWI") and name in case.notes[0], case.notes


def test_beside_the_plain_name_a_doubtful_volume_is_not_taken(tmp_path):
    for seed, name in enumerate(("DWI", "DWI_FA", "DWI_v1", "DWI_left_infarct")):
        nifti(tmp_path / f"{name}.nii", grey(seed))
    assert load_case(tmp_path).series[Role.DWI].source == "DWI.nii"


@pytest.mark.parametrize("name", ["DWI_mask", "lesion_DWI", "DWI_MIP", "DWI_pred"])
def test_a_flair_whose_dwi_is_left_aside_says_so_before_all_else(tmp_path, name):
    nifti(tmp_path / f"{name}.nii", grey(1))
    nifti(tmp_path / "FLAIR.nii", grey(2))
    assert load_case(tmp_path).notes[0].startswith("the study was read without its DWI")


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_what_all_names_begin_with_says_nothing_of_any(tmp_path, beginning):
    for seed, role in enumerate(("DWI", "FLAIR")):
        nifti(tmp_path / f"{beginning}_{role}.nii", grey(seed))
    assert set(load_case(tmp_path).roles) == {Role.DWI, Role.FLAIR}


@pytest.mark.parametrize("folder", ["label", "lesion", "gt"])
def test_a_folder_that_all_lie_in_makes_no_masks_of_pictures_but_leaves_masks_what_they_are(tmp_path, folder):
    for seed, role in enumerate(("DWI", "FLAIR")):
        nifti(tmp_path / "pictures" / folder / f"{role}.nii", grey(seed))
        nifti(tmp_path / "masks" / folder / f"{role}.nii", (grey(seed) > grey(seed).mean()).astype(np.float32))
    assert set(load_case(tmp_path / "pictures").roles) == {Role.DWI, Role.FLAIR}
    with pytest.raises(Exception, match="no volume is known"):
        load_case(tmp_path / "masks")


@pytest.mark.parametrize("beginning", ["mask", "label", "lesion"])
def test_masks_that_all_begin_alike_stay_masks(tmp_path, beginning):
    for seed, role in enumerate(("DWI", "FLAIR")):
        nifti(tmp_path / f"{beginning}_{role}.nii", (grey(seed) > grey(seed).mean()).astype(np.float32))
    with pytest.raises(Exception, match="no volume is known"):
        load_case(tmp_path)


@pytest.mark.parametrize("beginning", ["Spine", "HWS", "Knie"])
def test_a_study_of_another_part_by_all_its_names_is_refused_as_that(tmp_path, beginning):
    for seed, role in enumerate(("DWI", "T2")):
        nifti(tmp_path / f"{beginning}_{role}.nii", grey(seed))
    with pytest.raises(Exception, match="another part of the body"):
        load_case(tmp_path)


GRADIENT = [
    "FLASH",
    "FGRE",
    "GRASS",
    "FAST_FIELD_ECHO",
    "TFE",
    "FISP",
    "SPGR",
    "Hämo",
    "Blutung",
    "sangrado",
    "ecograd",
    "出血",
]
NULLED = [
    "压水",
    "抑水",
    "黑水",
    "水抑制",
    "T2_fluid_suppressed",
    "CSF_suppressed",
    "Dunkle_Flüssigkeit",
    "liquorunterdrückt",
]


@pytest.mark.parametrize("word", [*GRADIENT, "weighted_star"])
def test_gradient_echo_by_its_name_is_no_t2(word):
    reading = read_candidate(Candidate(f"T2_{word}.nii"))
    assert reading.role is None and reading.susceptibility, reading


@pytest.mark.parametrize("word", [*NULLED, "supresion de LCR", "soppressione liquor", "dark CSF"])
def test_a_t2_without_fluid_is_a_flair(word):
    assert read_candidate(Candidate(f"T2_{word}.nii")).role is Role.FLAIR


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("フレアー", Role.FLAIR),
        ("20240131_101112ep2ddiffTRACEWs004a001", Role.DWI),
        ("sub-01_param-adc_dwimap", Role.ADC),
        ("FLAIRInverseWarped", None),
        ("sub-01_inv-1_MP2RAGE", None),
        ("sub-01_UNIT1", Role.T1),
    ],
)
def test_names_of_converters_and_tools(name, role):
    assert read_candidate(Candidate(f"{name}.nii.gz")).role is role


def test_of_two_runs_the_later_is_taken(tmp_path):
    for run in (1, 2, 10):
        nifti(tmp_path / f"sub-01_run-{run}_FLAIR.nii", grey(run))
    assert load_case(tmp_path).series[Role.FLAIR].source == "sub-01_run-10_FLAIR.nii"
