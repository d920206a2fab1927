"""Pictures of 8 bits that a workstation stored are never taken in the place of what the scanner stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pytest
from io_fixtures import dicom_slices, refusal, stored

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case

TRACE = {"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"], "DiffusionBValue": 1000.0}
ADC = {"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}
CAPTURES: list[dict[str, Any]] = [
    {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
    {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2"},
    {"ConversionType": "WSD"},
    {"ConversionType": "DI"},
    {"BurnedInAnnotation": "YES"},
]


def capture(folder: Path, text: str, tags: dict[str, Any], bits: int = 8) -> None:
    """A series of grey values of that depth."""
    for path in dicom_slices(folder, stored() % 256, tags={"SeriesDescription": text, **tags}):
        header = pydicom.dcmread(path)
        header.BitsStored, header.HighBit = bits, bits - 1
        header.save_as(path)


def series(folder: Path, text: str, tags: dict[str, Any]) -> None:
    dicom_slices(folder, stored(seed=1), tags={"SeriesDescription": text, **tags})


@pytest.mark.parametrize("how", CAPTURES, ids=lambda how: "".join(map(str, how.values())))
@pytest.mark.parametrize("home", ["a", "z"])
def test_a_capture_of_a_map_never_stands_beside_the_scanners_own(tmp_path, how, home):
    series(tmp_path / "m" / "dwi", "DWI", TRACE)
    series(tmp_path / "m" / "adc", "Apparent Diffusion Coefficient (mm2/s)", ADC)
    capture(tmp_path / home, "ADC", {**ADC, **how})
    case = load_case(tmp_path)
    assert case.series[Role.ADC].source.startswith("m/adc")
    (note,) = case.notes
    assert note.startswith(home) and "picture of 8 bits that a workstation stored" in note


@pytest.mark.parametrize("how", CAPTURES, ids=lambda how: "".join(map(str, how.values())))
def test_a_capture_of_a_perfusion_map_is_left_aside_with_the_true_reason(tmp_path, how):
    for name in ("CBF", "TMAX"):
        series(tmp_path / name, name, {"Modality": "CT", "ImageType": ["DERIVED", "SECONDARY"]})
    capture(tmp_path / "shown", "Tmax", {"Modality": "CT", "ImageType": ["DERIVED", "SECONDARY"], **how})
    case = load_case(tmp_path)
    assert case.roles == (Role.CBF, Role.TMAX) and case.series[Role.TMAX].source.startswith("TMAX")
    assert "its grey values measure nothing" in " ".join(case.notes)


def test_captures_of_maps_alone_are_refused(tmp_path):
    capture(tmp_path, "Tmax", {"Modality": "CT", "ConversionType": "WSD"})
    assert "its grey values measure nothing" in refusal(load_case, tmp_path)


@pytest.mark.parametrize("how", [*CAPTURES, {}], ids=lambda how: "".join(map(str, how.values())) or "8 bits alone")
def test_a_capture_of_a_sequence_is_taken_for_want_of_a_better_and_said(tmp_path, how):
    series(tmp_path / "dwi", "DWI", TRACE)
    capture(tmp_path / "a", "Ax T2 FLAIR", how)
    (note,) = load_case(tmp_path).notes
    assert "was taken for FLAIR, and it is a picture that was stored for reading" in note
    # Its own name says less of what it is than that of the capture.
    dicom_slices(tmp_path / "b", stored(seed=2), tags={"SeriesDescription": "TIRM"})
    case = load_case(tmp_path)
    assert case.series[Role.FLAIR].source.startswith("b") and "scanner's own" in " ".join(case.notes)


def test_what_a_workstation_made_in_full_depth_stays_behind_the_scanners_own(tmp_path):
    series(tmp_path / "dwi", "DWI", TRACE)
    for home, how in (("a", {"ConversionType": "WSD"}), ("b", {})):
        series(tmp_path / home, "ADC", {**ADC, **how})
    assert load_case(tmp_path).series[Role.ADC].source.startswith("b")


def test_a_coloured_adc_never_ties_with_the_map(tmp_path):
    series(tmp_path / "dwi", "DWI", TRACE)
    series(tmp_path / "b", "ADC", ADC)
    for path in dicom_slices(tmp_path / "a", stored(), tags={"SeriesDescription": "ADC", **ADC}):
        header = pydicom.dcmread(path)
        header.PhotometricInterpretation = "PALETTE COLOR"
        header.save_as(path)
    case = load_case(tmp_path)
    assert case.series[Role.ADC].source.startswith("b") and "it has grey values, not colours" in case.notes[0]
