"""Diffusion tags of each vendor's own, repetitions that only numbers tell apart, and the gain of Philips' values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import dicom_slices, refusal, stored

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.assign import read_candidate
from StrokeSegLogic.study.series.load import load_case
from StrokeSegLogic.study.volumes.candidates import Candidate
from StrokeSegLogic.study.volumes.study_files import find_series

pytest.importorskip("pydicom")
DATA = stored((5, 12, 10)).astype(np.uint16)
DIRECTIONS = ((1.0, 0.0, 0.0), (0.6, 0.8, 0.0), (0.0, -0.6, 0.8))
Private = dict[tuple[int, str, int], tuple[str, Any]]


def ge(b: float, direction: Sequence[float]) -> Private:
    made: Private = {(0x43, "GEMS_PARM_01", 0x39): ("IS", [1_000_000_000 + int(b), 8, 0, 0])}
    for offset, part in zip((0xBB, 0xBC, 0xBD), direction, strict=True):
        made[0x19, "GEMS_ACQU_01", offset] = ("DS", part)
    return made


def ge_without_types(b: float, direction: Sequence[float]) -> Private:
    """As archives store it that know no private types."""
    made: Private = {(0x43, "GEMS_PARM_01", 0x39): ("UN", f"{1_000_000_000 + int(b)}\\8\\0\\0".encode())}
    for offset, part in zip((0xBB, 0xBC, 0xBD), direction, strict=True):
        made[0x19, "GEMS_ACQU_01", offset] = ("UN", f"{part:.6f} ".encode())
    return made


def philips(b: float, direction: Sequence[float]) -> Private:
    made: Private = {(0x2001, "Philips Imaging DD 001", 0x03): ("FL", b)}
    for offset, part in zip((0xB0, 0xB1, 0xB2), direction, strict=True):
        made[0x2005, "Philips MR Imaging DD 001", offset] = ("FL", part)
    return made


def siemens(b: float, direction: Sequence[float]) -> Private:
    return {
        (0x19, "SIEMENS MR HEADER", 0x0C): ("IS", int(b)),
        (0x19, "SIEMENS MR HEADER", 0x0D): ("CS", "DIRECTIONAL"),
        (0x19, "SIEMENS MR HEADER", 0x0E): ("FD", list(direction)),
    }


def siemens_without_types(b: float, direction: Sequence[float]) -> Private:
    return {
        (0x19, "SIEMENS MR HEADER", 0x0C): ("UN", f"{int(b)} ".encode()),
        (0x19, "SIEMENS MR HEADER", 0x0D): ("UN", b"DIRECTIONAL "),
        (0x19, "SIEMENS MR HEADER", 0x0E): ("UN", np.asarray(direction, "<f8").tobytes()),
    }


def united_imaging(b: float, direction: Sequence[float]) -> Private:
    return {
        (0x65, "Image Private Header", 0x09): ("FD", b),
        (0x65, "Image Private Header", 0x37): ("FD", list(direction)),
    }


VENDORS = (ge, ge_without_types, philips, siemens, siemens_without_types, united_imaging)


def written(folder: Path, step: int, private: Private, tags: Mapping[str, Any] | None = None) -> np.ndarray:
    """One volume of a series; the values."""
    values = DATA // (step + 1)
    more = {"SeriesDescription": "Ax DWI TENSOR", "ScanningSequence": ["SE", "EP"], **(tags or {})}
    paths = dicom_slices(folder, values, uid="1.2.77", prefix=f"V{step}_", private=private, tags=more)
    _number(paths, step)
    return values


def _number(paths: Sequence[Path], step: int) -> None:
    import pydicom

    for place, path in enumerate(paths):
        ds = pydicom.dcmread(path)
        ds.InstanceNumber = 1 + step * len(paths) + place
        ds.save_as(path)


def arrays(candidates: Sequence[Candidate]) -> list[np.ndarray]:
    return [sitk.GetArrayFromImage(candidate.read_map()) for candidate in candidates]


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.__name__)
def test_directions_come_apart_though_they_share_all_else(tmp_path: Path, vendor) -> None:
    expected = [written(tmp_path, step, vendor(1000.0, direction)) for step, direction in enumerate(DIRECTIONS)]
    found = find_series(tmp_path)
    assert [(c.tags.b_value, c.tags.direction) for c in found] == [(1000.0, "DIRECTIONAL")] * 3
    assert {record.order[1] for c in found for record in c.slices} == set(DIRECTIONS)
    for values in expected:
        assert any(np.array_equal(values, array) for array in arrays(found))


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.__name__)
def test_acquired_directions_of_a_scan_that_is_called_tensor_are_dwi(tmp_path: Path, vendor) -> None:
    for step, direction in enumerate(DIRECTIONS):
        written(tmp_path, step, vendor(1000.0, direction))
    assert Role.DWI in load_case(tmp_path).series


@pytest.mark.parametrize("kind", ["PRIMARY TENSOR", "SECONDARY FA", "PRIMARY OTHER"])
def test_a_tensor_that_was_computed_is_none(tmp_path: Path, kind: str) -> None:
    written(tmp_path, 0, siemens(1000.0, DIRECTIONS[0]), {"ImageType": ["DERIVED", *kind.split()]})
    (candidate,) = find_series(tmp_path)
    assert read_candidate(candidate).role is None


def test_directions_that_cannot_be_read_are_refused_and_nothing_hangs(tmp_path: Path) -> None:
    for step, direction in enumerate(DIRECTIONS):
        written(tmp_path, step, siemens(1000.0, direction))
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-60])
    assert "cannot be read" in refusal(load_case, tmp_path)


@pytest.mark.parametrize("repeats", [2, 3, 5])
def test_repetitions_that_only_their_numbers_tell_apart_are_volumes(tmp_path: Path, repeats: int) -> None:
    expected = [written(tmp_path, step, {}) for step in range(repeats)]
    found = arrays(find_series(tmp_path))
    assert len(found) == repeats
    for values in expected:
        assert sum(np.array_equal(values, array) for array in found) == 1


def test_a_repetition_that_is_not_whole_leaves_all_together(tmp_path: Path) -> None:
    for step in range(2):
        written(tmp_path, step, {})
    sorted(tmp_path.iterdir())[0].unlink()
    assert len(find_series(tmp_path)) == 1


def canon(b: float) -> dict[str, Any]:
    return {"DiffusionBValue": b} if b else {}


def canon_comment(b: float) -> dict[str, Any]:
    return {"ImageComments": f"b={b:g}(0.4,0.2,0.9)"} if b else {}


def canon_isotropic(b: float) -> dict[str, Any]:
    return {"DiffusionBValue": b, "DiffusionDirectionality": "ISOTROPIC"} if b else {}


@pytest.mark.parametrize("vendor", [canon, canon_comment, canon_isotropic], ids=lambda vendor: vendor.__name__)
def test_images_of_a_diffusion_series_that_say_nothing_are_those_without_weighting(tmp_path: Path, vendor) -> None:
    for step, b in enumerate((0.0, 1000.0)):
        written(tmp_path, step, {}, vendor(b))
    assert [c.tags.b_value for c in find_series(tmp_path)] == [0.0, 1000.0]


def test_a_map_of_the_same_series_is_not_taken_for_b_0(tmp_path: Path) -> None:
    written(tmp_path, 0, {}, {"DiffusionBValue": 1000.0})
    written(tmp_path, 1, {}, {"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]})
    assert {c.tags.b_value for c in find_series(tmp_path)} == {1000.0, None}


@pytest.mark.parametrize(("first", "other"), [(0.002, 0.004), (0.01, 0.0025), (1.0, 1.0)])
def test_values_of_philips_have_one_gain_throughout_a_series(tmp_path: Path, first: float, other: float) -> None:
    """Display values are stored * RS + RI; what was measured is that by RS * SS (Chenevert et al. 2014)."""
    slopes, scales, measured = (2.0, 0.5, 1.0), (first, other, first), []
    for step, scale in enumerate(scales):
        private = philips(1000.0, DIRECTIONS[step])
        private[0x2005, "Philips MR Imaging DD 001", 0x0E] = ("FL", scale)
        tags = {"RescaleSlope": slopes[step], "RescaleIntercept": 0.0}
        stored_values = written(tmp_path, step, private, tags)
        measured.append(stored_values * slopes[step] / (slopes[step] * np.float32(scale)))
    found = find_series(tmp_path)
    by_direction = {c.slices[0].order[1]: sitk.GetArrayFromImage(c.read_map()) for c in found}
    ratios = [by_direction[DIRECTIONS[step]][values > 0] / values[values > 0] for step, values in enumerate(measured)]
    # What was measured, times one number for all of the series.
    assert np.allclose(np.concatenate(ratios), ratios[0][0], rtol=1e-4)


@pytest.mark.parametrize("scales", [(0.002, 0.004), (0.01, 0.0025), (1.0, 1.0)])
def test_the_real_world_slope_gives_philips_values_one_gain_where_private_elements_were_taken_out(
    tmp_path: Path, scales: tuple[float, float]
) -> None:
    from pydicom import Dataset

    measured = []
    for step, (slope, scale) in enumerate(zip((2.0, 0.5), scales, strict=True)):
        mapping = Dataset()
        mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 1 / scale, 0.0
        tags = {"RescaleSlope": slope, "RescaleIntercept": 0.0, "RealWorldValueMappingSequence": [mapping]}
        direction = {"DiffusionBValue": 1000.0, "DiffusionGradientOrientation": list(DIRECTIONS[step])}
        measured.append(written(tmp_path, step, {}, {**tags, **direction}) / np.float32(scale))
    found = find_series(tmp_path)
    by_direction = {c.slices[0].order[1]: sitk.GetArrayFromImage(c.read_map()) for c in found}
    ratios = [by_direction[DIRECTIONS[step]][values > 0] / values[values > 0] for step, values in enumerate(measured)]
    assert np.allclose(np.concatenate(ratios), ratios[0][0], rtol=1e-4)


@pytest.mark.parametrize("comment", ["b={b:g}({x:.3f},{y:.3f},{z:.3f})", "b = {b:g} ({x:.2f}, {y:.2f}, {z:.2f})"])
def test_directions_that_stand_in_canons_comments_come_apart(tmp_path: Path, comment: str) -> None:
    expected = []
    for step, (x, y, z) in enumerate(((0.0, 0.0, 0.0), *DIRECTIONS)):
        said = comment.format(b=1000 if step else 0, x=x, y=y, z=z)
        expected.append(written(tmp_path, step, {}, {"ImageComments": said}))
    found = find_series(tmp_path)
    assert sorted((c.tags.b_value, c.tags.direction) for c in found) == [(0.0, ""), *[(1000.0, "DIRECTIONAL")] * 3]
    for values in expected:
        assert any(np.array_equal(values, array) for array in arrays(found))


def test_a_tilted_gantry_is_named_and_stops_nothing_else(tmp_path: Path) -> None:
    tilt = np.radians(15)
    axes = (1, 0, 0, 0, np.cos(tilt), -np.sin(tilt))
    tags = {"Modality": "CT", "SeriesDescription": "HEAD W/O", "GantryDetectorTilt": 15.0}
    dicom_slices(tmp_path / "ct", DATA, axes=axes, step=(0, 0, 5.0), tags=tags)
    for name in ("CBF", "Tmax"):
        dicom_slices(tmp_path / name, DATA, tags={"Modality": "CT", "SeriesDescription": name})
    case = load_case(tmp_path)
    assert case.roles == (Role.CBF, Role.TMAX)
    (note,) = case.notes
    assert "was left aside as CT" in note and "15.0 degrees" in note and "tilted gantry" in note
