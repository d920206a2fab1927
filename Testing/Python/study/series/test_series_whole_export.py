"""A whole export of a stroke protocol, 20 series in the words of a country, ends in the right roles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from io_fixtures import dicom_slices, stored

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case

Tags = dict[str, Any]
EPI: Tags = {"ScanningSequence": "EP", "EchoTime": 80.0, "RepetitionTime": 6000.0}
TSE: Tags = {"ScanningSequence": "SE", "EchoTime": 100.0, "RepetitionTime": 5000.0}
GRE: Tags = {"ScanningSequence": "GR", "EchoTime": 20.0, "RepetitionTime": 700.0}
SHORT: Tags = {"ScanningSequence": "SE", "EchoTime": 12.0, "RepetitionTime": 500.0}
IR: Tags = {"ScanningSequence": ["SE", "IR"], "EchoTime": 120.0, "RepetitionTime": 9000.0, "InversionTime": 2500.0}
DIFFUSION = ["DERIVED", "PRIMARY", "DIFFUSION"]

# What it is, and its tags: the same protocol everywhere; the first of a role is right, a dash has none.
PROTOCOL: list[tuple[str, Tags]] = [
    ("localizer", GRE),
    ("DWI", {**EPI, "DiffusionBValue": 1000.0, "ImageType": [*DIFFUSION, "TRACEW"]}),
    ("b0", {**EPI, "DiffusionBValue": 0.0, "ImageType": [*DIFFUSION, "TRACEW"]}),
    ("ADC", {**EPI, "ImageType": [*DIFFUSION, "ADC"]}),
    ("computed", {**EPI, "DiffusionBValue": 2000.0, "ImageType": [*DIFFUSION, "CALC_BVALUE", "TRACEW"]}),
    ("FLAIR", {**IR, "DiffusionBValue": 0.0, "AcquisitionTime": "101000"}),
    ("FLAIR coronal", {**IR, "DiffusionBValue": 0.0}),
    ("T2", {**TSE, "DiffusionBValue": 0.0}),
    ("T2 fat", TSE),
    ("T2 gradient", GRE),
    ("SWI", GRE),
    ("phase", {**GRE, "ImageType": ["ORIGINAL", "PRIMARY", "PHASE"]}),
    ("T1", SHORT),
    ("T1 contrast", SHORT),
    ("T1 contrast coronal", SHORT),
    ("angiography", {**GRE, "EchoTime": 3.6}),
    ("projection", {"ImageType": ["DERIVED", "SECONDARY", "MIP"]}),
    ("perfusion", {**EPI, "ImageType": ["ORIGINAL", "PRIMARY", "PERFUSION"]}),
    ("perfusion map", {**EPI, "ImageType": ["DERIVED", "PRIMARY", "PERFUSION", "TTP"]}),
    ("spectroscopy", {}),
]
WORDS = {
    "German": [
        *(
            "Planung 3 Ebenen",
            "ep2d_diff tra TRACEW",
            "ep2d_diff tra b0",
            "ep2d_diff ADC-Karte",
            "Diffusion berechnet b2000",
        ),
        *("t2_tirm_tra_dark-fluid", "t2_tirm_cor_dark-fluid", "t2_tse_tra", "t2_tse_tra_fs", "T2 Gradientenecho tra"),
        *("SWI tra", "SWI Phasenbild", "t1_se_tra nativ", "t1_se_tra + KM", "t1_se_cor nach KM", "TOF Angiographie"),
        *("TOF MIP", "Perfusion ep2d", "Perfusion TTP", "MRS Spektroskopie"),
    ],
    "French": [
        *("Repérage", "Diffusion axiale b1000", "Diffusion axiale b0", "Carte ADC", "Diffusion calculée b2000"),
        *("T2 FLAIR axial", "T2 FLAIR coronal", "T2 axial TSE", "T2 axial TSE fat sat", "T2 EG axial"),
        *(
            "Susceptibilité SWI",
            "SWI phase image",
            "T1 axial sans injection",
            "T1 axial injecté",
            "T1 coronal avec gado",
        ),
        *("Angio TOF Willis", "MIP TOF", "Perfusion T2*", "Temps au pic TTP", "Spectro MRS"),
    ],
    "Portuguese": [
        *("Localizador", "DIFUSÃO AXIAL B1000", "DIFUSÃO B0", "MAPA ADC", "DIFUSÃO CALCULADA B2000"),
        *("FLAIR AXIAL", "FLAIR CORONAL", "T2 AXIAL TSE", "T2 AXIAL TSE SPAIR", "T2 AXIAL ECO DE GRADIENTE"),
        *("SWI AXIAL", "SWI FASE", "T1 AXIAL SEM CONTRASTE", "T1 AXIAL COM CONTRASTE", "T1 CORONAL POS GD"),
        *("ANGIO ARTERIAL TOF", "TOF MIP", "PERFUSÃO", "TEMPO AO PICO", "ESPECTROSCOPIA MRS"),
    ],
    "Japanese": [
        *("位置決め", "拡散強調DWI b1000", "拡散強調 b0", "ADCマップ", "計算DWI b2000"),
        *("FLAIR横断", "FLAIR冠状断", "T2強調横断", "T2強調横断 脂肪抑制", "T2スター強調"),
        *("磁化率強調SWI", "SWI位相", "T1強調横断", "T1強調横断 造影", "T1強調冠状断 造影"),
        *("頭部血管MRA", "MRA投影", "灌流PWI", "灌流TTP", "MRS"),
    ],
}


def export(folder: Path, words: list[str]) -> dict[str, Any]:
    """The protocol's series in a folder each, as an archive exports them; the voxels of each by what it is."""
    voxels = {}
    for number, ((what, tags), text) in enumerate(zip(PROTOCOL, words, strict=True)):
        coronal = (1, 0, 0, 0, 0, -1) if "coronal" in what else (1, 0, 0, 0, 1, 0)
        told = {"SpecificCharacterSet": "ISO_IR 192", "SeriesDescription": text, "SeriesNumber": number + 1, **tags}
        voxels[what] = stored(seed=number)
        dicom_slices(folder / f"SER{number + 1:05d}", voxels[what], suffix="", axes=coronal, tags=told)
    return voxels


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.quick(2)
def test_a_whole_export_ends_in_the_right_roles(tmp_path, language):
    import SimpleITK as sitk

    voxels = export(tmp_path, WORDS[language])
    case = load_case(tmp_path)
    assert set(case.roles) == {Role.T1, Role.T2, Role.DWI, Role.FLAIR, Role.ADC}
    for role in case.roles:
        found = sitk.GetArrayFromImage(case.series[role].image)
        assert (found == voxels[role.value]).all(), case.series[role]
    left = [note for note in case.notes if "was left aside" in note]
    assert len(left) == len(PROTOCOL) - 5, left
