"""Folders as they lie about in hospitals: discs, scans broken off, two of a day, exports beside their conversion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, nifti, refusal, stored, voxels

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.nifti import write_nifti

EPI: dict[str, Any] = {"ScanningSequence": "EP", "EchoTime": 80.0, "RepetitionTime": 6000.0}
IR = {"ScanningSequence": ["SE", "IR"], "EchoTime": 120.0, "RepetitionTime": 9000.0, "InversionTime": 2500.0}
TSE = {"ScanningSequence": "SE", "EchoTime": 100.0, "RepetitionTime": 5000.0}
GRE = {"ScanningSequence": "GR", "EchoTime": 20.0, "RepetitionTime": 700.0}
TRACE = {**EPI, "DiffusionBValue": 1000.0, "ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"]}
ADC = {**EPI, "ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}


def series(folder: Path, text: str, tags: dict[str, Any], data: np.ndarray | None = None, **more: Any) -> list[Path]:
    """A series of its own with this description; its voxels depend on folder and description."""
    seed = crc32(f"{folder}{text}".encode())
    block = stored(seed=seed) if data is None else data
    told = {"SeriesDescription": text, **tags}
    return dicom_slices(folder, block, uid=f"1.2.{seed}", tags=told, **more)


def sources(folder: Path) -> dict[Role, str]:
    return {role: volume.source.partition(" (")[0] for role, volume in load_case(folder).series.items()}


SCREEN = "1.2.840.10008.5.1.4.1.1.7"


def test_a_disc_with_its_viewer_and_its_screenshots(tmp_path):
    home = tmp_path / "DICOM" / "PA000001" / "ST000001"
    protocol = [
        *(("3-pl T2* Scout", GRE), ("DWI AX b1000", TRACE), ("DWI AX ADC", ADC), ("FLAIR AX", IR)),
        ("DWI AX b1000", {"Modality": "OT", "SOPClassUID": SCREEN, "ImageType": ["DERIVED", "SECONDARY"]}),
        ("FLAIR AX", {"SOPClassUID": SCREEN, "ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}),
        ("T1 Schlüsselbilder", {"SOPClassUID": SCREEN, "ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}),
    ]
    for number, (text, tags) in enumerate(protocol, 1):
        paths = series(home / f"SE{number:06d}", text, {"SpecificCharacterSet": "ISO_IR 100", **tags}, suffix="")
        for path in paths if tags.get("SOPClassUID") else ():
            header = pydicom.dcmread(path)
            del header.ImagePositionPatient, header.ImageOrientationPatient, header.PixelSpacing
            header.save_as(path)
    (tmp_path / "DICOMDIR").write_bytes(bytes(128) + b"DICM" + b"records" * 40)
    (tmp_path / "AUTORUN.INF").write_text("[autorun]\nopen=VIEWER\\view.exe")
    (tmp_path / "VIEWER").mkdir()
    for name in ("view.exe", "core.dll", "weasis.jar", "hilfe.chm", "LIESMICH", "VERSION"):
        (tmp_path / "VIEWER" / name).write_bytes(b"MZ" + bytes(600))
    (home / "SE000002" / "._IM0001").write_bytes(b"\0\5\x16\7" + bytes(100))
    (tmp_path / "DICOM" / "LOCKFILE").write_bytes(b"")
    assert sources(tmp_path) == {
        role: f"DICOM/PA000001/ST000001/SE00000{k}" for role, k in ((Role.DWI, 2), (Role.FLAIR, 4), (Role.ADC, 3))
    }
    notes = load_case(tmp_path).notes
    assert len(notes) == 4 and sum("picture of a screen" in note for note in notes) == 2, notes


@pytest.mark.parametrize("times", [("1100", "1200"), ("1200", "1100")], ids=["whole later", "broken off later"])
def test_a_scan_that_was_broken_off_is_never_taken_for_the_whole(tmp_path, times):
    for text, tags in (("DWI tra", {**EPI, "DiffusionBValue": 1000.0}), ("FLAIR tra", IR)):
        for kind, slices, time in zip(("broken off", "whole"), (3, 8), times, strict=True):
            data = stored((slices, 12, 10), seed=slices)
            series(tmp_path / kind / text, text, {**tags, "AcquisitionTime": f"{time}00"}, data)
    assert sources(tmp_path) == {Role.DWI: "whole/DWI tra", Role.FLAIR: "whole/FLAIR tra"}
    assert sum("the other covers 38% of its slices' extent" in note for note in load_case(tmp_path).notes) == 2


def test_of_files_the_one_that_was_broken_off_is_left_aside_whatever_its_name(tmp_path):
    nifti(tmp_path / "FLAIR.nii.gz", voxels((10, 12, 4)))
    nifti(tmp_path / "FLAIR_repeat.nii.gz", voxels((10, 12, 20)))
    nifti(tmp_path / "DWI.nii.gz", voxels((10, 12, 20)))
    nifti(tmp_path / "DWI_repeat.nii.gz", voxels((10, 12, 5)))
    assert sources(tmp_path) == {Role.DWI: "DWI.nii.gz", Role.FLAIR: "FLAIR_repeat.nii.gz"}


def day(hour: str, uid: str) -> dict[str, Any]:
    return {
        **{"StudyInstanceUID": uid, "StudyDate": "20240301", "AcquisitionDate": "20240301"},
        "AcquisitionTime": f"{hour}0500",
    }


@pytest.mark.parametrize("second", [("DWI", TRACE), ("FLAIR", IR)], ids=["both have a DWI", "each has a part"])
def test_before_and_after_a_thrombectomy_of_one_day_are_never_mixed(tmp_path, second):
    series(tmp_path / "1", "DWI", {**TRACE, **day("09", "1.9.1")})
    series(tmp_path / "1", "ADC", {**ADC, **day("09", "1.9.1")}, prefix="a")
    text, tags = second
    series(tmp_path / "2", text, {**tags, **day("15", "1.9.2")})
    said = refusal(load_case, tmp_path)
    assert "are of two examinations: they were acquired 6.0 hours apart" in said
    # What is named is believed, and said.
    named = {"DWI": tmp_path / "1" / "IM0001.dcm", "ADC": tmp_path / "1" / "a0001.dcm", text: tmp_path / "2"}
    assert "hours apart" in " ".join(load_case(named).notes)
    assert load_case(tmp_path / "1").roles == (Role.DWI, Role.ADC)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (day("09", "1.9.1"), day("10", "1.9.2")),  # an archive gave two numbers
        (day("09", "1.9.1"), day("15", "1.9.1")),  # the patient came back to the same examination
        (day("09", "1.9.1"), {**day("15", "1.9.2"), "AcquisitionTime": ""}),
        (day("09", "1.9.1"), {**day("15", "1.9.2"), "AcquisitionDate": ""}),
    ],
)
def test_what_is_no_proof_of_two_examinations_stops_nothing(tmp_path, first, other):
    series(tmp_path / "1", "DWI", {**TRACE, **first})
    series(tmp_path / "2", "FLAIR", {**IR, **other})
    assert load_case(tmp_path).roles == (Role.DWI, Role.FLAIR)


@pytest.mark.parametrize("turn", ["LAS", "RAI", "SPL"])
@pytest.mark.parametrize("name", ["FLAIR", "3_FLAIR"])
def test_dicom_beside_its_own_conversion_is_read_once_however_the_converter_turned_it(tmp_path, turn, name):
    for number, (text, tags) in enumerate((("DWI", TRACE), ("FLAIR", IR)), 1):
        series(tmp_path / "SCANS" / str(number) / "DICOM", text, tags)
    whole = load_case(tmp_path)
    for role, stem in ((Role.DWI, "DWI"), (Role.FLAIR, name)):
        folder = tmp_path / "SCANS" / "NIFTI"
        folder.mkdir(exist_ok=True)
        write_nifti(sitk.DICOMOrient(whole.series[role].image, turn), folder / f"{stem}.nii.gz")
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI, Role.FLAIR) and len(case.notes) == 2
    for role in case.roles:
        assert np.array_equal(*(sitk.GetArrayFromImage(c.series[role].image) for c in (case, whole)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_files_of_mere_numbers_are_read_by_german_sidecars_in_any_encoding(tmp_path, encoding):
    told = [
        ("Übersicht drei Ebenen", [], "GR", None),
        ("Diffusion Schädel Spur", ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"], "EP", Role.DWI),
        ("Diffusion Schädel", ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"], "EP", Role.ADC),
        ("FLAIR Schädel quer", [], "SE_IR", Role.FLAIR),
        ("T2 Gradientenecho Schädel", [], "GR", None),
        ("T1 Schädel nativ", [], "SE", Role.T1),
    ]
    for number, (text, kind, sequence, _) in enumerate(told):
        nifti(tmp_path / f"{number:03d}.nii.gz", voxels(seed=number))
        content = {"Modality": "MR", "SeriesDescription": text, "ImageType": kind, "ScanningSequence": sequence}
        (tmp_path / f"{number:03d}.json").write_bytes(json.dumps(content, ensure_ascii=False).encode(encoding))
    expected = {role: f"{number:03d}.nii.gz" for number, (*_, role) in enumerate(told) if role is not None}
    assert sources(tmp_path) == expected


def ge(b: int) -> dict[Any, Any]:
    return {(0x0043, "GEMS_PARM_01", 0x39): ("IS", [1_000_000_000 + b if b else 0, 8, 0, 0])}


def test_an_export_with_all_that_a_workstation_computed(tmp_path):
    for k, (text, tags) in enumerate(
        [
            *(("3Plane Loc SSFSE", TSE), ("Ax T2 FLAIR Propeller", IR), ("Ax T2 Propeller", TSE), ("Ax SWAN", GRE)),
            *(("Filt_Pha: Ax SWAN", GRE), ("PJN:COW 3D TOF", GRE), ("3D ASL PLD 2025", TSE), ("CBF (Color)", {})),
            *(
                (text, {**EPI, "ImageType": ["DERIVED", "SECONDARY"]})
                for text in (
                    "Apparent Diffusion Coefficient (mm2/s)",
                    "Exponential Apparent Diffusion Coefficient",
                    "Fractional Aniso.",
                    "vDWI b=2000 (synthetic)",
                    "Reformatted DWI",
                )
            ),
            ("Processed Images", {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}),
        ]
    ):
        series(tmp_path / f"{k:03d}", text, tags)
    for b in (0, 1000):
        dicom_slices(
            tmp_path / "dwi",
            stored(seed=b),
            uid="1.2.9",
            prefix=f"b{b}_",
            private=ge(b),
            tags={"SeriesDescription": "Ax DWI b1000 ASSET", **EPI},
        )
    assert sources(tmp_path) == {Role.T2: "002", Role.DWI: "dwi", Role.FLAIR: "001", Role.ADC: "008"}
    assert len(load_case(tmp_path).notes) == 12


@pytest.mark.parametrize("stem", ["DWI", "401_ep2d_diff", "patient_dwi_b1000"])
@pytest.mark.parametrize("turn", ["LPS", "RAS"])
def test_a_conversion_is_called_a_copy_whatever_is_better_of_the_two(tmp_path, stem, turn):
    """The DICOM says that it is the trace; that is no reason why its copy was left aside."""
    series(tmp_path / "DICOM", "ep2d_diff_TRACEW", TRACE)
    dwi = load_case(tmp_path).series[Role.DWI]
    write_nifti(sitk.DICOMOrient(dwi.image, turn), tmp_path / f"{stem}.nii.gz")
    (tmp_path / "other").mkdir()
    write_nifti(sitk.DICOMOrient(dwi.image, turn) * 2, tmp_path / "other" / f"{stem}.nii.gz")
    notes = load_case(tmp_path).notes
    reasons = {note.partition(" was left")[0]: note.rpartition(": ")[2] for note in notes}
    copy, other = f"{stem}.nii.gz", f"other/{stem}.nii.gz"
    assert reasons == {copy: "both hold the same volume", other: "it is the trace image"}


def test_a_pacs_export_of_numbered_files_with_an_oblique_scan_and_a_sagittal_one(tmp_path):
    oblique, sagittal = (1, 0, 0, 0, 0.955, 0.296), (0, 1, 0, 0, 0, -1)
    for number, (text, tags, axes) in enumerate(
        [
            ("Localizer", GRE, sagittal),
            *(("DWI", TRACE, oblique), ("ADC", ADC, oblique), ("T1 sag", TSE | {"EchoTime": 12.0}, sagittal)),
            ("FLAIR 3D", {**IR, "NumberOfAverages": 2, "MRAcquisitionType": "3D"}, oblique),
            ("Dose report", {"Modality": "OT", "ImageType": ["DERIVED", "SECONDARY"]}, oblique),
        ]
    ):
        home = tmp_path / "DICOM" / f"{number:08d}"
        dicom_slices(
            home, stored(seed=number), axes=axes, suffix="", prefix="", tags={"SeriesDescription": text, **tags}
        )
    (tmp_path / "DICOMDIR").write_bytes(bytes(128) + b"DICM" + bytes(50))
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    places = {Role.DWI: 1, Role.ADC: 2, Role.T1: 3, Role.FLAIR: 4}
    assert sources(tmp_path) == {role: f"DICOM/{place:08d}" for role, place in places.items()}
    assert len(load_case(tmp_path).notes) == 2


def test_synthetic_contrasts_are_never_taken_beside_the_acquired_ones(tmp_path):
    derived = {"ImageType": ["DERIVED", "SECONDARY"]}
    for text, tags in (("SyMRI FLAIR", derived), ("T2 FLAIR", IR), ("MAGiC T2W", derived), ("T2 TSE", TSE)):
        series(tmp_path / text, text, tags)
    series(tmp_path / "DWI", "DWI", TRACE)
    assert sources(tmp_path) == {Role.DWI: "DWI", Role.FLAIR: "T2 FLAIR", Role.T2: "T2 TSE"}


def test_raw_formats_of_other_scanners_beside_a_usable_file_are_named_and_stop_nothing(tmp_path):
    nifti(tmp_path / "DWI.nii.gz")
    for name in ("DWI_1.PAR", "DWI_1.REC", "bruker/2dseq", "brain.mgz", "scan.mnc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(4000))
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI,) and sum("which is not read" in note for note in case.notes) == 5, case.notes
