"""Enhanced multi-frame DICOM: each frame lies where its functional groups say, with its scaling, b-value and time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import refusal, stored
from multi_frame_files import AXIAL, OBLIQUE, SAGITTAL, enhanced, macros, places
from scipy.stats import gmean

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.dicom import read_dicom_series
from StrokeSegLogic.study.volumes.dicom_file import read_slices
from StrokeSegLogic.study.volumes.study_files import find_series

pytest.importorskip("pydicom")
DATA = stored((5, 12, 10)).astype(np.uint16)
ORIGIN = (-10.0, 20.0, 30.0)
# Siemens XA: a file for each b-value and direction; Philips: all in one; Canon: each place's repetitions together.
XA_TRACE = ("DERIVED", "PRIMARY", "DIFFUSION", "TRACEW")
PHILIPS = ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE")


def by_hand(image: sitk.Image, place: np.ndarray, axes: tuple[float, ...], row: int, column: int) -> float:
    """The value where DICOM PS3.3, C.7.6.2.1.1 says that a pixel lies; rows are 2 mm apart, columns 1.5 mm."""
    world = place + np.asarray(axes[:3]) * 1.5 * column + np.asarray(axes[3:]) * 2.0 * row
    index = image.TransformPhysicalPointToContinuousIndex(world.tolist())
    assert np.allclose(index, np.round(index), atol=1e-4)
    return image[tuple(round(part) for part in index)]


@pytest.mark.parametrize("axes", [AXIAL, SAGITTAL, OBLIQUE], ids=["axial", "sagittal", "oblique"])
@pytest.mark.parametrize("backwards", [False, True], ids=["along", "against"])
def test_every_voxel_lies_where_its_frame_says(tmp_path: Path, axes: tuple[float, ...], backwards: bool) -> None:
    where = places(5, axes, ORIGIN, -4.0 if backwards else 4.0)
    path = enhanced(tmp_path / "e.dcm", DATA, [macros(place, axes) for place in where])
    image = read_dicom_series([path])
    assert image.GetSize() == (10, 12, 5)
    for frame, (row, column) in ((0, (0, 0)), (1, (3, 7)), (4, (11, 9))):
        assert by_hand(image, where[frame], axes, row, column) == DATA[frame, row, column]


def test_each_frame_has_its_own_slope_and_intercept(tmp_path: Path) -> None:
    slopes, intercepts = (0.5, 2.0, 1.25, 3.0, 0.001), (-100.0, 0.0, 7.0, 1.0, 2.0)
    where = places(5, AXIAL, ORIGIN, 4.0)
    groups = [
        macros(place, slope=slope, intercept=intercept)
        for place, slope, intercept in zip(where, slopes, intercepts, strict=True)
    ]
    found = sitk.GetArrayFromImage(read_dicom_series([enhanced(tmp_path / "e.dcm", DATA, groups)]))
    expected = DATA * np.reshape(slopes, (-1, 1, 1)) + np.reshape(intercepts, (-1, 1, 1))
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-4)


def test_what_all_frames_share_stands_once(tmp_path: Path) -> None:
    where = places(5, AXIAL, ORIGIN, 4.0)
    whole = [macros(place) for place in where]
    shared = {name: whole[0][name] for name in ("PlaneOrientationSequence", "PixelMeasuresSequence")}
    groups = [{name: group[name] for name in group if name not in shared} for group in whole]
    path = enhanced(tmp_path / "shared.dcm", DATA, groups, shared=shared)
    other = read_dicom_series([enhanced(tmp_path / "whole.dcm", DATA, whole)])
    image = read_dicom_series([path])
    assert image.GetSpacing() == other.GetSpacing() == (1.5, 2.0, 4.0)
    assert np.array_equal(sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(other))


def test_signed_values_and_values_of_twelve_bits_are_what_they_are(tmp_path: Path) -> None:
    where = places(5, AXIAL, ORIGIN, 4.0)
    groups = [macros(place) for place in where]
    signed = DATA.astype(np.int16) - 300
    assert np.array_equal(
        sitk.GetArrayFromImage(read_dicom_series([enhanced(tmp_path / "s.dcm", signed, groups)])), signed
    )
    twelve = {"BitsStored": 12, "HighBit": 11}
    small = DATA % 4096
    image = read_dicom_series([enhanced(tmp_path / "t.dcm", small, groups, tags=twelve)])
    assert np.array_equal(sitk.GetArrayFromImage(image), small)


def philips(folder: Path) -> list[Path]:
    """b = 0, three directions of b = 1000 and the scanner's own trace in one file, all b-values of a place together."""
    where = places(5, AXIAL, ORIGIN, 4.0)
    directions = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
    frames, groups = [], []
    for number, place in enumerate(where):
        for step, (b, direction, trace) in enumerate(
            [(0.0, None, False), *((1000.0, d, False) for d in directions), (1000.0, None, True)]
        ):
            frames.append(DATA[number] // (step + 1))
            groups.append(macros(place, b=b, direction=direction, isotropic=trace, kind=PHILIPS))
    return [enhanced(folder / "dwi.dcm", np.stack(frames), groups, tags={"SeriesDescription": "DWI"})]


def siemens(folder: Path) -> list[Path]:
    """A file for each volume, the trace in a series of its own."""
    where = places(5, AXIAL, ORIGIN, 4.0)
    made = []
    for step, (b, kind) in enumerate([(0.0, PHILIPS), *([(1000.0, PHILIPS)] * 3), (1000.0, XA_TRACE)]):
        direction = tuple(np.eye(3)[step - 1]) if 0 < step < 4 else None
        groups = [macros(place, b=b, direction=direction, isotropic=step == 4, kind=kind) for place in where]
        tags = {"SeriesInstanceUID": "1.2.9" if step < 4 else "1.2.10", "SeriesDescription": "ep2d_diff"}
        made.append(enhanced(folder / f"{step}.dcm", DATA // (step + 1), groups, tags=tags))
    return made


def canon(folder: Path) -> list[Path]:
    """A file for each place, its repetitions in it; the frames backwards, and no word on directions in b = 0."""
    made = []
    for number, place in enumerate(places(5, AXIAL, ORIGIN, 4.0)):
        frames, groups = [], []
        for step in (4, 3, 2, 1, 0):
            direction = tuple(np.eye(3)[step - 1]) if 0 < step < 4 else None
            frames.append(DATA[number] // (step + 1))
            groups.append(macros(place, b=1000.0 if step else 0.0, direction=direction, isotropic=step == 4))
        tags = {"SeriesInstanceUID": "1.2.11", "SeriesDescription": "DWI b1000"}
        made.append(enhanced(folder / f"{number}.dcm", np.stack(frames), groups, tags=tags))
    return made


@pytest.mark.parametrize("vendor", [philips, siemens, canon])
def test_diffusion_comes_apart_by_b_value_and_direction_and_the_trace_is_the_dwi(tmp_path: Path, vendor) -> None:
    vendor(tmp_path)
    found = find_series(tmp_path)
    assert sorted((c.tags.b_value, c.tags.direction) for c in found) == [
        (0.0, ""),
        *[(1000.0, "DIRECTIONAL")] * 3,
        (1000.0, "ISOTROPIC"),
    ]
    dwi = load_case(tmp_path).series[Role.DWI]
    assert np.array_equal(sitk.GetArrayFromImage(dwi.image), DATA // 5)
    assert "trace" in dwi.reason


@pytest.mark.parametrize("named", ["folder", "file", "role and file", "role and folder"])
def test_directions_in_one_file_give_trace_and_adc_of_the_frames_that_were_taken(tmp_path: Path, named: str) -> None:
    """b = 0, three directions of b = 1000, and b = 3000, which neither is made of."""
    frames, groups = [], []
    for b, direction, share in (
        *((0.0, None, 1.0), (3000.0, (1.0, 0.0, 0.0), 0.1)),
        *((1000.0, tuple(np.eye(3)[axis]), share) for axis, share in enumerate((0.5, 0.4, 0.3))),
    ):
        frames.append(np.full_like(DATA, round(2000 * share)) + DATA % 2)
        groups += [macros(place, b=b, direction=direction, kind=PHILIPS) for place in places(5, AXIAL, ORIGIN, 4.0)]
    path = enhanced(tmp_path / "dwi.dcm", np.concatenate(frames), groups, tags={"SeriesDescription": "DTI"})
    studies = {"folder": tmp_path, "file": path}
    case = load_case(studies.get(named) or [f"DWI={path if named == 'role and file' else tmp_path}"])
    assert case.roles == (Role.DWI, Role.ADC), case.notes
    trace, adc = (sitk.GetArrayFromImage(case.series[role].image) for role in case.roles)
    expected = gmean(frames[2:], axis=0)
    assert np.allclose(trace, expected, rtol=1e-4)
    assert np.allclose(adc, np.log(frames[0] / expected) / 1000, rtol=1e-4)
    for series in case.series.values():
        assert series.computed and [image.frame for image in series.images] == [*range(11, 26), *range(1, 6)]


@pytest.mark.parametrize("repeats", [2, 3, 4])
def test_repetitions_that_only_frame_numbers_tell_apart_are_volumes(tmp_path: Path, repeats: int) -> None:
    where = places(5, AXIAL, ORIGIN, 4.0)
    frames = np.concatenate([DATA // (step + 1) for step in range(repeats)])
    enhanced(tmp_path / "asl.dcm", frames, [macros(place) for place in where] * repeats)
    found = [sitk.GetArrayFromImage(candidate.read_map()) for candidate in find_series(tmp_path)]
    assert len(found) == repeats
    for step in range(repeats):
        assert sum(np.array_equal(DATA // (step + 1), array) for array in found) == 1


def test_frames_over_time_of_an_enhanced_ct_are_a_series_over_time(tmp_path: Path) -> None:
    where = places(5, AXIAL, ORIGIN, 4.0)
    groups, frames = [], []
    for second in (0, 2, 4, 6):
        for number, place in enumerate(where):
            groups.append(macros(place, slope=1.0, intercept=-1024.0, time=f"202601011200{second:02d}.000"))
            frames.append(DATA[number] + second)
    tags = {"Modality": "CT", "SeriesDescription": "Perfusion"}
    enhanced(tmp_path / "ctp.dcm", np.stack(frames), groups, tags=tags, kind="1.2.840.10008.5.1.4.1.1.2.1")
    (candidate,) = find_series(tmp_path)
    series = candidate.read_time_series()
    assert series.times_s == (0.0, 2.0, 4.0, 6.0)
    assert np.array_equal(
        sitk.GetArrayFromImage(series.image), np.stack([DATA.astype(int) + s - 1024 for s in (0, 2, 4, 6)])
    )


def test_colours_of_an_enhanced_file_are_read(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 255, (3, 6, 4, 3)).astype(np.uint8)
    groups = [macros(place) for place in places(3, AXIAL, ORIGIN, 4.0)]
    enhanced(tmp_path / "c.dcm", colours, groups)
    (candidate,) = find_series(tmp_path)
    assert candidate.colour
    assert np.array_equal(sitk.GetArrayFromImage(candidate.read_colours()), colours)


def packed_alone(folder: Path, plane: np.ndarray, compressor: str) -> tuple[bytes, str]:
    """A frame as GDCM packs it, and the transfer syntax."""
    import pydicom
    from pydicom.encaps import generate_frames

    writer = sitk.ImageFileWriter()
    writer.SetFileName(str(folder / "alone.dcm"))
    writer.SetUseCompression(True)
    writer.SetCompressor(compressor)
    writer.Execute(sitk.GetImageFromArray(plane))
    ds = pydicom.dcmread(folder / "alone.dcm")
    (folder / "alone.dcm").unlink()
    return next(generate_frames(ds.PixelData, number_of_frames=1)), str(ds.file_meta.TransferSyntaxUID)


@pytest.mark.parametrize("compressor", ["JPEG2000", "JPEGLS", "JPEG"])
def test_packed_frames_are_unpacked_one_by_one(tmp_path: Path, compressor: str) -> None:
    frames = [packed_alone(tmp_path, plane, compressor) for plane in DATA]
    groups = [macros(place, slope=2.0) for place in places(5, AXIAL, ORIGIN, 4.0)]
    path = enhanced(tmp_path / "e.dcm", DATA, groups, packed=[content for content, _ in frames], syntax=frames[0][1])
    assert frames[0][1].startswith("1.2.840.10008.1.2.4")
    assert np.array_equal(sitk.GetArrayFromImage(read_dicom_series([path])), DATA * 2.0)


def test_run_length_encoded_frames_are_unpacked(tmp_path: Path) -> None:
    import pydicom
    from pydicom.uid import RLELossless

    groups = [macros(place) for place in places(5, AXIAL, ORIGIN, 4.0)]
    ds = pydicom.dcmread(enhanced(tmp_path / "e.dcm", DATA, groups))
    ds.compress(RLELossless, generate_instance_uid=False)
    ds.save_as(tmp_path / "e.dcm")
    assert np.array_equal(sitk.GetArrayFromImage(read_dicom_series([tmp_path / "e.dcm"])), DATA)


def test_a_file_packed_by_gzip_is_read(tmp_path: Path) -> None:
    import gzip

    groups = [macros(place) for place in places(5, AXIAL, ORIGIN, 4.0)]
    path = enhanced(tmp_path / "e.dcm", DATA, groups)
    (tmp_path / "e.dcm.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    (candidate,) = find_series(tmp_path)
    assert np.array_equal(sitk.GetArrayFromImage(candidate.read_map()), DATA)


@pytest.mark.parametrize("frames", [4, 6, 0, -1, 10**9])
def test_a_file_that_describes_another_number_of_frames_is_refused(tmp_path: Path, frames: int) -> None:
    groups = [macros(place) for place in places(5, AXIAL, ORIGIN, 4.0)]
    path = enhanced(tmp_path / "e.dcm", DATA, groups, tags={"NumberOfFrames": frames})
    assert "is not an intact DICOM file" in refusal(read_slices, path)


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    groups = [macros(place) for place in places(5, AXIAL, ORIGIN, 4.0)]
    path = enhanced(tmp_path / "e.dcm", DATA, groups)
    path.write_bytes(path.read_bytes()[:-300])
    assert "cut short" in refusal(read_dicom_series, [path])


def test_a_frame_without_place_is_refused_and_named(tmp_path: Path) -> None:
    groups = [macros(place) for place in places(5, AXIAL, ORIGIN, 4.0)]
    del groups[2]["PlanePositionSequence"]
    path = enhanced(tmp_path / "e.dcm", DATA, groups)
    assert "lacks its position" in refusal(read_dicom_series, [path])
