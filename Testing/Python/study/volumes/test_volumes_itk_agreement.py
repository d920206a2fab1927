"""NRRD and MetaImage are read to the very numbers that ITK reads from the same file."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.volumes.itk_formats import grid_of, read_header
from StrokeSegLogic.study.volumes.reader import read_volume

SIZE = (5, 4, 3)
NUMBERS = np.random.default_rng(0).integers(0, 100, SIZE[::-1])
NRRD_TYPES = {
    **{"signed char": "i1", "uchar": "u1", "short": "i2", "unsigned short": "u2", "int": "i4", "uint32": "u4"},
    **{"long long int": "i8", "uint64_t": "u8", "float": "f4", "double": "f8"},
}
META_TYPES = {
    **{"MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4"},
    **{"MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8"},
    **{"MET_FLOAT": "f4", "MET_DOUBLE": "f8"},
}
TURNED = [(0.8, 0.1, -0.05), (-0.097, 1.2, 0.33), (0.2, -1.3, 4.9)]


def as_itk_has_it(path: Path) -> sitk.Image:
    return sitk.ReadImage(str(path), sitk.sitkFloat32)


def same(path: Path) -> bool:
    """Whether voxels are alike, and the header's geometry is to the last bit."""
    ours, itk = read_volume(path), as_itk_has_it(path)
    header = read_header(path)
    own = Grid(header.size, header.spacing, header.origin, tuple(float(cosine) for cosine in header.direction.ravel()))
    return np.array_equal(sitk.GetArrayFromImage(ours), sitk.GetArrayFromImage(itk)) and own == Grid.of(itk)


def nrrd(path: Path, place: str, data: bytes, kind: str = "short", encoding: str = "raw", more: str = "") -> Path:
    header = (
        f"NRRD0004\n# a comment\ntype: {kind}\ndimension: 3\nsizes: 5 4 3\nencoding: {encoding}\nendian: little\n"
        f"{place}\n{more}\n"
    )
    path.write_bytes(header.encode() + data)
    return path


def meta(path: Path, fields: str, data: bytes, kind: str = "MET_SHORT") -> Path:
    header = (
        f"ObjectType = Image\nNDims = 3\n{fields}\nDimSize = 5 4 3\nElementType = {kind}\nElementDataFile = LOCAL\n"
    )
    path.write_bytes(header.encode() + data)
    return path


PLAIN = "space: left-posterior-superior\nspace directions: (1,0,0) (0,2,0) (0,0,3)\nspace origin: (1,2,3)"


@pytest.mark.parametrize(("name", "kind"), NRRD_TYPES.items())
def test_every_type_of_nrrd(tmp_path, name, kind):
    assert same(nrrd(tmp_path / "a.nrrd", PLAIN, NUMBERS.astype(f"<{kind}").tobytes(), name))


@pytest.mark.parametrize(("name", "kind"), META_TYPES.items())
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_type_of_metaimage_in_both_byte_orders(tmp_path, name, kind, order):
    fields = f"BinaryData = True\nBinaryDataByteOrderMSB = {order == '>'}\nElementSpacing = 1 2 3"
    assert same(meta(tmp_path / "a.mha", fields, NUMBERS.astype(f"{order}{kind}").tobytes(), name))


SHORTS = NUMBERS.astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("encoding", "data", "more"),
    [
        ("raw", SHORTS, ""),
        ("gzip", gzip.compress(SHORTS), ""),
        ("gz", gzip.compress(b"1234" + SHORTS), "byte skip: 4\n"),
        ("raw", b"left over" + SHORTS, "byte skip: -1\n"),
        ("raw", b"a line\nanother\n" + SHORTS, "line skip: 2\n"),
        ("hex", SHORTS.hex().encode(), ""),
        ("ascii", " ".join(map(str, NUMBERS.ravel())).encode(), ""),
    ],
)
def test_every_encoding_of_nrrd(tmp_path, encoding, data, more):
    assert same(nrrd(tmp_path / "a.nrrd", PLAIN, data, "short", encoding, more))


@pytest.mark.parametrize("size", [True, False])
def test_a_packed_metaimage(tmp_path, size):
    packed = zlib.compress(SHORTS)
    fields = "BinaryData = True\nCompressedData = True" + f"\nCompressedDataSize = {len(packed)}" * size
    path = meta(tmp_path / "a.mha", fields, packed)
    # Without the size ITK hands out whatever is in its memory.
    assert same(path) if size else np.array_equal(sitk.GetArrayFromImage(read_volume(path)), NUMBERS)


@pytest.mark.parametrize(
    "place",
    [
        *(f"space: {space}\n{PLAIN.partition(chr(10))[2]}" for space in ("RAS", "LAS", "LPS", "scanner-xyz")),
        "space: right-anterior-superior\nspace directions: (1,0,0) (0,2,0) (0,0,3)",
        "space dimension: 3\nspace directions: (0,2,0) (1,0,0) (0,0,3)\nspace origin: (1,2,3)",
        *("spacings: 1 2 3", "spacings: 1 2 NaN", 'labels: "a" "" "c"'),
        "spacings: 1 2 3\naxis mins: 5 6 7",
        *(f"spacings: 1 2 3\naxis mins: 5 6 7\ncenters: {centers}" for centers in ("node node node", "cell ??? node")),
        "spacings: -1 2 3\naxis mins: 5 6 7",
    ],
)
def test_every_way_in_which_nrrd_says_where_voxels_lie(tmp_path, place):
    assert same(nrrd(tmp_path / "a.nrrd", place, SHORTS))


@pytest.mark.parametrize(
    "place",
    [
        *("Offset = 1 2 3", "Position = 1 2 3", "Origin = 1 2 3", "ElementSize = 1 2 3"),
        "ElementSize = 1 2 3\nElementSpacing = 2 2 2",
        *(f"{name} = 0 1 0 1 0 0 0 0 1" for name in ("TransformMatrix", "Orientation", "Rotation")),
        "TransformMatrix = 0 1 0 0 0 1 1 0 0\nElementSpacing = 2 3 4\nCenterOfRotation = 5 5 5",
    ],
)
def test_every_way_in_which_metaimage_says_where_voxels_lie(tmp_path, place):
    assert same(meta(tmp_path / "a.mha", f"BinaryData = True\n{place}", SHORTS))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    # Rounded: ITK's singular value decomposition fails on cosines like 1e-313, which `place` makes 0.
    angles=st.tuples(*[st.floats(-3, 3).map(lambda angle: round(angle, 6))] * 3),
    spacing=st.tuples(*[st.floats(0.2, 9)] * 3),
    # ITK reads 5e-324 from text as a failure.
    origin=st.tuples(*[st.floats(-300, 300, allow_subnormal=False)] * 3),
    suffix=st.sampled_from([".nrrd", ".mha", ".nhdr", ".mhd"]),
    packed=st.booleans(),
)
def test_what_itk_writes_is_read_as_itk_reads_it(tmp_path, angles, spacing, origin, suffix, packed):
    image = sitk.GetImageFromArray(NUMBERS.astype(np.float32))
    turn = sitk.Euler3DTransform((0, 0, 0), *angles)
    image.SetDirection(turn.GetMatrix())
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(image, str(path), packed)
    assert same(path) and grid_of(read_header(path)) == Grid.of(read_volume(path))
