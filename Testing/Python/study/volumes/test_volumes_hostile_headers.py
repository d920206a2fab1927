"""Headers that claim what cannot be: one clear line, before anything is allocated."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hostile_files import SHORTS, meta_bytes, nifti_bytes, nrrd_bytes, written, zeros_packed
from io_fixtures import refusal

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.study.volumes.reader import frames_of, is_colour, read_colours, read_time_series, read_volume
from StrokeSegLogic.study.volumes.study_files import find_series

SERIES = SHORTS.reshape(6, 2, 6, 10)
MOST_BYTES = 64 << 20


@pytest.fixture(autouse=True)
def nothing_large_is_allocated() -> Iterator[None]:
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES


def readers() -> list[Callable[[Path], object]]:
    return [read_volume, read_time_series, read_colours, lambda path: find_series(path.parent)]


def refused(path: Path, word: str) -> None:
    """Every way to read the file ends in one line, the first with this word."""
    messages = []
    for read in readers():
        try:
            read(path)
        except Exception:
            messages.append(refusal(read, path))
    assert word in messages[0]
    assert all(len(message) < 500 + len(str(path)) and "\0" not in message for message in messages)


NIFTI = {
    "20,000 cubed": ({42: ("<3h", (20000, 20000, 20000))}, False, "more than an image of a head"),
    "1,500 cubed": ({42: ("<3h", (1500, 1500, 1500))}, False, "more than an image of a head"),
    "10^11 frames": ({16: ("<5q", (4, 10, 8, 4, 99999999999))}, True, "more than an image of a head"),
    "2^62 voxels": ({16: ("<2q", (3, 2**62))}, True, "more than an image of a head"),
    "a negative side": ({44: ("<h", -8)}, False, "there are none in it"),
    "no side": ({46: ("<h", 0)}, False, "there are none in it"),
    "more voxels than bytes": ({46: ("<h", 100)}, False, "is not an intact NIfTI"),
    "a first voxel far behind": ({108: ("<f", 2e9)}, False, "is not an intact NIfTI"),
    "a first voxel before the file": ({108: ("<f", -352.0)}, False, "is not an intact NIfTI"),
    "a first voxel at NaN": ({108: ("<f", float("nan"))}, False, "is not an intact NIfTI"),
    "a first voxel at 2^63": ({168: ("<q", 2**63 - 1)}, True, "is not an intact NIfTI"),
    "a spacing of 0": ({80: ("<f", 0.0)}, False, "spacing is 0"),
    "a spacing of NaN": ({84: ("<f", float("nan"))}, False, "spacing is 2 x nan"),
    "a spacing of infinity": ({88: ("<f", float("inf"))}, False, "spacing is 2 x 2 x inf"),
    "an affine of 1e308": ({400: ("<d", 1e308)}, True, "affine holds NaN or infinite"),
    "an affine of NaN": ({280: ("<f", float("nan"))}, False, "affine holds NaN"),
    "a type that is none": ({70: ("<h", 777)}, False, "is not an intact NIfTI"),
    "a unit that is none": ({123: ("B", 7)}, False, "length unit is unknown"),
    "a slope of NaN with an intercept of infinity": ({112: ("<2f", (2.0, float("inf")))}, False, "is not an intact"),
}


@pytest.mark.parametrize("name", ["DWI.nii", "DWI.nii.gz"])
@pytest.mark.parametrize("claim", NIFTI)
def test_what_a_nifti_header_claims_is_held_against_the_file(tmp_path, claim, name):
    fields, two, word = NIFTI[claim]
    refused(written(tmp_path / name, nifti_bytes(fields, two)), word)


NRRD = {
    "a line of 1,000 characters": ({"more": "x" * 1000 + "\n"}, "not an intact NRRD"),
    "an unknown field of 100,000 characters": ({"more": "x" * 50_000 + " y" * 25_000 + "\n"}, "not an intact NRRD"),
    "10^11 frames": (
        {
            **{"dimension": "4", "sizes": "10 8 4 99999999999", "kinds": "domain domain domain list"},
            "space_directions": "(2,0,0) (0,2,0) (0,0,5) none",
        },
        "more than an image of a head",
    ),
    "1,500 cubed": ({"sizes": "1500 1500 1500"}, "more than an image of a head"),
    "a size of 5,000 digits": ({"sizes": f"10 12 {'9' * 5000}"}, "not an intact NRRD"),
    "no voxels": ({"sizes": "10 0 6"}, "there are none in it"),
    "a negative size": ({"sizes": "10 -12 6"}, "there are none in it"),
    "no axes": ({"dimension": "0"}, "not an intact NRRD"),
    "minus one axis": ({"dimension": "-1"}, "not an intact NRRD"),
    "a hundred axes": ({"dimension": "100", "sizes": "1 " * 100}, "not an intact NRRD"),
    "a space of 10^15 dimensions": ({"space": "", "space_dimension": "9" * 15}, "not an intact NRRD"),
    "an unknown space": ({"space": "right-up-out"}, "not an intact NRRD"),
    "a type of blocks": ({"type": "block"}, "not an intact NRRD"),
    "an unknown encoding": ({"encoding": "zrl"}, "not an intact NRRD"),
    "no byte order": ({"endian": ""}, "not an intact NRRD"),
    "two axes of values": ({"kinds": "list domain vector"}, "not an intact NRRD"),
    "no end of the header": ({"data": b""}, "not an intact NRRD"),
    "fewer bytes than voxels": ({"sizes": "10 12 7"}, "not an intact NRRD"),
    "a step of infinity": ({"space_directions": "(inf,0,0) (0,2,0) (0,0,5)"}, "spacing"),
    "a step of 1e308": ({"space_directions": "(1e308,1e308,0) (0,2,0) (0,0,5)"}, "spacing"),
    "an axis without a step": ({"space_directions": "none (0,2,0) (0,0,5)"}, "spacing"),
    "an origin of NaN": ({"space_origin": "(0,nan,0)"}, "position of the volume is undefined"),
    "bytes to skip behind the file": ({"byte_skip": "99999999999"}, "not an intact NRRD"),
    "lines to skip without end": ({"line_skip": "99999999999"}, "not an intact NRRD"),
    "two sizes": ({"more": "sizes: 1 1 1\n"}, "not an intact NRRD"),
    "another folder's data": ({"data_file": "../../secret.raw"}, "does not lie in its folder"),
    "a device's data": ({"data_file": "/dev/zero"}, "does not lie in its folder"),
    "a data file with NUL": ({"data_file": "a\0b.raw"}, "does not lie in its folder"),
    "a data file of 1,000 letters": ({"data_file": "x" * 1000}, "does not lie in its folder"),
    "data in many files": ({"data_file": "LIST"}, "spread over several files"),
    "data in numbered files": ({"data_file": "%03d.raw 1 6 1"}, "spread over several files"),
}


@pytest.mark.parametrize("suffix", [".nrrd", ".nhdr"])
@pytest.mark.parametrize("claim", NRRD)
def test_what_a_nrrd_header_claims_is_held_against_the_file(tmp_path, claim, suffix):
    fields, word = NRRD[claim]
    content = nrrd_bytes(**fields)
    if claim == "no end of the header":
        content = content.rstrip(b"\n") + b"\n"
    refused(written(tmp_path / f"DWI{suffix}", content), word)


META = {
    **{f"{count} axes": ({"NDims": str(count)}, "not an intact MetaImage") for count in (-1, 0, 5, 100, 1000)},
    "axes of 5,000 digits": ({"NDims": "9" * 5000}, "not an intact MetaImage"),
    "1,500 cubed": ({"DimSize": "1500 1500 1500"}, "more than an image of a head"),
    "10^11 values a voxel": ({"ElementNumberOfChannels": "99999999999"}, "more than an image of a head"),
    "no value a voxel": ({"ElementNumberOfChannels": "0"}, "there are none in it"),
    "no voxels": ({"DimSize": "10 0 6"}, "there are none in it"),
    "a negative size": ({"DimSize": "10 -12 6"}, "there are none in it"),
    "two sizes": ({"DimSize": "10 12"}, "not an intact MetaImage"),
    "a matrix of two numbers": ({"TransformMatrix": "1 0"}, "not an intact MetaImage"),
    "a matrix of NaN": ({"TransformMatrix": "nan 0 0 0 1 0 0 0 1"}, "affine holds NaN"),
    "an offset of infinity": ({"Offset": "inf 0 0"}, "position of the volume is undefined"),
    "a spacing of 1e30": ({"ElementSpacing": "1e200 2 5"}, "affine holds NaN or infinite"),
    "an array of strings": ({"ElementType": "MET_STRING"}, "not an intact MetaImage"),
    "a header of -7 bytes": ({"HeaderSize": "-7"}, "not an intact MetaImage"),
    "a header behind the file": ({"HeaderSize": "99999999999"}, "not an intact MetaImage"),
    "fewer bytes than voxels": ({"DimSize": "10 12 7"}, "not an intact MetaImage"),
    "raw bytes said to be packed": ({"CompressedData": "True"}, "not an intact MetaImage"),
    "bytes said to be text": ({"BinaryData": "False"}, "not an intact MetaImage"),
    "a line of 100,000 characters": ({"more": "x" * 100_000 + "\n"}, "not an intact MetaImage"),
    "a device's data": ({"ElementDataFile": "/dev/zero"}, "does not lie in its folder"),
    "a drive's data": ({"ElementDataFile": "C:\\a.raw"}, "does not lie in its folder"),
    "another folder's data": ({"ElementDataFile": "..\\a.raw"}, "does not lie in its folder"),
    "data in many files": ({"ElementDataFile": "LIST"}, "spread over several files"),
}


@pytest.mark.parametrize("suffix", [".mha", ".mhd"])
@pytest.mark.parametrize("claim", META)
def test_what_a_metaimage_header_claims_is_held_against_the_file(tmp_path, claim, suffix):
    fields, word = META[claim]
    refused(written(tmp_path / f"DWI{suffix}", meta_bytes(**fields)), word)


@pytest.mark.parametrize("name", ["DWI.nii", "DWI.nii.gz", "DWI.nrrd", "DWI.nhdr", "DWI.mha", "DWI.mhd"])
def test_the_same_files_without_a_lie_are_read(tmp_path, name):
    contents = {".nii": nifti_bytes(), ".gz": nifti_bytes(two=True), ".nrrd": nrrd_bytes(), ".mha": meta_bytes()}
    contents |= {".nhdr": nrrd_bytes(data_file="a.raw"), ".mhd": meta_bytes(ElementDataFile="a.raw")}
    (tmp_path / "a.raw").write_bytes(SHORTS.tobytes())
    path = written(tmp_path / name, contents[Path(name).suffix])
    assert np.array_equal(sitk.GetArrayFromImage(read_volume(path)), SHORTS)
    assert frames_of(path) == 1 and not is_colour(path)


@pytest.mark.parametrize("more", [f"key:={'v' * 5000}\n", f"# {'c' * 5000}\n", f"content: {'c' * 5000}\n"])
def test_long_lines_that_nrrd_allows_are_read(tmp_path, more):
    path = written(tmp_path / "DWI.nrrd", nrrd_bytes(more))
    assert np.array_equal(sitk.GetArrayFromImage(read_volume(path)), SHORTS)


def trailing(name: str, millions: int) -> bytes:
    zeros = bytes(millions << 20)
    if name.endswith(".gz"):
        return zeros_packed(nifti_bytes(), millions)
    return {".nii": nifti_bytes(), ".nrrd": nrrd_bytes(), ".mha": meta_bytes()}[Path(name).suffix] + zeros


@pytest.mark.parametrize("name", ["DWI.nii.gz", "DWI.nii", "DWI.nrrd", "DWI.mha"])
def test_zeros_behind_the_last_voxel_are_not_read(tmp_path, name):
    path = written(tmp_path / name, trailing(name, 24))
    assert "behind its last voxel" in refusal(read_volume, path)
    little = written(path, trailing(name, 0) if name.endswith(".gz") else trailing(name, 0) + bytes(1000))
    assert np.array_equal(sitk.GetArrayFromImage(read_volume(little)), SHORTS)


@pytest.mark.parametrize("name", ["DWI.nii.gz", "DWI.nrrd", "DWI.mha"])
def test_an_archive_cannot_hold_more_than_deflate_packs(tmp_path, name):
    contents = {
        ".gz": nifti_bytes({42: ("<3h", (600, 600, 600))}),
        ".nrrd": nrrd_bytes(sizes="600 600 600", encoding="gzip", data=zeros_packed(b"", 1)),
        ".mha": meta_bytes(DimSize="600 600 600", CompressedData="True", data=zeros_packed(b"", 1)),
    }
    path = written(tmp_path / name, contents[Path(name).suffix])
    assert "is not an intact" in refusal(read_volume, path)


def test_a_header_that_names_itself_as_its_data_is_refused(tmp_path):
    header = tmp_path / "DWI.mhd"
    lines = (
        "NDims = 3",
        "DimSize = 2 2 2",
        "ElementType = MET_UCHAR",
        "ElementSpacing = 1 1 1",
        "ElementDataFile = DWI.mhd",
    )
    header.write_text("\n".join(lines) + "\n", encoding="ascii")
    assert "names itself as its data file" in refusal(read_volume, header)


def test_what_nibabel_mends_does_not_come_between_the_lines_of_the_user(tmp_path, capfd):
    path = tmp_path / "DWI.nii"
    nib.save(nib.Nifti1Image(np.ones((10, 12, 6), np.float32), np.eye(4)), path)
    content = bytearray(path.read_bytes())
    content[108:112] = struct.pack("<f", -352.0)
    path.write_bytes(content)
    with suppress(InputError):
        read_volume(path)
    assert capfd.readouterr().err == ""
