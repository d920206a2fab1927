"""Names and descriptions, as they come from challenges, BIDS sets and scanners, in tables."""

from __future__ import annotations

import pytest

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.assign import read_candidate
from StrokeSegLogic.study.series.perfusion_words import read_perfusion
from StrokeSegLogic.study.series.words import cut, read_text
from StrokeSegLogic.study.volumes.candidates import Candidate

FILES = {
    "T1": """VSD.Brain.01.O.MR_T1.12345.nii t1.nii.gz sub-01_T1w.nii.gz sub-01_ce-gad_T1w.nii.gz T1_3D.nrrd
        patient07/T1.nii.gz rT1.nii brain-T1.mha T1FLAIR.nii mprage.nii T1-weighted.mha T1/0001.nii.gz
        sub-01_space-flair_T1w.nii.gz T1_in_FLAIR_space.nii.gz t1w3d.nii""",
    "T2": """VSD.Brain.01.O.MR_T2.12346.nii sub-01_T2w.nii.gz t2.nii.gz T2_TSE_ax.nii T2/0001.nii.gz T2w.mha""",
    "DWI": """VSD.Brain.01.O.MR_DWI.12347.nii sub-strokecase0001_ses-0001_dwi.nii.gz dwi-brain-mri.mha isoDWI.nii
        DWI_b1000.nii.gz b1000.nii.gz dwi1000.nii DWI/0001.nii.gz rDWI.nii dwi_to_T1.nii.gz dwi2flair.nii.gz
        DWI_b0_b1000.nii.gz sub-01_space-T1w_dwi.nii.gz DWI/b1000.nii trace.nii study3/DWI.nii""",
    "FLAIR": """VSD.Brain.01.O.MR_Flair.12348.nii sub-1_flair.nii.gz FLAIR.nii.gz T2_FLAIR.nii T2FLAIR.nii.gz
        flair-brain-mri.mha t2-darkfluid.nii sFLAIR.nii 3D_FLAIR.nrrd FLAIR_T2.nii flair_registered.nii""",
    "ADC": """VSD.Brain.01.O.MR_ADC.12349.nii sub-strokecase0001_ses-0001_adc.nii.gz adc.mha dADC.nii rADC.nii
        ADC_map.nii.gz ADCmap.nii DWI_ADC.nii diff_adc.nii ADC_b0_b1000.nii DWI/ADC.nii""",
    "": """VSD.Brain_3more.01.O.OT.6560.nii
        sub-strokecase0001_ses-0001_msk.nii.gz sub-1_dwi_mask.nii.gz MSLESIONS.nii.gz
        sub-1_dseg.nii.gz sub-1_label-lesion_mask.nii.gz lesion.nii DWI_seg.nii.gz T1_brain_mask.nii masks/DWI.nii.gz
        flair.seg.nrrd probability.nii.gz agreement.nii.gz labels.nii.gz derivatives/masks/sub-1_flair.nii.gz
        badcase.nii part10.nii t10.nii.gz x.nii.gz 0001.nii.gz swelling.nii flirt12.nii adcock.nii strategy1.nii
        eADC.nii exp_ADC.nii b0.nii.gz DWI_b0.nii.gz sub-1_acq-b0_dwi.nii.gz DWI/b0.nii.gz
        T2star.nii T2s.nii swi.nii SWAN.nii gre.nii T2_GRE.nii venBOLD.nii mIP.nii tof.nii MRA.nii localizer.nii
        scout.nii PWI.nii asl.nii T1map.nii MR_Tmax.nii VSD.Brain.01.O.MR_rCBF.127014.nii TTD.nii NR1.nii.gz
        T1_T2.nii.gz DWI_FLAIR.nii pd.nii sub-01_bold.nii.gz sub-01_T2starw.nii.gz sub-01_swi.nii.gz STIR.nii
        truth.nii.gz CBF_mask.nii Tmax_mismatch.nii CTP_AIF.nii CBF_CBV.nii cta.nii penumbra.nii TTS.nrrd""",
    "CT": """CT.nii.gz NCCT.nii SMIR.Brain.01.O.CT.346286.nii ct.nii.gz non_contrast_CT.nrrd CT_native.nii""",
    "CBF": """CBF.nii.gz rCBF.nii relCBF.nii SMIR.Brain.01.O.CT_CBF.346287.nii cbf_svd.nii CTP/CBF.nii CBF/0001.nii
        CBFD.nii cerebral_blood_flow.nii CBF_to_NCCT.nii""",
    "CBV": """CBV.nii rCBV.nii SMIR.Brain.01.O.CT_CBV.346288.nii CBVmap.nii""",
    "MTT": """MTT.nii rMTT.nii SMIR.Brain.01.O.CT_MTT.346289.nii meanTransitTime.nii""",
    "TTP": """TTP.nii time-to-peak.nii ttp_map.nii""",
    "TMAX": """Tmax.nii TMAX.nii.gz T-max.nii SMIR.Brain.01.O.CT_Tmax.346290.nii tmax_in_CT.nii Delay.nii""",
    "MIP": """MIP.nii CTP_MIP.nii tMIP.nii""",
    "CTP": """CTP.nii.gz SMIR.Brain.01.O.CT_4DPWI.346291.nii perfusion_4D.nii VPCT.nii CT_perfusion.nrrd
        ctp_motion_corrected.nii perfusion.nii perfusion/0001.nii.gz""",
}


@pytest.mark.parametrize(("role", "name"), [(r, n) for r, text in FILES.items() for n in text.split()])
def test_a_file_name_gives_its_role(role, name):
    reading = read_candidate(Candidate(name))
    assert (reading.role.value if reading.role else "") == role, reading
    assert 0 <= reading.confidence <= 1
    assert reading.reason and "\n" not in reading.reason


DESCRIPTIONS = {
    "DWI": [
        *("ep2d_diff_3scan_trace_p2_TRACEW", "DWI b1000", "isoDWI", "REG - DWI", "Ax DWI", "DWI_TRACE", "sDWI"),
        *("ep2d_diff_mdd_trace", "AX DIFFUSION", "eDWI_b=1000", "DWI SENSE", "diffusion b=800", "sDW_SSh"),
    ],
    "ADC": [
        *(
            "ep2d_diff_3scan_trace_p2_ADC",
            "Apparent Diffusion Coefficient (mm2/s)",
            "dADC",
            "dADC map",
            "ADC (10^-6)",
        ),
        *("ADC_DWI", "Ax DWI ADC", "Average DC"),
    ],
    "FLAIR": [
        *("t2_tirm_tra_dark-fluid", "T2 FLAIR", "AX T2 FLAIR", "T2W_FLAIR", "3D_FLAIR", "dark fluid", "TIRM_tra"),
        *("t2_space_dark-fluid_sag", "Sag CUBE FLAIR", "FLAIR_longTR", "OAx T2 FLAIR", "FLAIR post Gd"),
    ],
    "T1": [
        *("t1_mprage", "T1W_3D_TFE", "BRAVO", "FSPGR", "SPGR 3D", "MPRAGE", "T1 FSE", "t1_se_tra", "AX T1 FLAIR"),
        *("T1 +C", "t1_mprage post contrast", "T1 post Gd", "AX T1 pre contrast", "T1_gre_tra", "3D T1 TFE"),
    ],
    "T2": ["t2_tse", "T2W_TSE", "AX T2 FSE", "t2_tse_tra_512", "Ax T2 PROPELLER", "T2 frFSE", "t2_space_sag"],
    "": [
        *(
            "AX T2* GRE",
            "t2_fl2d_tra_hemo",
            "T2W_FFE",
            "SWI_Images",
            "mIP_Images(SW)",
            "Mag_Images swi",
            "Ax SWAN",
        ),
        *(
            "venBOLD",
            "localizer",
            "3-plane scout",
            "Survey",
            "ep2d_perf_p2",
            "PWI",
            "MRA",
            "TOF_3D_multi-slab",
        ),
        *(
            "exponential ADC",
            "eADC",
            "Exponential Apparent Diffusion Coefficient",
            "DWI b0",
        ),
        *("AAHead_Scout", "SmartBrain", "field_mapping", "T2 star", "Calibration Scan", "asl_3d", "HEMO", "GRE"),
        *("Loc 3pl", "MinIP", "mIP", "ep2d_diff_mddw_20_p2_FA", "t2_ci3d", "FIESTA"),
    ],
}


@pytest.mark.parametrize(("role", "text"), [(r, t) for r, texts in DESCRIPTIONS.items() for t in texts])
def test_a_vendors_description_gives_its_role(role, text):
    reading = read_text(text)
    found = reading.role.value if reading is not None and reading.role else ""
    assert found == role, reading


def test_the_reason_names_what_was_matched():
    assert read_candidate(Candidate("a/sub-x_dwi.nii.gz")).reason == "file name 'sub-x_dwi' ends in 'dwi'"
    assert read_candidate(Candidate("my_T2.nii")).reason == "file name 'my_T2' holds 't2'"
    assert read_candidate(Candidate("DWI/1.nii")).reason == "folder name 'DWI' holds 'dwi'"
    assert "a mask ('msk')" in read_candidate(Candidate("sub-1_msk.nii.gz")).reason
    assert read_candidate(Candidate("x.nii")).reason == "file name 'x' names no sequence"


def test_the_file_name_goes_before_the_folder_and_is_surer():
    inner = read_candidate(Candidate("DWI/FLAIR.nii.gz"))
    folder = read_candidate(Candidate("FLAIR/1.nii.gz"))
    assert inner.role == folder.role and inner.confidence > folder.confidence >= 0.6
    assert read_candidate(Candidate("T1/FLAIR/1.nii.gz")).role == "FLAIR"


def test_contrast_medium_lowers_the_confidence_but_not_its_absence():
    plain, post, without = (read_text(t) for t in ("t1_se", "t1_se post", "t1_se without contrast"))
    assert plain.role is post.role is without.role
    assert plain.confidence == without.confidence > post.confidence + 0.2


@pytest.mark.parametrize("folder", ["case_without_mask", "dwi_only_no_mask", "unmasked"])
def test_a_folder_that_only_mentions_masks_is_no_folder_of_masks(folder):
    assert read_candidate(Candidate(f"{folder}/DWI.nii.gz")).role == "DWI"


@pytest.mark.parametrize(
    "name",
    ["Tmax_gt6", "Tmax_gt_6", "Tmax_gt6s", "TMAX>6", "CBF_lt30", "rCBF_below30", "Tmax over 10 s", "CBV_mask"],
)
def test_a_mask_of_a_threshold_claims_no_role(name):
    found = read_perfusion(name, cut(name))
    assert found is not None and found.role is None and "thresholds" in found.reason


@pytest.mark.parametrize(("name", "role"), [("Tmax", Role.TMAX), ("CBF_masked_2024", Role.CBF), ("rCBV 2", Role.CBV)])
def test_a_map_with_a_number_in_its_name_keeps_its_role(name, role):
    found = read_perfusion(name, cut(name))
    assert found is not None and found.role is role
