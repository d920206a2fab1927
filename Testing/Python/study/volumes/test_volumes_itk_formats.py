"""NRRD and MetaImage, what any reader refuses, and hashes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import nifti, refusal, voxels

from StrokeSegLogic.base.files import sha256_of
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.volumes.reader import read_volume


def image(components: int = 1) -> sitk.Image:
    volume = sitk.GetImageFromArray(voxels().T)
    volume.SetSpacing((1.796875, 2, 4.8))
    volume.SetOrigin((-5, 6, 7.25))
    volume.SetDirection((0, -1, 0, 1, 0, 0, 0, 0, 1))
    return volume if components == 1 else sitk.Compose(*[volume] * components)


@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr", "a.mha", "a.mhd", "Übung 中.nrrd", "ß.mha"])
def test_a_written_volume_is_read_with_its_exact_geometry(tmp_path, name):
    sitk.WriteImage(image(), str(tmp_path / name))
    back = read_volume(tmp_path / name)
    assert Grid.of(back) == Grid.of(image())
    assert back.GetPixelID() == sitk.sitkFloat32
    assert np.array_equal(sitk.GetArrayFromImage(back), voxels().T)


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_a_trailing_dimension_of_one_is_dropped_and_a_longer_refused(tmp_path, suffix):
    sitk.WriteImage(sitk.JoinSeries(image()), str(tmp_path / f"one{suffix}"))
    sitk.WriteImage(sitk.JoinSeries(image(), image()), str(tmp_path / f"two{suffix}"))
    assert Grid.of(read_volume(tmp_path / f"one{suffix}")).same(Grid.of(image()))
    assert "4 dimensions" in refusal(read_volume, tmp_path / f"two{suffix}")


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_colours_are_refused(tmp_path, suffix):
    sitk.WriteImage(image(3), str(tmp_path / f"a{suffix}"))
    assert "3 values a voxel" in refusal(read_volume, tmp_path / f"a{suffix}")


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_a_file_cut_short_is_refused(tmp_path, suffix, compressed):
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(image(), str(path), compressed)
    path.write_bytes(path.read_bytes()[:-300])
    assert "is not an intact" in refusal(read_volume, path)


@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr", "a.mha", "a.mhd"])
def test_a_text_under_the_name_of_an_image_is_refused(tmp_path, name):
    (tmp_path / name).write_text("hello\n")
    assert "is not an intact" in refusal(read_volume, tmp_path / name)


@pytest.mark.parametrize(("header", "data"), [("a.mhd", "a.raw"), ("a.nhdr", "a.raw")])
def test_a_header_without_its_data_file_names_the_missing_file(tmp_path, header, data):
    sitk.WriteImage(image(), str(tmp_path / header), False)
    (tmp_path / data).unlink()
    assert f"its data file {data} is missing" in refusal(read_volume, tmp_path / header)


def meta(path: Path, spacing: str, matrix: str = "1 0 0 0 1 0 0 0 1") -> Path:
    header = (
        f"ObjectType = Image\nNDims = 3\nBinaryData = True\nTransformMatrix = {matrix}\nOffset = 0 0 0\n"
        f"ElementSpacing = {spacing}\nDimSize = 10 12 6\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n"
    )
    path.write_bytes(header.encode() + voxels().tobytes())
    return path


@pytest.mark.parametrize(
    ("spacing", "matrix", "word"),
    [
        ("1 -1 1", "1 0 0 0 1 0 0 0 1", "spacing is 1 x -1 x 1"),
        ("0 1 1", "1 0 0 0 1 0 0 0 1", "spacing is 0 x 1 x 1"),
        ("nan 1 1", "1 0 0 0 1 0 0 0 1", "spacing is nan"),
        ("one 1 1", "1 0 0 0 1 0 0 0 1", "spacing is zero or undefined"),
        ("1 1 1", "1 0 0 0.3 1 0 0 0 1", "sheared"),
        ("1 1 1", "0 0 0 0 1 0 0 0 1", "singular"),
    ],
)
def test_a_metaimage_of_impossible_geometry_is_refused(tmp_path, spacing, matrix, word):
    read_volume(meta(tmp_path / "good.mha", "1 1 1"))
    assert word in refusal(read_volume, meta(tmp_path / "bad.mha", spacing, matrix))


@pytest.mark.parametrize(
    ("directions", "word"), [("(0.3,1,0)", "sheared"), ("(0,0,0)", "spacing"), ("(0,nan,0)", "spac")]
)
def test_an_nrrd_of_impossible_geometry_is_refused(tmp_path, directions, word):
    header = (
        "NRRD0004\ntype: float\ndimension: 3\nspace: left-posterior-superior\nsizes: 10 12 6\n"
        f"space directions: (1,0,0) {directions} (0,0,1)\nkinds: domain domain domain\nendian: little\n"
        "encoding: raw\nspace origin: (0,0,0)\n\n"
    )
    (tmp_path / "a.nrrd").write_bytes(header.encode() + voxels().tobytes())
    assert word in refusal(read_volume, tmp_path / "a.nrrd")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        *(("missing.nii.gz", "does not exist"), ("a.docx", "kind that cannot be read")),
        *(("a.dcm", "folder of a DICOM"), ("empty.nii", "is empty"), ("folder.nii.gz", "is a folder")),
    ],
)
def test_what_is_no_volume_file_is_refused(tmp_path, name, word):
    (tmp_path / "a.docx").write_text("x")
    (tmp_path / "a.dcm").write_text("x")
    (tmp_path / "empty.nii").touch()
    (tmp_path / "folder.nii.gz").mkdir()
    assert word in refusal(read_volume, tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    path = nifti(tmp_path / "a.nii.gz")
    path.chmod(0)
    assert "may not be read" in refusal(read_volume, path)


def test_the_hash_is_of_the_bytes_in_order(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"one")
    b.write_bytes(b"two" * 1_000_000)
    assert sha256_of(a) == hashlib.sha256(b"one").hexdigest()
    assert sha256_of([a, str(b)]) == hashlib.sha256(b"one" + b"two" * 1_000_000).hexdigest()
    assert sha256_of([a, b]) != sha256_of([b, a])
    assert "does not exist" in refusal(sha256_of, tmp_path / "c")
