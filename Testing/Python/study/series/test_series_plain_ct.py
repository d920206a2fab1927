"""A CT of the head without contrast medium is known by file names in many languages, and by no other CT's."""

from __future__ import annotations

import pytest
from io_fixtures import nifti, voxels

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.assign import read_candidate
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.candidates import Candidate

PLAIN = {
    "German": ["CT nativ", "cCT_nativ", "CCT", "CT Schädel nativ", "Kopf nativ", "CT Kopf ohne KM", "CT KM-"],
    "French": ["TDM sans injection", "TDM cérébrale sans injection", "scanner cérébral", "Scanner crâne C-"],
    "Spanish": ["TC simple", "TAC craneal simple", "TC de cráneo sin contraste", "TC sin CIV", "cerebro simple"],
    "Portuguese": ["TC sem contraste", "TC crânio sem contraste", "tomografia computadorizada de crânio simples"],
    "Italian": ["TC basale", "TC encefalo basale", "TC cranio senza mdc", "cranio senza contrasto", "TC_basale"],
    "Japanese": ["単純CT", "頭部単純CT", "頭部CT単純", "頭部CT 造影なし", "脳CT"],
    "Chinese": ["CT平扫", "平扫CT", "头颅CT平扫", "颅脑平扫", "頭顱CT平掃", "单纯CT"],
    "Korean": ["뇌 CT 비조영", "CT 조영전"],
    "Polish": ["KT głowy bez kontrastu"],
    "Russian": ["\u041a\u0422 головы без контраста", "\u041a\u0422 нативная"],
    "Dutch and Norse": ["CT zonder contrast", "CT uten kontrast"],
    "English": ["NCCT", "NECT", "CT non-enhanced", "unenhanced CT", "native CT", "CT w_o", "CT head C-", "head plain"],
}
OTHERS = {
    "German": ["CT mit KM", "CT Schädel nach KM", "CT Thorax nativ", "CT HWS nativ", "CTA Kopf"],
    "French": ["TDM avec injection", "TDM thorax sans injection", "scanner cérébral injecté"],
    "Spanish": ["TC con contraste", "TC cuello simple", "TC tórax simple"],
    "Portuguese": ["TC com contraste", "TC tórax sem contraste", "TC coluna simples"],
    "Italian": ["TC dopo mdc", "TC torace basale", "TC addome senza mdc"],
    "Japanese": ["造影CT", "胸部単純CT", "腹部CT 単純"],
    "Chinese": ["增强CT", "CT增强", "胸部CT平扫", "颈椎CT平扫"],
    "of MR": ["T1 nativ", "FLAIR sans injection", "T2 basale", "T1 sin contraste"],
}


@pytest.mark.parametrize("language", PLAIN)
@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd"])
def test_a_plain_ct_is_known_by_its_files_name(language, ending):
    roles = {name: read_candidate(Candidate(f"{name}{ending}")).role for name in PLAIN[language]}
    assert set(roles.values()) == {Role.CT}, roles


@pytest.mark.parametrize("language", OTHERS)
def test_a_ct_with_contrast_medium_of_another_part_or_no_ct_is_none(language):
    roles = {name: read_candidate(Candidate(f"{name}.nii.gz")).role for name in OTHERS[language]}
    assert Role.CT not in roles.values(), roles


@pytest.mark.parametrize(
    ("plain", "other"),
    [("TC sem contraste", "TC com contraste"), ("TDM sans injection", "TDM injectée"), ("CT平扫", "CT增强")],
)
def test_beside_maps_the_plain_ct_is_taken_and_that_with_contrast_medium_left_with_its_reason(tmp_path, plain, other):
    for number, name in enumerate(("CBF", "TMAX", plain, other)):
        nifti(tmp_path / f"{name}.nii.gz", voxels(seed=number))
    case = load_case(tmp_path)
    assert case.series[Role.CT].source == f"{plain}.nii.gz"
    assert "a CT after contrast medium" in " ".join(case.notes)
