"""DICOM tags to roles, and who wins where two claim one role: tables, no files."""

from __future__ import annotations

from pathlib import Path

import pytest
from io_fixtures import refusal

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.assign import assign, read_candidate
from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.dicom_headers import DicomTags

DIFFUSION = ("DERIVED", "PRIMARY", "DIFFUSION")


def series(name: str = "s", **tags: object) -> Candidate:
    return Candidate(name, tags=DicomTags(**tags))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "tags"),
    [
        ("ADC", {"image_type": (*DIFFUSION, "ADC", "ND")}),
        ("ADC", {"image_type": (*DIFFUSION, "ADC"), "sequence_name": "*ep_b0_1000", "protocol_name": "DWI"}),
        ("ADC", {"series_description": "dADC", "b_value": 0.0}),
        ("DWI", {"image_type": (*DIFFUSION, "TRACEW", "ND"), "sequence_name": "*ep_b1000t"}),
        ("DWI", {"series_description": "something", "b_value": 1000.0}),
        ("DWI", {"series_description": "ep2d_diff", "sequence_name": "*ep_b1000#1"}),
        ("DWI", {"protocol_name": "DWI"}),
        ("DWI", {"b_value": 50.0}),
        ("FLAIR", {"series_description": "t2_tirm_tra_dark-fluid"}),
        ("FLAIR", {"series_description": "AX T2", "inversion_time": 2500.0, "echo_time": 110.0}),
        ("FLAIR", {"inversion_time": 2500.0, "echo_time": 110.0, "repetition_time": 9000.0}),
        ("FLAIR", {"protocol_name": "FLAIR", "series_description": "brain ax"}),
        ("T2", {"series_description": "t2_tse", "inversion_time": 0.0, "echo_time": 100.0}),
        ("T2", {"scanning_sequence": ("SE",), "echo_time": 100.0, "repetition_time": 5000.0}),
        ("T1", {"scanning_sequence": ("SE",), "echo_time": 12.0, "repetition_time": 500.0}),
        ("T1", {"scanning_sequence": ("GR", "IR"), "acquisition_type": "3D", "inversion_time": 900.0}),
        ("T1", {"series_description": "t1_mprage", "inversion_time": 900.0, "echo_time": 2.3}),
        ("", {"b_value": 0.0, "series_description": "ep2d_diff_trace"}),
        ("", {"sequence_name": "*ep_b0"}),
        ("", {"image_type": (*DIFFUSION, "EADC")}),
        ("", {"image_type": (*DIFFUSION, "FA")}),
        ("", {"series_description": "exponential ADC", "b_value": 1000.0}),
        ("", {"modality": "CT", "series_description": "T1 thorax"}),
        ("", {"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER"), "series_description": "t2"}),
        ("", {"image_type": ("DERIVED", "SECONDARY", "MIP"), "series_description": "t1"}),
        ("", {"series_description": "ep2d_perf", "protocol_name": "DWI"}),
        ("", {"scanning_sequence": ("EP", "SE"), "echo_time": 80.0, "repetition_time": 5000.0}),
        ("", {}),
    ],
)
def test_tags_give_the_role(role, tags):
    reading = read_candidate(series(**tags))
    assert (reading.role.value if reading.role else "") == role, reading


def test_times_alone_are_a_doubtful_reason_and_noted():
    only = series("se", scanning_sequence=("SE",), echo_time=100.0, repetition_time=5000.0)
    found = assign([only])
    assert found.claims[Role.T2].confidence < 0.6
    assert any("with doubt" in note and "TE 100 ms" in note for note in found.notes)
    assert not assign([Candidate("T2.nii")]).notes


@pytest.mark.parametrize(
    ("role", "winner", "loser"),
    [
        (Role.T1, Candidate("T1.nii"), Candidate("T1_post.nii")),
        (Role.T1, series("a", series_description="t1_se"), series("b", series_description="t1_se +C")),
        (Role.DWI, Candidate("dwi_b1000.nii"), Candidate("dwi_b500.nii")),
        (Role.DWI, series("a", b_value=1000.0), series("b", b_value=50.0, image_type=("TRACEW",))),
        (
            Role.DWI,
            series("a", image_type=(*DIFFUSION, "TRACEW"), b_value=1000.0),
            series("b", sequence_name="*ep_b1000#3"),
        ),
        (Role.DWI, Candidate("isoDWI.nii"), Candidate("DWI.nii")),
        (Role.T2, series("a", series_description="t2 tse tra"), series("b", series_description="t2 tse cor")),
        (Role.T2, series("a", series_description="t2", plane="axial"), series("b", series_description="t2")),
        (Role.FLAIR, Candidate("FLAIR.nii.gz"), Candidate("FLAIR/1.nii.gz")),
        (
            Role.FLAIR,
            series("a", series_description="flair"),
            series("b", series_description="flair", image_type=("DERIVED", "SECONDARY", "MPR")),
        ),
    ],
)
def test_of_two_the_clearly_better_is_taken_and_the_other_noted(role, winner, loser):
    for order in ([winner, loser], [loser, winner]):
        found = assign(order)
        assert found.claims[role].candidate is winner
        assert [candidate for candidate, _ in found.left] == [loser]
        assert any(note.startswith(f"{loser.name} was left aside: {winner.name} was taken") for note in found.notes)


def test_two_equal_claims_are_an_error_that_names_both_and_the_way_out():
    message = refusal(assign, [Candidate("a_dwi.nii"), Candidate("b_dwi.nii"), Candidate("t1.nii")])
    assert message == "sequence: two series claim to be DWI: a_dwi.nii and b_dwi.nii. Name the right series as DWI."
    assert "(and 1 more)" in refusal(assign, [Candidate(f"{n}_flair.nii") for n in "abc"])


def test_the_error_names_those_that_truly_tie():
    message = refusal(assign, [Candidate("T1_post.nii"), Candidate("a_T1.nii"), Candidate("b_T1.nii")])
    assert "a_T1.nii and b_T1.nii." in message


def test_a_whole_stroke_protocol_is_sorted():
    study = {
        "loc": {"series_description": "localizer"},
        "dwi": {"series_description": "ep2d_diff", "image_type": (*DIFFUSION, "TRACEW"), "b_value": 1000.0},
        "b0": {"series_description": "ep2d_diff", "image_type": (*DIFFUSION, "TRACEW"), "b_value": 0.0},
        "adc": {"series_description": "ep2d_diff_ADC", "image_type": (*DIFFUSION, "ADC")},
        "flair": {"series_description": "t2_tirm_tra_dark-fluid", "plane": "axial"},
        "t2": {"series_description": "t2_tse_tra", "plane": "axial"},
        "t2cor": {"series_description": "t2_tse_cor", "plane": "coronal"},
        "t1": {"series_description": "t1_mprage_sag", "plane": "sagittal"},
        "t1c": {"series_description": "t1_mprage_sag post Gd", "plane": "sagittal"},
        "swi": {"series_description": "SWI_Images"},
        "tof": {"series_description": "TOF_3D"},
        "perf": {"series_description": "ep2d_perf", "image_type": ("ORIGINAL", "PRIMARY", "PERFUSION")},
    }
    found = assign([series(name, **tags) for name, tags in study.items()])
    taken = {role.value: claim.candidate.name for role, claim in found.claims.items()}
    assert taken == {"T1": "t1", "T2": "t2", "DWI": "dwi", "FLAIR": "flair", "ADC": "adc"}
    assert {candidate.name for candidate, _ in found.left} == {"loc", "b0", "t2cor", "t1c", "swi", "tof", "perf"}


def test_nothing_gives_nothing():
    assert not assign([]).claims


@pytest.mark.parametrize(
    "other",
    [
        Candidate("SWI.nii.gz", (Path("SWI.nii.gz"),)),
        Candidate("sub-01_T2starw.nii.gz", (Path("sub-01_T2starw.nii.gz"),)),
        Candidate("AX_GRE.nii.gz", (Path("AX_GRE.nii.gz"),)),
        series("mag", image_type=("ORIGINAL", "PRIMARY", "M", "SWI")),
        series("hemo", series_description="t2_fl2d_tra_hemo"),
        series("unnamed", scanning_sequence=("GR",), echo_time=20.0, repetition_time=700.0),
        series("called T2", series_description="AX T2", scanning_sequence=("GR",), echo_time=20.0),
    ],
    ids=lambda candidate: candidate.name,
)
def test_what_shows_blood_is_named_with_the_advice_to_look_for_it(other):
    found = assign([series("DWI", series_description="DWI", b_value=1000.0), other])
    assert list(found.claims) == [Role.DWI]
    (note,) = (note for note in found.notes if note.startswith(f"{other.name} was left aside"))
    assert note.endswith("; look for blood on it, which StrokeSeg does not do")


@pytest.mark.parametrize(
    "tags",
    [
        {"series_description": "gre_field_mapping", "scanning_sequence": ("GR",), "echo_time": 7.4},
        {"series_description": "3D TOF", "scanning_sequence": ("GR",), "echo_time": 3.6},
        {"series_description": "ep2d_bold", "scanning_sequence": ("EP",), "echo_time": 30.0},
        {"scanning_sequence": ("EP", "GR"), "echo_time": 30.0},
    ],
    ids=["field map", "angiography", "bold", "gradient-echo EPI"],
)
def test_other_gradient_echoes_carry_no_advice(tags):
    reading = read_candidate(series(**tags))
    assert reading.role is None
    assert reading.advice == ""


@pytest.mark.parametrize(
    ("candidate", "told"),
    [
        (Candidate("t1_mprage_gd.nii.gz", (Path("t1_mprage_gd.nii.gz"),)), True),
        (Candidate("t1_mprage.nii.gz", (Path("t1_mprage.nii.gz"),)), False),
        (series("s", series_description="t1_mprage", contrast_agent="Gadovist"), True),
        (series("s", series_description="t1_mprage"), False),
    ],
    ids=["by name", "plain name", "by tag", "plain tags"],
)
def test_a_t1_after_contrast_medium_is_noted(candidate, told):
    found = assign([candidate])
    assert list(found.claims) == [Role.T1]
    assert any("after contrast medium: vessels and leaking tissue" in note for note in found.notes) is told
