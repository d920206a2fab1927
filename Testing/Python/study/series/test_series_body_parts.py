"""What shows another part of the body than the head takes no role, and never makes a tie with what shows it."""

from __future__ import annotations

import json

import pytest
from io_fixtures import nifti, voxels

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.assign import assign
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.series.tags import read_tags
from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.dicom_headers import DicomTags

WORDS = [
    "T2 IAC",
    "T2 Orbita cor",
    "T2 Hypophyse",
    "T2 shoulder",
    "T2 Schulter",
    "T2 rodilla",
    "T2 genou",
    "T2 col cervicale",
    "T2 NECK",
    "T2 Hals",
    "T2 膝関節",
    "T2 颈椎",
    "T2 thorax",
    "T2 Leber",
    "T2 prostata",
    "T2 columna",
    "T2 hippocampus cor",
    "T1 sella",
    "T2 колено",
]


@pytest.mark.parametrize("text", [text.strip() for text in WORDS])
def test_the_words_of_other_parts_take_the_role(text):
    assert read_tags(DicomTags(series_description=text)).role is None


@pytest.mark.parametrize(
    "text", ["T2 Kopf Hals", "T2 HeadNeck64", "T2 Neuro Spine Unit", "T2 tra", "T2 brain neck coil"]
)
def test_the_head_beside_them_or_a_clinic_keeps_it(text):
    assert read_tags(DicomTags(series_description=text)).role is Role.T2


@pytest.mark.parametrize("part", ["CSPINE", "LSPINE", "PROSTATE", "KNEE", "ABDOMEN", "NECK", "Halswirbelsäule"])
def test_the_header_says_it_where_the_description_does_not(part):
    for text in ("DWI", "T1 tse", "T2 sag", "FLAIR"):
        reading = read_tags(DicomTags(series_description=text, body_part=part))
        assert reading.role is None and part in reading.reason
    assert read_tags(DicomTags(series_description="T2 brain", body_part=part)).role is Role.T2


@pytest.mark.parametrize("part", ["HEAD", "BRAIN", "HEAD_NECK", "SKULL", "", "UNKNOWN", "CEREBRUM"])
def test_headers_of_heads_and_those_that_say_nothing_keep_the_role(part):
    assert read_tags(DicomTags(series_description="T2 sag", body_part=part)).role is Role.T2


@pytest.mark.parametrize("study", ["MRT HWS", "IRM genou", "RM columna lumbar", "頸椎MRI"])
def test_the_examination_says_it_where_no_part_is_named(study):
    assert read_tags(DicomTags(series_description="T2 sag", study_description=study)).role is None
    assert read_tags(DicomTags(series_description="T2 sag", study_description=study, body_part="HEAD")).role is Role.T2
    assert read_tags(DicomTags(series_description="FLAIR", study_description=study)).role is Role.FLAIR


def test_a_spine_beside_the_head_makes_no_tie():
    spine, head = (Candidate(p, tags=DicomTags(series_description="DWI", body_part=p)) for p in ("CSPINE", "HEAD"))
    for order in ([spine, head], [head, spine]):
        assert assign(order).claims[Role.DWI].candidate is head


@pytest.mark.parametrize("part", ["PROSTATE", "CSPINE", "KNEE"])
def test_a_study_of_another_part_is_refused_with_the_part(tmp_path, part):
    for seed, role in enumerate(("DWI", "ADC")):
        nifti(tmp_path / f"{role}.nii.gz", voxels(seed=seed))
        (tmp_path / f"{role}.json").write_text(json.dumps({"Modality": "MR", "BodyPartExamined": part}))
    with pytest.raises(InputError, match=part):
        load_case(tmp_path)


def test_the_series_without_contrast_medium_is_taken_of_two_alike():
    for text in ("T1 se", "FLAIR", "T1 mprage"):
        plain, after = (
            Candidate(name, tags=DicomTags(series_description=text, contrast_agent=name == "after"))
            for name in ("plain", "after")
        )
        for order in ([plain, after], [after, plain]):
            (claim,) = assign(order).claims.values()
            assert claim.candidate is plain


PLAIN = ["Brain STD", "Cranio STD", "Ax Head Std", "NEURO 5.0 Hr38", "Head 5.0 H31s", "HEAD W/O 5MM"]
NOT_PLAIN = [
    "Head W 5MM",
    "HEAD WITH",
    "Head KM",
    "Head VEN",
    "Kopf venös",
    "Head ART 0.6",
    "Carotis",
    "COW",
    "Aortic arch to vertex",
    "Head Phase 2",
    "Locator",
    "Tracker",
    "Bolus",
    "Sure Start",
    "Real Prep",
    "Smart Score",
    "MIP COR",
    "MIP carotis",
    "THIN MIP",
]


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_ct_is_known_by_kernel_and_slices(text):
    assert read_tags(DicomTags(modality="CT", series_description=text)).role is Role.CT


@pytest.mark.parametrize("text", [text.strip() for text in NOT_PLAIN])
def test_contrast_tools_and_projections_of_vessels_are_no_plain_ct_and_no_map(text):
    assert read_tags(DicomTags(modality="CT", series_description=text, body_part="HEAD")).role is None


@pytest.mark.parametrize(("text", "part"), [("Nativ 5.0", "CHEST"), ("plain 5mm", "ABDOMEN"), ("W/O 5MM", "NECK")])
def test_a_plain_ct_of_another_part_is_none_of_the_head(text, part):
    assert read_tags(DicomTags(modality="CT", series_description=text, body_part=part)).role is None
    study = f"CT {part.title()}"
    assert read_tags(DicomTags(modality="CT", series_description=text, study_description=study)).role is None


@pytest.mark.parametrize("name", ["HEAD_STD", "head_5mm", "CT_STD", "NEURO_H40", "CTbrain", "NCHCT"])
def test_files_of_plain_ct_are_known_beside_maps(name):
    found = assign([Candidate(f"{other}.nii") for other in ("CBF", "TMAX", name)])
    assert found.claims[Role.CT].candidate.name == f"{name}.nii"
