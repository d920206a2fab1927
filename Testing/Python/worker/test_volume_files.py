from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError, OutputError
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.volume import Frames, Volume
from StrokeSegLogic.worker.volume_files import read_volume, write_volume

KINDS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">f4", "?"]
PLAIN = Grid((2, 2, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))


def turned(angle: float) -> tuple[float, ...]:
    c, s = float(np.cos(angle)), float(np.sin(angle))
    return (c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0)


@given(
    size=st.tuples(*[st.integers(1, 5)] * 3),
    frames=st.integers(0, 3),
    angle=st.floats(-3, 3).map(lambda angle: round(angle, 6)),
    spacing=st.tuples(*[st.floats(0.1, 9)] * 3),
    origin=st.tuples(*[st.floats(-300, 300)] * 3),
    kind=st.sampled_from(KINDS),
)
def test_voxels_and_place_come_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory,
    size: tuple[int, int, int],
    frames: int,
    angle: float,
    spacing: tuple[float, float, float],
    origin: tuple[float, float, float],
    kind: str,
) -> None:
    grid = Grid(size, spacing, origin, turned(angle))
    shape = (frames, *grid.shape) if frames else grid.shape
    array = np.random.default_rng(frames).integers(0, 100, shape).astype(kind)
    path = tmp_path_factory.mktemp("volume") / "größe 脳.npz"
    write_volume(path, Volume(array, grid))
    again = read_volume(path)
    np.testing.assert_array_equal(np.asarray(again.array), array)
    # An answer moves with its place.
    assert again.grid == grid and again.array.dtype == array.dtype


def test_frames_become_one_array_as_they_are_written(tmp_path: Path) -> None:
    frames = [np.full(PLAIN.shape, number, np.int16) for number in range(3)]
    write_volume(tmp_path / "CTP.npz", Volume(Frames(frames), PLAIN))
    np.testing.assert_array_equal(np.asarray(read_volume(tmp_path / "CTP.npz").array), np.stack(frames))


@pytest.mark.parametrize("kind", [complex, object, "U3"])
def test_voxels_that_are_no_numbers_are_refused(tmp_path: Path, kind: object) -> None:
    with pytest.raises(OutputError, match="no real number"):
        write_volume(tmp_path / "a.npz", Volume(np.ones((2, 2, 2)).astype(kind), PLAIN))  # type: ignore[call-overload]


def header(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue()


@pytest.mark.parametrize(
    "damage", ["missing", "cut", "empty", "no numpy file", "one byte wrong", "no place", "pickled", "claims 8 TB"]
)
def test_a_damaged_file_is_refused_with_its_name(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "DWI.npz"
    write_volume(path, Volume(np.full((2, 2, 2), 77, np.uint8), PLAIN))
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "no place":
        np.savez(path, voxels=np.ones((2, 2, 2)))
    elif damage == "claims 8 TB":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("voxels.npy", header((10**4, 10**4, 10**4)) + bytes(10**5))
    elif damage == "pickled":
        np.savez(path, voxels=np.array([{}]), spacing=np.ones(3), origin=np.ones(3), direction=np.ones(9))
    else:
        changed = {
            "cut": content[:-30],
            "empty": b"",
            "no numpy file": b"II*\0" * 9,
            "one byte wrong": content.replace(bytes([77] * 8), bytes([77] * 7 + [78])),
        }[damage]
        assert changed != content
        path.write_bytes(changed)
    with pytest.raises(InputError, match=r"DWI\.npz"):
        read_volume(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spacing", np.zeros(3)),
        ("spacing", np.array([1.0, -1.0, 1.0])),
        ("spacing", np.array([np.nan, 1.0, 1.0])),
        ("spacing", np.array([1e-200, 1e-200, 1.0])),
        ("spacing", np.array([1.0, 1.0, 1e300])),
        ("spacing", np.ones((3, 3))),
        ("spacing", np.array("text")),
        ("origin", np.zeros(0)),
        ("origin", np.array([np.inf, 0.0, 0.0])),
        ("direction", np.zeros(9)),
        ("direction", np.ones(9)),
        ("direction", np.eye(3)),
        ("voxels", np.zeros((2, 2, 2), np.complex64)),
        ("voxels", np.zeros((2, 0, 2))),
    ],
)
def test_a_place_that_is_none_is_refused(tmp_path: Path, name: str, value: np.ndarray) -> None:
    whole = {"voxels": np.ones((2, 2, 2)), "spacing": np.ones(3), "origin": np.zeros(3), "direction": np.eye(3).ravel()}
    np.savez(tmp_path / "DWI.npz", **{**whole, name: value})
    with pytest.raises(InputError, match=r"DWI\.npz: is no volume"):
        read_volume(tmp_path / "DWI.npz")
