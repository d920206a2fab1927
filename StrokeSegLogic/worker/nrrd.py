"""Volumes from one process to the other: uncompressed NRRD in one file, written and read with numpy alone.

No ITK: its paths must be of the system's code page on some platforms, and a 4-D series becomes a vector image in it.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..base.errors import InputError, OutputError
from ..base.files import open_regular

_TYPES = {
    "int8": "i1",
    "uint8": "u1",
    "int16": "<i2",
    "uint16": "<u2",
    "int32": "<i4",
    "uint32": "<u4",
    "float": "<f4",
    "double": "<f8",
}
_NAMES = {np.dtype(code): name for name, code in _TYPES.items()}
_MOST_HEADER = 1 << 16
_PART = 16 << 20
_EXACT = "# spacing and direction: "
"""A comment to all other readers."""


@dataclass(frozen=True)
class NrrdVolume:
    """A volume, or frames over time, with its place.

    Attributes:
        array: (z, y, x) or (t, z, y, x).
        spacing: of x, y, z in mm.
        origin: of the first voxel's centre, mm, LPS.
        direction: 9 numbers, row by row, LPS, as in SimpleITK: column k is the direction of axis k.
    """

    array: np.ndarray
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]


def write_nrrd(path: Path, volume: NrrdVolume) -> None:
    """Writes a volume that 3D Slicer, ITK and `read_nrrd` read.

    Booleans, halves and 64-bit integers, which Slicer does not know, are cast to the nearest type that holds them.

    Raises:
        OutputError: if the file cannot be written.
    """
    array = np.ascontiguousarray(_storable(volume.array))
    axes = np.reshape(volume.direction, (3, 3)).T * np.reshape(volume.spacing, (3, 1))
    directions = [_vector(axis) for axis in axes]
    over_time = array.ndim == 4
    header = [
        "NRRD0004",
        f"type: {_NAMES[array.dtype]}",
        f"dimension: {array.ndim}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, array.shape[::-1]))}",
        f"space directions: {' '.join([*directions, *(['none'] if over_time else [])])}",
        f"kinds: domain domain domain{' list' if over_time else ''}",
        "endian: little",
        "encoding: raw",
        f"space origin: {_vector(volume.origin)}",
        # Directions times spacing lose a bit on the way back, and a network's answer moves with it.
        f"{_EXACT}{_vector(volume.spacing)} {_vector(volume.direction)}",
        "",
        "",
    ]
    try:
        with path.open("wb") as file:
            file.write("\n".join(header).encode("ascii"))
            file.write(array.data)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})",
            where=path,
            fix="Free some space on the disk of temporary files, or choose another one",
        ) from error


def read_nrrd(path: Path) -> NrrdVolume:
    """Reads what `write_nrrd` wrote.

    Raises:
        InputError: if the file is missing, cut short, or of another make.
    """
    try:
        with open_regular(path) as file:
            start = file.read(_MOST_HEADER)
            end = start.find(b"\n\n") + 2
            if not start.startswith(b"NRRD000") or end < 2:
                raise InputError("is no NRRD file with its header inside", where=path, fix="Write it again")
            fields = _fields(start[:end].decode("ascii", "replace"))
            dtype, shape, spacing, origin, direction = _layout(fields, path)
            size = dtype.itemsize * math.prod(shape)
            # Before anything is allocated: the header may claim any size.
            if end + size != os.fstat(file.fileno()).st_size or min(shape) < 1:
                raise InputError(f"does not hold {size} bytes of voxels", where=path, fix="Write it again")
            array = np.empty(shape, dtype)
            file.seek(end)
            if _read_into(file, array) != size:
                raise InputError("has become shorter while it was read", where=path, fix="Write it again")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", where=path, fix="Write it again") from error
    return NrrdVolume(array, spacing, origin, direction)


def _read_into(file: BinaryIO, array: np.ndarray) -> int:
    """Fills an array from a file; how many bytes there were."""
    view, done = memoryview(array.data).cast("B"), 0
    while done < len(view) and (held := file.readinto(view[done : done + _PART])):  # type: ignore[attr-defined]
        done += held
    return done


def _storable(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.bool_:
        return array.astype(np.uint8)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        limits = np.iinfo(np.int32)
        fits = array.size == 0 or (int(array.min()) >= limits.min and int(array.max()) <= limits.max)
        return array.astype(np.int32 if fits else np.float64)
    little = array.dtype.newbyteorder("<")
    if little not in _NAMES:
        raise OutputError(f"holds {array.dtype}, which is no real number", fix="Choose a scalar volume")
    return array.astype(little, copy=False)


def _vector(values: Any) -> str:
    # repr of a double reads back as the same double.
    return f"({','.join(repr(float(value)) for value in values)})"


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(number) for number in text.strip("()").split(","))


def _fields(header: str) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in header.splitlines()[1:] if ": " in line)
    return {key: value.strip() for key, value in pairs}


def _layout(
    fields: dict[str, str], path: Path
) -> tuple[np.dtype, tuple[int, ...], tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    try:
        if (fields["encoding"], fields.get("endian", "little")) != ("raw", "little"):
            raise ValueError("it is compressed, or its bytes are in another order")
        if fields["space"] != "left-posterior-superior":
            raise ValueError(f"its space is {fields['space']}")
        shape = tuple(int(size) for size in fields["sizes"].split())[::-1]
        axes = np.array([_numbers(axis) for axis in fields["space directions"].split()[:3]])
        if axes.shape != (3, 3) or len(shape) not in (3, 4):
            raise ValueError(f"it has {len(shape)} axes")
        spacing, direction = (_numbers(vector) for vector in fields[_EXACT.removesuffix(": ")].split())
        if not np.allclose(np.reshape(direction, (3, 3)).T * np.reshape(spacing, (3, 1)), axes):
            raise ValueError("its comment tells another place")
        return np.dtype(_TYPES[fields["type"]]), shape, spacing, _numbers(fields["space origin"]), direction
    except (KeyError, ValueError) as error:
        raise InputError(f"its header cannot be used ({error})", where=path, fix="Write it again") from error
