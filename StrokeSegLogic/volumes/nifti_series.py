"""4-D NIfTI: frames over time."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from .frame_stack import FrameStack, TimeSeries
from .frame_times import sidecar_times, times_of_step
from .nifti import damaged, nifti_grid, open_nifti, shape_of

if TYPE_CHECKING:
    import nibabel as nib


def read_nifti_series(path: Path) -> TimeSeries:
    """The frames and their times; a sidecar's times go before the header's.

    Frames are read one after the other: beside the result there is no more than one copy of the series.

    Raises:
        InputError: if it is not an intact 4-D NIfTI file of real numbers with a proper geometry, or the frames' times
            are in neither header nor sidecar.
    """
    header = open_nifti(path)
    size = shape_of(header)
    if len(size) != 4:
        raise InputError(
            f"has {len(size)} dimensions ({' x '.join(map(str, size))}), not a time axis as the fourth",
            where=path,
            fix="Give the 4-D series",
        )
    kind = header.get_data_dtype()
    if kind.kind not in "iuf":
        raise InputError("its voxels are no real numbers", where=path, fix="Give HU with one number a voxel")
    times, notes = _times(header, path, size[3])
    grid = nifti_grid(header, path, (size[0], size[1], size[2]))
    stack = FrameStack((size[3], size[2], size[1], size[0]))
    slope, offset = _scaling(header)
    try:
        with _voxels(path, header) as file:
            for _ in range(size[3]):
                frame = _frame(file, kind, (size[2], size[1], size[0]), path)
                stack.add(frame if (slope, offset) == (1.0, 0.0) else frame * slope + offset)
            # To the end, where an archive's checksum tells a damaged byte.
            while file.read(1 << 20):
                pass
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(path) from error
    return TimeSeries(stack.image(grid), times, notes)


def _times(header: nib.Nifti1Image, path: Path, frames: int) -> tuple[tuple[float, ...], tuple[str, ...]]:
    if beside := sidecar_times(path, frames):
        return beside[0], (f"{path.name}: the frames' times are from {beside[1]}",)
    unit = header.header.get_xyzt_units()[1]
    step, start = float(header.header["pixdim"][4]), float(header.header["toffset"])
    times, note = times_of_step(step, unit, start, frames, str(path))
    return times, (f"{path.name}: {note}",) if note else ()


def _scaling(header: nib.Nifti1Image) -> tuple[float, float]:
    slope, offset = header.dataobj.slope, header.dataobj.inter
    return float(1.0 if slope is None else slope), float(0.0 if offset is None else offset)


@contextmanager
def _voxels(path: Path, header: nib.Nifti1Image) -> Iterator[IO[bytes]]:
    """The file, unpacked, at its first voxel."""
    with ExitStack() as opened:
        file: IO[bytes] = opened.enter_context(path.open("rb"))
        if path.name.lower().endswith(".gz"):
            file = cast("IO[bytes]", opened.enter_context(gzip.open(file)))
        start = int(header.dataobj.offset)
        while start > 0 and (skipped := len(file.read(min(start, 1 << 20)))):
            start -= skipped
        yield file


def _frame(file: IO[bytes], kind: np.dtype, shape: tuple[int, int, int], path: Path) -> np.ndarray:
    wanted = int(np.prod(shape)) * kind.itemsize
    parts = bytearray()
    while len(parts) < wanted:
        part = file.read(wanted - len(parts))
        if not part:
            raise damaged(path)
        parts += part
    frame = np.frombuffer(parts, kind).reshape(shape)
    return frame.astype(kind.newbyteorder("="), copy=False)


def is_colour(path: Path) -> bool:
    """Whether each voxel of the file is a colour (RGB24).

    Raises:
        InputError: if it has no NIfTI header.
    """
    return open_nifti(path).get_data_dtype().names is not None


def read_nifti_colours(path: Path) -> sitk.Image:
    """A colour volume: 3-D, three uint8 a voxel; mm, LPS.

    Raises:
        InputError: if it is not an intact NIfTI file of type RGB24 with a proper geometry.
    """
    header = open_nifti(path)
    size = shape_of(header)
    if not header.get_data_dtype().names or len(size) != 3:
        raise InputError("is no 3-D colour volume", where=path, fix="Give a volume of type RGB24")
    names = ("R", "G", "B")
    try:
        with _voxels(path, header) as file:
            flat = _frame(file, np.dtype(np.uint8), (size[2] * size[1], size[0], len(header.get_data_dtype())), path)
            while file.read(1 << 20):
                pass
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(path) from error
    colours = flat.reshape(size[2], size[1], size[0], -1)[..., : len(names)]
    image = sitk.GetImageFromArray(np.ascontiguousarray(colours), isVector=True)
    nifti_grid(header, path, (size[0], size[1], size[2])).lay(image)
    return image
