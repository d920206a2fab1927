from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.worker.nrrd import NrrdVolume, read_nrrd, write_nrrd


def turned(angle: float) -> tuple[float, ...]:
    c, s = np.cos(angle), np.sin(angle)
    return (c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0)


@given(
    shape=st.tuples(*[st.integers(1, 5)] * 3),
    angle=st.floats(-3, 3),
    spacing=st.tuples(*[st.floats(0.1, 9)] * 3),
    origin=st.tuples(*[st.floats(-300, 300)] * 3),
    kind=st.sampled_from(["i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"]),
)
def test_itk_reads_voxels_and_place_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, shape: tuple, angle: float, spacing: tuple, origin: tuple, kind: str
) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    path = tmp_path_factory.mktemp("nrrd") / "volume.nrrd"
    write_nrrd(path, NrrdVolume(array, spacing, origin, turned(angle)))
    image = sitk.ReadImage(str(path))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), array)
    np.testing.assert_allclose(image.GetSpacing(), spacing)
    np.testing.assert_allclose(image.GetOrigin(), origin)
    np.testing.assert_allclose(image.GetDirection(), turned(angle), atol=1e-12)


@given(frames=st.integers(0, 3), angle=st.floats(-3, 3), big=st.booleans())
def test_what_was_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, frames: int, angle: float, big: bool
) -> None:
    shape = (frames, 4, 3, 2) if frames else (4, 3, 2)
    array = np.random.default_rng(frames).normal(0, 100, shape).astype(">f4" if big else "<f4")
    path = tmp_path_factory.mktemp("nrrd") / "größe 脳.nrrd"
    write_nrrd(path, NrrdVolume(array, (1.0, 2.0, 3.5), (-1.0, 1e-7, 250.25), turned(angle)))
    again = read_nrrd(path)
    np.testing.assert_array_equal(again.array, array)
    # To the last bit: an answer moves with its place.
    assert (again.spacing, again.origin, again.direction) == ((1.0, 2.0, 3.5), (-1.0, 1e-7, 250.25), turned(angle))


@pytest.mark.parametrize(
    ("kind", "stored"), [("bool", "u1"), ("f2", "f4"), ("i8", "i4"), ("u8", "i4")], ids=lambda text: text
)
def test_types_that_slicer_does_not_know_become_ones_that_hold_them(tmp_path: Path, kind: str, stored: str) -> None:
    write_nrrd(tmp_path / "a.nrrd", NrrdVolume(np.ones((2, 2, 2), kind), (1, 1, 1), (0, 0, 0), turned(0)))
    assert read_nrrd(tmp_path / "a.nrrd").array.dtype == np.dtype(stored)


def test_complex_voxels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no real number"):
        write_nrrd(tmp_path / "a.nrrd", NrrdVolume(np.ones((2, 2, 2), complex), (1, 1, 1), (0, 0, 0), turned(0)))


@pytest.mark.parametrize("damage", ["missing", "cut", "longer", "no header", "compressed", "wrong type"])
def test_a_damaged_file_is_refused_with_its_name(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "DWI.nrrd"
    write_nrrd(path, NrrdVolume(np.ones((2, 2, 2), np.uint8), (1, 1, 1), (0, 0, 0), turned(0)))
    content = path.read_bytes()
    changed = {
        "missing": None,
        "cut": content[:-1],
        "longer": content + b"1",
        "no header": b"II*\0" * 9,
        "compressed": content.replace(b"encoding: raw", b"encoding: gzip"),
        "wrong type": content.replace(b"type: uint8", b"type: block"),
    }[damage]
    path.unlink()
    if changed is not None:
        path.write_bytes(changed)
    with pytest.raises(InputError, match=r"DWI\.nrrd"):
        read_nrrd(path)
