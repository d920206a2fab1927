"""Volumes from one process to the other: numpy's own files, which keep every type and every bit of the place.

No ITK: its paths must be of the system's code page on some platforms, and directions times spacing lose a bit on the
way back, with which a network's answer moves.
"""

from __future__ import annotations

import math
import os
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..base.errors import InputError, OutputError, within_memory
from ..base.files import open_regular
from ..space.grid import Grid
from ..space.volume import Volume

_FIX = "Segment the study again"
_NUMBERS = "biuf"
"""Kinds of numpy's types: truth values, whole numbers, floats."""
_FLAT = 1e-6
"""A determinant below which three directions lie in a plane."""
_LEAST_MM, _MOST_MM = 1e-4, 1e4
"""Sides of voxels; beyond them ITK finds no inverse of the grid."""
_DAMAGE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    OverflowError,
    RuntimeError,
    struct.error,
    tokenize.TokenError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
)


def write_volume(path: Path, volume: Volume) -> None:
    """Writes a volume, or frames over time, uncompressed.

    Raises:
        OutputError: if its voxels are no real numbers, or the file cannot be written.
    """
    array = np.asarray(volume.array)
    if array.dtype.kind not in _NUMBERS:
        raise OutputError(f"holds {array.dtype}, which is no real number", fix="Choose a scalar volume")
    grid = volume.grid
    spacing, origin, direction = (np.array(values, float) for values in (grid.spacing, grid.origin, grid.direction))
    try:
        with path.open("wb") as file:
            np.savez(file, voxels=array, spacing=spacing, origin=origin, direction=direction)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})",
            where=path,
            fix="Free some space on the disk of temporary files, or choose another disk",
        ) from error


def read_volume(path: Path) -> Volume:
    """Reads what `write_volume` wrote.

    Raises:
        InputError: if the file is missing, cut short, or of another make.
        OutOfMemory: if there is too little memory for it.
    """
    with within_memory(path):
        try:
            with open_regular(path) as file, zipfile.ZipFile(file) as archive:
                most = os.fstat(file.fileno()).st_size
                return _volume(*(_member(archive, name, most) for name in ("voxels", "spacing", "origin", "direction")))
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror or error})", where=path, fix=_FIX) from error
        except _DAMAGE as error:
            raise InputError(f"is no volume of a worker's ({error})", where=path, fix=_FIX) from error


def _volume(array: np.ndarray, *place: np.ndarray) -> Volume:
    if array.ndim not in (3, 4) or 0 in array.shape or array.dtype.kind not in _NUMBERS:
        raise ValueError(f"holds {array.dtype} of shape {array.shape}")
    spacing, origin, direction = (_numbers(part, count) for part, count in zip(place, (3, 3, 9), strict=True))
    flat = not abs(np.linalg.det(np.reshape(direction, (3, 3)))) > _FLAT
    if flat or not _LEAST_MM <= min(spacing) <= max(spacing) <= _MOST_MM:
        raise ValueError("its voxels have no volume")
    z, y, x = array.shape[-3:]
    (a, b, c), (d, e, f) = spacing, origin
    return Volume(array, Grid((x, y, z), (a, b, c), (d, e, f), direction))


def _numbers(array: np.ndarray, count: int) -> tuple[float, ...]:
    """So many finite numbers, as they are stored."""
    if array.shape != (count,) or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise ValueError(f"holds {array.dtype} of shape {array.shape} in place of {count} numbers")
    return tuple(array.tolist())


def _member(archive: zipfile.ZipFile, name: str, most: int) -> np.ndarray:
    """One array of a file of that many bytes; an array that claims more is not made."""
    with archive.open(f"{name}.npy") as head:
        np.lib.format.read_magic(head)
        shape, _order, dtype = np.lib.format.read_array_header_1_0(head)
        if dtype.itemsize * math.prod(shape) > most:
            raise ValueError(f"its {name} claim more bytes than it has")
    with archive.open(f"{name}.npy") as whole:
        return np.lib.format.read_array(whole, allow_pickle=False)
