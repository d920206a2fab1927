"""NRRD and MetaImage, the formats of ITK, read without it: their headers can make it crash."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError, shortened
from ...base.files import open_regular, read_regular
from ...space.grid import Grid
from .checks import MOST_SAMPLES, require_scalar_3d
from .geometry import placed
from .itk_header import NRRD_SUFFIXES, ItkHeader, fault
from .metaimage_header import read_metaimage_header
from .nrrd_header import read_nrrd_header
from .voxel_stream import VoxelStream, voxel_stream

SUFFIXES = (*NRRD_SUFFIXES, ".mha", ".mhd")
_LONGEST_LINE = 1 << 16
_TEXT_BYTES = 32
"""That a number takes in a text at most."""


def read_header(path: Path) -> ItkHeader:
    """The header of a file.

    Raises:
        InputError: if it is not what its name says, or its data file is missing or lies elsewhere.
    """
    header = read_nrrd_header(path) if path.suffix.lower() in NRRD_SUFFIXES else read_metaimage_header(path)
    if not header.data.exists():
        name = shortened(header.data.name, 80)
        raise InputError(f"its data file {name} is missing", where=path, fix="Put both into one folder")
    return header


def read_itk(path: Path) -> sitk.Image:
    """The volume as 3-D float32, mm, LPS.

    Raises:
        InputError: if it is not an intact file of one 3-D scalar volume with a proper geometry.
    """
    header = read_header(path)
    size = header.size
    while len(size) > 3 and size[-1] == 1:
        size = size[:-1]
    require_scalar_3d(size, header.components, str(path))
    grid = grid_of(header)
    voxels = stored_voxels(header).reshape(grid.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        return grid.image(voxels.astype(np.float32))


def grid_of(header: ItkHeader) -> Grid:
    """Where the first three axes lie.

    Raises:
        InputError: if their geometry is undefined, singular or sheared.
    """
    x, y, z = header.size[:3]
    spacing = np.asarray(header.spacing[:3])
    matrix = header.direction[:3, :3] * spacing
    return placed((x, y, z), matrix, np.asarray(header.origin[:3]), str(header.path), spacing)


def files_of(path: Path) -> tuple[Path, ...]:
    """All files that a volume consists of, the header first.

    Raises:
        InputError: as `read_header`.
    """
    data = read_header(path).data
    return (path,) if data == path else (path, data)


def stored_voxels(header: ItkHeader) -> np.ndarray:
    """All stored numbers, (..., z, y, x) with the values of a voxel where the file has them.

    Raises:
        InputError: if there are fewer or far more than the header says, or they are damaged.
    """
    if header.encoding in ("text", "hex"):
        return _from_text(header)
    with open_voxels(header) as stream:
        return stream.array(header.stored, header.kind)


@contextmanager
def open_voxels(header: ItkHeader) -> Iterator[VoxelStream]:
    """The stored numbers of a file that holds them as bytes, one part after the other.

    Raises:
        InputError: as `stored_voxels`.
    """
    assert header.encoding != "text" and header.encoding != "hex"
    damaged, start = fault(header.path), _after_lines(header)
    with voxel_stream(
        header.data, header.encoding, header.bytes, damaged, start=start, skipped=header.skipped
    ) as stream:
        yield stream
        stream.finish()


def _after_lines(header: ItkHeader) -> int | None:
    if header.start is None or not header.lines:
        return header.start
    with open_regular(header.data) as file:
        file.seek(header.start)
        for _ in range(min(header.lines, _LONGEST_LINE)):
            file.readline(_LONGEST_LINE)
        return file.tell()


def _from_text(header: ItkHeader) -> np.ndarray:
    if header.bytes > MOST_SAMPLES // 8:
        raise fault(header.path, "too large for text")
    most = (_TEXT_BYTES if header.encoding == "text" else 4) * header.bytes + _LONGEST_LINE
    start = (_after_lines(header) or 0) + header.skipped
    content = read_regular(header.data, start + most)[start:]
    try:
        if header.encoding == "hex":
            stored = np.frombuffer(bytes.fromhex(content.decode("ascii")), header.kind)
        else:
            with warnings.catch_warnings():
                # numpy warns where a text holds something else than numbers.
                warnings.simplefilter("error")
                values = np.fromstring(content.decode("ascii"), np.float64, sep=" ")
                stored = values.astype(header.kind.newbyteorder("="))
        return stored.reshape(header.stored).astype(header.kind.newbyteorder("="), copy=False)
    except (ValueError, DeprecationWarning, RuntimeWarning) as error:
        raise fault(header.path) from error
