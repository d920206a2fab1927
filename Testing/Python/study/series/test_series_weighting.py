"""What a series is, though tags or name say less or more than the truth: three vendors and more for each kind."""

from __future__ import annotations

import pytest

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.assign import assign, read_candidate
from StrokeSegLogic.study.series.words import read_name
from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.dicom_headers import DicomTags

SPIN, GRADIENT, PLANAR = ("SE",), ("GR",), ("EP",)
NO_DIFFUSION = [
    ("FLAIR", {"series_description": "Ax T2 FLAIR", "scanning_sequence": ("SE", "IR")}),
    ("FLAIR", {"series_description": "T2 FLAIR EPI", "scanning_sequence": ("EP", "IR")}),
    ("T1", {"series_description": "Ax T1 SE", "scanning_sequence": SPIN}),
    ("T1", {"series_description": "Sag T1 FSPGR", "scanning_sequence": GRADIENT}),
    ("T2", {"series_description": "Ax T2 FSE", "scanning_sequence": SPIN, "echo_time": 100.0}),
    ("T2", {"series_description": "T2W_TSE"}),
    ("T2", {"scanning_sequence": SPIN, "echo_time": 100.0, "repetition_time": 5000.0}),
]


def role_of(**tags: object) -> str:
    reading = read_candidate(Candidate("s", tags=DicomTags(**tags)))  # type: ignore[arg-type]
    return reading.role.value if reading.role else ""


@pytest.mark.parametrize("b", [0.0, 0.264, 5.0])
@pytest.mark.parametrize(("role", "tags"), NO_DIFFUSION)
def test_a_b_value_of_nothing_on_a_series_without_diffusion_takes_no_role_away(role, tags, b):
    assert role_of(**tags) == role
    assert role_of(**tags, b_value=b) == role


@pytest.mark.parametrize("b", [0.0, 0.264, 5.0])
@pytest.mark.parametrize(
    "tags",
    [
        {"series_description": "ep2d_diff_trace"},
        {"series_description": "Ax DWI", "scanning_sequence": PLANAR},
        {"series_description": "Ax T2", "scanning_sequence": PLANAR},
        {"image_type": ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE")},
        {"series_description": "AX DWI", "image_type": ("DERIVED", "PRIMARY", "TRACEW")},
    ],
)
def test_a_b0_image_of_a_diffusion_series_still_shows_no_diffusion(tags, b):
    assert role_of(**tags, b_value=b) == ""
    assert role_of(**tags, b_value=1000.0) == "DWI"


GRADIENT_NAMES = [
    *("AX_T2_GRADIENT_ECHO", "T2_Gradientenecho_tra", "AX_T2_ECHO_DE_GRADIENT", "AX_T2_ECO_DE_GRADIENTE", "T2_EG_ax"),
    *(
        "t2_swi3d_tra_p2",
        "Ax_T2_MERGE",
        "t2_medic_tra",
        "t2_fl3d_tra",
        "T2W_FFE_tra",
        "T2_mFFE",
        "eSWAN",
        "SWIp",
        "FSBB",
    ),
    *(
        "BSI",
        "t2_me2d_tra",
        "T2_hemo",
        "T2_梯度回波",
        "磁敏感",
        "T2スター強調",
        "Ax_T2*_GRE",
        "ax_T2_gre_fsp",
        "T2-Star",
    ),
]


@pytest.mark.parametrize("name", GRADIENT_NAMES)
def test_a_gradient_echo_by_its_name_is_no_t2(name):
    found = read_name(name)
    assert found is not None and found.role is None and "susceptibility" in found.reason


@pytest.mark.parametrize(
    "tags",
    [
        {"scanning_sequence": GRADIENT, "echo_time": 20.0},
        {"scanning_sequence": GRADIENT},
        {"sequence_name": "*fl2d1"},
        {"sequence_name": "*me2d1r"},
        {"sequence_name": "T2FFE"},
        {"echo_time": 20.0},
    ],
)
def test_a_gradient_echo_by_its_tags_is_no_t2_whatever_it_is_called(tags):
    assert role_of(series_description="Axial T2 brain", **tags) == ""
    assert role_of(series_description="Axial T2 brain") == "T2"


def test_a_t2_beside_a_gradient_echo_called_t2_is_taken():
    spin = Candidate("a", tags=DicomTags(series_description="AX T2", scanning_sequence=SPIN, echo_time=100.0))
    gradient = Candidate("b", tags=DicomTags(series_description="AX T2", scanning_sequence=GRADIENT, echo_time=20.0))
    assert assign([gradient, spin]).claims[Role.T2].candidate is spin


@pytest.mark.parametrize("tags", [{"scanning_sequence": ("SE", "GR")}, {"sequence_name": "*tse2d1_15"}, {}])
def test_spin_echoes_stay_t2(tags):
    assert role_of(series_description="t2_tse_tra", echo_time=100.0, **tags) == "T2"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "t2_tirm_tra",
            "t2_spc_da-fl_sag_p2_iso",
            "t2_spc_da-fl_irprep_sag",
            "t2_space_dark-fluid",
            "T2_TIR_DarkFluid",
        ),
        *("t2_tir2d_tra", "t2_spcir_iso", "T2_fluid_attenuated", "5_t2_tirm_cor_fs", "T2W_FLAIR_longTR"),
    ],
)
def test_a_flair_without_its_word_is_no_t2(name):
    found = read_name(name)
    assert found is not None and found.role is Role.FLAIR, found


def test_the_long_inversion_time_of_a_sidecar_tells_a_flair_too(tmp_path):
    import json

    from io_fixtures import nifti

    path = nifti(tmp_path / "5_t2_ax.nii.gz")
    times = {"EchoTime": 0.09, "InversionTime": 2.5, "RepetitionTime": 9.0, "Modality": "MR"}
    assert read_candidate(Candidate(path.name, (path,))).role is Role.T2
    (tmp_path / "5_t2_ax.json").write_text(json.dumps({"SeriesDescription": "t2 ax", **times}))
    assert read_candidate(Candidate(path.name, (path,))).role is Role.FLAIR
    (tmp_path / "5_t2_ax.json").write_text(json.dumps({"SeriesDescription": "t2 ax", "ScanningSequence": "GR"}))
    assert read_candidate(Candidate(path.name, (path,))).role is None
    (tmp_path / "5_t2_ax.json").write_text("no json")
    assert read_candidate(Candidate(path.name, (path,))).role is Role.T2
