"""4-D NIfTI: frames over time; and colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid
from .frame_stack import FrameStack, TimeSeries
from .frame_times import beside, sidecar_times, times_of_step
from .nifti import NiftiHeader, open_nifti, write_voxels


def read_nifti_series(path: Path) -> TimeSeries:
    """The frames and their times; a sidecar's times go before the header's.

    Frames are read one after the other: beside the result there is no more than one copy of the series.

    Raises:
        InputError: if it is not an intact 4-D NIfTI file of real numbers with a proper geometry, or the frames' times
            are in neither header nor sidecar.
    """
    header = open_nifti(path)
    size = header.size
    if len(size) != 4:
        raise InputError(
            f"has {len(size)} dimensions ({' x '.join(map(str, size))}), not a time axis as the fourth",
            where=path,
            fix="Give the 4-D series",
        )
    if header.kind.kind not in "iuf":
        raise InputError("its voxels are no real numbers", where=path, fix="Give HU with one number a voxel")
    times, notes = _times(header, size[3])
    grid = header.grid()
    slope, intercept = header.slope, header.intercept
    with header.voxels() as stream:
        stack = FrameStack((size[3], *grid.shape))
        for _ in range(size[3]):
            frame = stream.array(grid.shape, header.kind)
            stack.add(frame if (slope, intercept) == (1.0, 0.0) else frame * slope + intercept)
        return TimeSeries(stack.image(grid), times, notes)


def _times(header: NiftiHeader, frames: int) -> tuple[tuple[float, ...], tuple[str, ...]]:
    path = header.path
    if known := sidecar_times(path, frames):
        return known[0], (f"{path.name}: the frames' times are from {known[1]}",)
    step, start = float(header.header["pixdim"][4]), float(header.header["toffset"])
    times, note = times_of_step(step, header.time_unit, start, frames, str(path), beside(path))
    return times, (f"{path.name}: {note}",) if note else ()


def is_colour(path: Path) -> bool:
    """Whether each voxel of the file is a colour (RGB24).

    Raises:
        InputError: if it has no NIfTI header.
    """
    return open_nifti(path).kind.names is not None


def read_nifti_colours(path: Path) -> sitk.Image:
    """A colour volume: 3-D, three uint8 a voxel; mm, LPS.

    Raises:
        InputError: if it is not an intact NIfTI file of type RGB24 with a proper geometry.
    """
    header = open_nifti(path)
    if not header.kind.names or len(header.size) != 3:
        raise InputError("is no 3-D colour volume", where=path, fix="Give a volume of type RGB24")
    grid = header.grid()
    with header.voxels() as stream:
        colours = stream.array((*grid.shape, header.kind.itemsize), np.dtype(np.uint8))[..., :3]
        image = sitk.GetImageFromArray(np.ascontiguousarray(colours), isVector=True)
    grid.lay(image)
    return image


def write_nifti_series(frames: np.ndarray, grid: Grid, step_s: float, path: str | Path) -> None:
    """Writes frames (T, z, y, x), each on the grid and `step_s` seconds after the previous, as a 4-D file.

    Raises:
        OutputError: as `nifti.write_nifti`.
    """
    write_voxels(frames.T, grid, Path(path), step_s)
