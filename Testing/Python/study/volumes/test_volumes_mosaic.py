"""Siemens' mosaics and United Imaging's grids: each tile is a slice, at the place that the header says in its way."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from io_fixtures import dicom_slices, refusal, stored
from multi_frame_files import AXIAL, OBLIQUE, SAGITTAL, csa, tiled

from StrokeSegLogic.study.volumes.dicom import read_dicom_series
from StrokeSegLogic.study.volumes.dicom_csa import csa_numbers
from StrokeSegLogic.study.volumes.study_files import find_series

pytest.importorskip("pydicom")
with warnings.catch_warnings():
    # nibabel says of itself that it is experimental.
    warnings.simplefilter("ignore")
    from nibabel.nicom.csareader import read as read_csa
CORNER = np.array([-40.0, 15.0, 22.0])
ROW_MM, COLUMN_MM, STEP_MM = 2.0, 1.5, 3.3


def mosaic(folder: Path, planes: np.ndarray, axes: tuple[float, ...], sign: float, how: str) -> Path:
    """A file whose first slice's first voxel lies at CORNER and whose next slices lie along or against the normal."""
    side = int(np.ceil(np.sqrt(len(planes))))
    picture = tiled(planes, side, side)
    # A picture of the whole size about the middle of the slice begins so far up and to the left of it.
    height, width = planes.shape[1:]
    x, y = np.asarray(axes[:3]), np.asarray(axes[3:])
    origin = CORNER - x * COLUMN_MM * (side - 1) * width / 2 - y * ROW_MM * (side - 1) * height / 2
    normal = np.cross(x, y) * sign
    values = {"SliceNormalVector": [f"{part:.8f}" for part in normal]}
    private: dict[tuple[int, str, int], tuple[str, Any]] = {}
    if how == "CSA alone":
        values["NumberOfImagesInMosaic"] = [str(len(planes)), "", "", "", "", ""]
    else:
        private[0x19, "SIEMENS MR HEADER", 0x0A] = ("US", len(planes))
    private[0x29, "SIEMENS CSA HEADER", 0x10] = ("OB", csa(values, marked=how != "CSA of old"))
    (path,) = dicom_slices(
        folder,
        picture[None],
        origin=origin,
        axes=axes,
        spacing=(COLUMN_MM, ROW_MM, 3.0),
        private=private,
        tags={"ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"], "SpacingBetweenSlices": STEP_MM},
    )
    return path


@pytest.mark.parametrize("how", ["CSA alone", "count of its own", "CSA of old"])
@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["along", "against"])
@pytest.mark.parametrize("axes", [AXIAL, SAGITTAL, OBLIQUE], ids=["axial", "sagittal", "oblique"])
def test_every_tile_lies_where_the_header_says(tmp_path: Path, axes: tuple[float, ...], sign: float, how: str) -> None:
    planes = stored((7, 6, 4)).astype(np.uint16)
    image = read_dicom_series([mosaic(tmp_path, planes, axes, sign, how)])
    assert image.GetSize() == (4, 6, 7)
    assert image.GetSpacing() == pytest.approx((COLUMN_MM, ROW_MM, STEP_MM))
    normal = np.cross(axes[:3], axes[3:]) * sign
    for number, row, column in ((0, 0, 0), (3, 5, 1), (6, 2, 3)):
        world = CORNER + normal * STEP_MM * number
        world = world + np.asarray(axes[:3]) * COLUMN_MM * column + np.asarray(axes[3:]) * ROW_MM * row
        index = image.TransformPhysicalPointToContinuousIndex(world.tolist())
        assert np.allclose(index, np.round(index), atol=1e-4)
        assert image[tuple(round(part) for part in index)] == planes[number, row, column]


@pytest.mark.parametrize("count", [1, 4, 5, 9, 12])
def test_a_mosaic_has_as_many_slices_as_it_says(tmp_path: Path, count: int) -> None:
    planes = stored((count, 6, 4)).astype(np.uint16)
    found = sitk.GetArrayFromImage(read_dicom_series([mosaic(tmp_path, planes, AXIAL, 1.0, "count of its own")]))
    assert np.array_equal(found, planes)


@pytest.mark.parametrize("count", [3, 6, 10])
def test_a_grid_of_united_imaging_has_a_place_for_each_tile(tmp_path: Path, count: int) -> None:
    from pydicom import Dataset

    planes = stored((count, 6, 4)).astype(np.uint16)
    columns = int(np.ceil(np.sqrt(count)))
    rows = int(np.ceil(count / columns))
    items = []
    for number in range(count):
        item = Dataset()
        item.ImagePositionPatient = [*map(float, CORNER[:2]), float(CORNER[2] + STEP_MM * number)]
        item.AcquisitionDateTime = f"2026010112000{number % 10}.5"
        items.append(item)
    private = {
        (0x65, "Image Private Header", 0x50): ("DS", str(count)),
        (0x65, "Image Private Header", 0x51): ("SQ", items),
        (0x65, "Image Private Header", 0x09): ("FD", 1000.0),
    }
    dicom_slices(
        tmp_path,
        tiled(planes, rows, columns)[None],
        private=private,
        tags={"ImageType": ["ORIGINAL", "PRIMARY", "DIFFUSION", "VFRAME"]},
    )
    (candidate,) = find_series(tmp_path)
    image = candidate.read_map()
    assert np.array_equal(sitk.GetArrayFromImage(image), planes)
    assert image.GetOrigin() == pytest.approx(tuple(CORNER))
    assert candidate.tags is not None and candidate.tags.b_value == 1000
    assert candidate.slices[0].clock.acquisition == pytest.approx(candidate.slices[-1].clock.acquisition, abs=10)


def test_a_mosaic_that_says_not_where_its_slices_lie_is_refused(tmp_path: Path) -> None:
    planes = stored((4, 6, 4)).astype(np.uint16)
    tags = {"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]}
    bare = dicom_slices(tmp_path / "bare", tiled(planes, 2, 2)[None], tags=tags)
    assert "does not say where each of them lies" in refusal(read_dicom_series, bare)
    known = {(0x19, "SIEMENS MR HEADER", 0x0A): ("US", 5)}
    odd = dicom_slices(tmp_path / "odd", tiled(planes, 2, 2)[None], tags=tags, private=known)
    assert "does not say where each of them lies" in refusal(read_dicom_series, odd)


WORDS = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda value: f"{value:.6f}"), min_size=1, max_size=6)


@given(st.dictionaries(st.from_regex(r"[A-Za-z_]{1,30}", fullmatch=True), WORDS, min_size=1, max_size=5))
def test_a_csa_header_is_read_as_nibabel_reads_it(values: dict[str, list[str]]) -> None:
    content = csa(values)
    theirs = read_csa(content)["tags"]
    assert csa_numbers(content, values) == {name: tuple(map(float, tag["items"])) for name, tag in theirs.items()}


@given(st.data())
def test_no_damage_of_a_csa_header_raises_or_hangs(data: st.DataObject) -> None:
    content = bytearray(csa({"SliceNormalVector": ["0", "0", "1"], "NumberOfImagesInMosaic": ["9"]}))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 4))
        content[place : place + 4] = data.draw(st.binary(min_size=4, max_size=4))
    cut = data.draw(st.integers(0, len(content)))
    found = csa_numbers(bytes(content[:cut]), ("SliceNormalVector", "NumberOfImagesInMosaic"))
    assert set(found) <= {"SliceNormalVector", "NumberOfImagesInMosaic"}
