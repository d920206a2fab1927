"""What was computed from a series takes no role, whatever it is called; its words in other names cost none."""

from __future__ import annotations

import pytest
from io_fixtures import dicom_slices, nifti, stored, voxels

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.assign import assign, read_candidate
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.series.tags import read_tags
from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.dicom_headers import DicomTags

FILES = """ExpADC exADC ADCexp ADC_exp eADC_map exponentialADC dwi_exponential diff_expadc eReg_-_DWI eSSh_DWI FA
    FA_map ColFA color_FA colorFA_dwi faReg_-_DTI dti_FA diff_MD DTI_RD dti_L1 dti_V1 mddw_S0 tensor_MK
    dwi_kurtosis DWI_MIP ADC_minIP FLAIR_mip ADC_mask DWI_bet_mask ADC_lt620 ADC<620 ADC_threshold DWI_core
    FLAIR_wmh T1_pve_0 dwi_subtraction T1_sub T1_diff_post_pre DWI_minus_FLAIR rDWI_ratio FLAIR_zmap
    DWI_overlay DWI-FLAIR-fusion dwi_noise dwi_residuals DWI_std DWI_SNR dwi_bias_field dwi_sbref
    dwi_prediction DWI_contour T1_warp dwi_jacobian sub-01_desc-FA_dwi sub-01_desc-noise_dwi
    sub-01_model-DTI_param-md_dwimap sub-01_desc-subtracted_T1w sub-01_desc-eddyqc_dwi sub-01_stat-std_FLAIR
    sub-01_dwiref sub-01_rec-ExpADC_dwi CBF_sub Tmax_difference CBF_std CBF_zmap CBF_noise CBF_pred
    CTP_subtracted rCBF_asym CT_sub"""
KEPT = {
    "DWI": """Fa_Chen/DWI MIPLAB/DWI Sub_Zero/DWI ratio_trial/DWI Core_Study/DWI eADC/DWI subtraction/DWI sub-FA_dwi
        sub-mask03_dwi DWI_MD_Anderson sub-MIP_ses-core_dwi mismatch_trial/DWI Reg_-_DWI sub-01_desc-preproc_dwi
        sub-01_desc-denoised_dwi DWI_bias_corrected dwi_brain expadc_study/DWI residual_deficit/DWI""",
    "ADC": """exp001/ADC ADC_exp001 EXP_12/ADC Reg_-_ADC ADC_masked sub-eadc_adc dReg_-_DWI_SENSE dSSh_DWI FA_90/ADC""",
    "FLAIR": "FA_patient/FLAIR FLAIR_registered core/FLAIR T1sub/FLAIR sub-roi1_FLAIR",
    "CBF": "MIP_study/CBF sub-MIP_CBF Ratio_study/CBF bone_subtracted_CBF",
}
DESCRIPTIONS = """ExpADC/ADC (exp)/Expon. ADC/Exponential Apparent Diffusion Coefficient/ep2d_diff_EXP/Fractional Aniso.
    /FA/Colour FA/Color FA map/dFA/DTI color map/Volume ratio anisotropy/DTI MD/Mean diffusivity/Fiber tracking
    /DTI tractography/T1 SUB/subtraction T1/T1 post-pre SUB/ADC mask/DWI ratio map/DWI fused/DWI color overlay
    /DWI MinIP/carte ADC exponentiel/exponentielles ADC/ADC exponencial/Anisotropie fractionnée/carte FA/指数ADC
    /指数表观扩散系数/FA图/拡散異方性FA/差分T1/サブトラクション T1"""
DERIVED = ("DERIVED", "SECONDARY")


@pytest.mark.parametrize("name", FILES.split())
def test_a_file_that_was_computed_from_a_series_takes_no_role(name):
    found = read_candidate(Candidate(f"{name}.nii.gz"))
    assert found.role is None and found.reason, found


@pytest.mark.parametrize(("role", "name"), [(r, n) for r, names in KEPT.items() for n in names.split()])
def test_such_words_in_the_names_of_patients_studies_and_folders_cost_no_role(role, name):
    assert read_candidate(Candidate(f"{name}.nii.gz")).role == role


@pytest.mark.parametrize("text", [text.strip() for text in DESCRIPTIONS.split("/")])
@pytest.mark.parametrize("tags", [{}, {"b_value": 1000.0, "scanning_sequence": ("EP",)}], ids=["no b", "b=1000"])
def test_a_derived_series_takes_no_role_whatever_its_tags_kept_of_the_acquisition(text, tags):
    found = read_tags(DicomTags(series_description=text, image_type=DERIVED, **tags))
    assert found.role is None, found


def test_a_flip_angle_and_a_study_are_no_anisotropy():
    for text in ("DWI 3 scan trace FA 90", "MD Anderson DWI", "DWI MULTIBAND FA90"):
        assert read_tags(DicomTags(series_description=text)).role is Role.DWI


@pytest.mark.parametrize(
    ("acquired", "others"),
    [
        ("DWI", ("Reg - DWI", "cDWI_b2000", "DWI_cb1500", "vDWI")),
        ("DWI b1000", ("DWI b1400 calc", "Reg - DWI b1000", "isoDWI synthetic b2000")),
        ("sub-1_dwi", ("sub-1_desc-FA_dwi", "sub-1_acq-calc_dwi", "sub-1_param-md_dwimap")),
    ],
)
def test_what_was_computed_or_moved_is_never_taken_beside_what_was_acquired(acquired, others):
    candidates = [Candidate(f"{name}.nii.gz") for name in (*others, acquired)]
    for order in (candidates, candidates[::-1]):
        assert assign(order).claims[Role.DWI].candidate.name == f"{acquired}.nii.gz"


def test_a_folder_of_maps_ends_with_the_acquired_trace_and_a_reason_for_each_map(tmp_path):
    nifti(tmp_path / "DWI.nii.gz", voxels())
    for seed, name in enumerate(("ExpADC", "dti_FA", "ADC_mask", "DWI_overlay")):
        nifti(tmp_path / f"{name}.nii.gz", voxels(seed=seed + 1))
    told = {"SeriesDescription": "Fractional Aniso.", "DiffusionBValue": 1000.0, "ScanningSequence": "EP"}
    dicom_slices(tmp_path / "fa", stored(), tags={"ImageType": ["DERIVED", "SECONDARY"], **told})
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI,) and case.series[Role.DWI].source == "DWI.nii.gz"
    assert sum("was left aside" in note and "names" in note for note in case.notes) == 5, case.notes
