"""The case keeps which DICOM image each of its slices is, and a result names them where it is asked to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from io_fixtures import dicom_slices, nifti, refusal, stored
from multi_frame_files import AXIAL, csa, enhanced, macros, places, tiled

from StrokeSegLogic.result.outcome import case_record
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role
from StrokeSegLogic.study.series.load import load_case

pytest.importorskip("pydicom")
DATA = stored((5, 12, 10)).astype(np.uint16)


def classic(folder: Path) -> None:
    dicom_slices(folder, DATA, tags={"SeriesDescription": "DWI b1000"})


def multi_frame(folder: Path) -> None:
    """The frames run against the direction in which slices are stacked."""
    where = places(5, AXIAL, (-10.0, 20.0, 46.0), -4.0)
    enhanced(folder / "e.dcm", DATA, [macros(place, b=1000.0) for place in where], tags={"SeriesDescription": "DWI"})


def mosaic(folder: Path) -> None:
    private = {
        (0x19, "SIEMENS MR HEADER", 0x0A): ("US", 5),
        (0x29, "SIEMENS CSA HEADER", 0x10): ("OB", csa({"SliceNormalVector": ["0", "0", "1"]})),
    }
    tags = {
        "ImageType": ["ORIGINAL", "PRIMARY", "DIFFUSION", "MOSAIC"],
        "SeriesDescription": "DWI b1000",
        "SpacingBetweenSlices": 4.0,
    }
    dicom_slices(folder, tiled(DATA, 3, 3)[None], private=private, tags=tags)


def record_of(case: Case) -> dict:
    grid = Grid.of(case.series[Role.DWI].image)
    return json.loads(json.dumps(case_record(case, Role.DWI, grid, [Role.DWI])))["inputs"][0]


@pytest.mark.parametrize("layout", [classic, multi_frame, mosaic], ids=lambda layout: layout.__name__)
def test_each_slice_refers_to_its_image_at_its_place(tmp_path: Path, layout) -> None:
    layout(tmp_path)
    case = load_case(tmp_path)
    series = case.series[Role.DWI]
    assert len(series.images) == series.image.GetSize()[2] == 5
    headers = {str(ds.SOPInstanceUID): ds for ds in map(pydicom.dcmread, tmp_path.iterdir())}
    for number, image in enumerate(series.images):
        header = headers[image.instance_uid]
        corner = series.image.TransformIndexToPhysicalPoint((0, 0, number))
        assert image.position == pytest.approx(corner)
        assert image.class_uid == header.SOPClassUID and image.series_uid == header.SeriesInstanceUID
        if image.frame is not None:
            group = header.PerFrameFunctionalGroupsSequence[image.frame - 1]
            assert group.PlanePositionSequence[0].ImagePositionPatient == pytest.approx(corner)
    assert [image.frame for image in series.images] == ([5, 4, 3, 2, 1] if layout is multi_frame else [None] * 5)
    assert [image.tile for image in series.images] == ([1, 2, 3, 4, 5] if layout is mosaic else [None] * 5)


@pytest.mark.parametrize("layout", [classic, multi_frame, mosaic], ids=lambda layout: layout.__name__)
def test_a_record_names_the_images_where_it_is_asked_to(tmp_path: Path, layout) -> None:
    layout(tmp_path)
    case = load_case(tmp_path)
    uids = {str(pydicom.dcmread(path).SOPInstanceUID) for path in tmp_path.iterdir()}
    assert not any(uid in json.dumps(record_of(case)) for uid in uids)
    told = record_of(case.referring())["images"]
    assert {image["sop_instance_uid"] for image in told["slices"]} == uids
    assert told["study_uid"] == "1.2.3" and told["frame_of_reference_uid"] == "1.2.3.4"
    assert told["orientation"] == list(AXIAL) and len(told["pixel_spacing_mm"]) == 2
    places_told = [image["position_mm"][2] for image in told["slices"]]
    assert places_told == sorted(places_told)


def test_an_anonymous_case_has_none(tmp_path: Path) -> None:
    classic(tmp_path)
    case = load_case(tmp_path).referring().anonymous()
    assert case.series[Role.DWI].images == () and not case.refers
    assert "images" not in record_of(case)


def test_a_series_without_a_uid_tells_no_folder(tmp_path: Path) -> None:
    dicom_slices(tmp_path, DATA, tags={"SeriesDescription": "DWI b1000", "SeriesInstanceUID": ""})
    told = json.dumps(record_of(load_case(tmp_path).referring())["images"])
    assert tmp_path.name not in told and '"series_uid": ""' in told


def test_a_case_of_files_has_nothing_to_refer_to(tmp_path: Path) -> None:
    case = load_case({"DWI": str(nifti(tmp_path / "dwi.nii"))})
    assert "no images to refer to" in refusal(case.referring)


def test_the_mean_of_directions_refers_to_the_images_of_all(tmp_path: Path) -> None:
    for step, direction in enumerate(([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])):
        tags = {"SeriesDescription": "DWI", "DiffusionBValue": 1000.0, "DiffusionGradientOrientation": direction}
        dicom_slices(tmp_path, DATA, uid="1.2.5", prefix=f"V{step}_", tags=tags)
    series = load_case(tmp_path).series[Role.DWI]
    uids = {str(pydicom.dcmread(path).SOPInstanceUID) for path in tmp_path.iterdir()}
    assert {image.instance_uid for image in series.images} == uids and len(uids) == 15


@pytest.mark.parametrize("titles", [("DWI", "DWI", "DWI"), ("DWI x", "DWI y", "DWI z")], ids=["by tags", "by names"])
def test_a_computed_trace_and_adc_refer_to_all_images_that_they_were_made_of(tmp_path: Path, titles) -> None:
    taken = set()
    for step, title in enumerate((*titles, titles[0])):
        b = 1000.0 if step < 3 else 0.0
        vector = [float(step == k) for k in range(3)] if titles[0] == "DWI" and b else None
        tags = {"SeriesDescription": title, "DiffusionBValue": b, "ScanningSequence": "EP"}
        tags |= {} if vector is None else {"DiffusionGradientOrientation": vector}
        paths = dicom_slices(tmp_path / str(step), DATA + 50 * step, tags=tags)
        uids = {str(pydicom.dcmread(path).SOPInstanceUID) for path in paths}
        taken |= uids if titles[0] == "DWI" or b else set()
    case = load_case(tmp_path).referring()
    assert case.roles == ((Role.DWI, Role.ADC) if titles[0] == "DWI" else (Role.DWI,))
    for role in case.roles:
        assert case.series[role].computed
        assert {image.instance_uid for image in case.series[role].images} == taken
