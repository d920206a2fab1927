"""4-D NRRD and MetaImage: sequences and multi-volumes of Slicer, plain 4-D files, and colour volumes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError, shortened
from ...base.progress import check_cancelled
from ...space.grid import Grid
from ..maps.units import SECONDS_PER
from .frame_stack import FrameStack, TimeSeries
from .frame_times import beside, numbers, sidecar_times, times_of_step
from .itk_formats import grid_of, open_voxels, read_header, stored_voxels
from .itk_header import ItkHeader

_INDEX = "index values"
_LABELS = "MultiVolume.FrameLabels"
_LABEL_UNITS = "MultiVolume.FrameIdentifyingDICOMTagUnits"


def frames_of(path: Path) -> int | None:
    """How many frames a file holds by its header: 1 for one volume, of grey values or colours; None for a header that
    cannot be read."""
    header = _header(path)
    return None if header is None else 1 if _is_colour(header) else _frames(header)


def is_colour(path: Path) -> bool:
    """Whether the header says three values of 8 bits a voxel, and nothing of time."""
    header = _header(path)
    return header is not None and _is_colour(header)


def read_itk_series(path: Path) -> TimeSeries:
    """The frames and their times; a sidecar's times go before the header's.

    A Slicer sequence states its times and their unit in the header; a multi-volume in MultiVolume.FrameLabels,
    milliseconds unless the header names another unit.

    Raises:
        InputError: if it is not an intact 4-D file with a proper geometry, or the frames' times are not known.
    """
    header = read_header(path)
    frames = _frames(header)
    if frames < 2 or len(header.size) not in (3, 4) or _is_colour(header):
        raise InputError("holds one volume, not frames over time", where=path, fix="Give the 4-D series")
    if len(header.size) == 4 and header.components != 1:
        raise InputError("its voxels are no single numbers", where=path, fix="Give HU with one number a voxel")
    times, notes = _times(header, path, frames)
    grid = grid_of(header)
    stack = FrameStack((frames, *grid.shape))
    last = len(header.size) == 4 or header.component_axis == 3
    if last and header.encoding not in ("text", "hex"):
        with open_voxels(header) as stream:
            for _ in range(frames):
                stack.add(stream.array(grid.shape, header.kind))
    else:
        voxels = stored_voxels(header)
        # The fastest axis is the array's last.
        axis = 0 if last else 3 - (header.component_axis or 0)
        for number in range(frames):
            check_cancelled()
            stack.add(voxels.take(number, axis))
        del voxels
    return TimeSeries(stack.image(grid), times, notes)


def read_itk_colours(path: Path) -> sitk.Image:
    """A colour volume: 3-D, three uint8 a voxel; mm, LPS.

    Raises:
        InputError: if it is not an intact file of that kind.
    """
    header = read_header(path)
    if not _is_colour(header):
        raise InputError("is no 3-D colour volume of 8 bits", where=path, fix="Give the map as it was exported")
    grid = grid_of(header)
    colours = np.moveaxis(stored_voxels(header), 3 - (header.component_axis or 0), -1)
    image = sitk.GetImageFromArray(np.ascontiguousarray(colours), isVector=True)
    grid.lay(image)
    return image


def header_grid(path: Path) -> Grid | None:
    """The grid of the voxels, or of one frame, by the header; None where it cannot be read."""
    header = _header(path)
    return None if header is None or len(header.size) not in (3, 4) else grid_of(header)


def _header(path: Path) -> ItkHeader | None:
    try:
        return read_header(path)
    except InputError:
        # Reading the volume says what is wrong with it; here it is only listed.
        return None


def _frames(header: ItkHeader) -> int:
    return header.size[3] if len(header.size) == 4 else header.components


def _is_colour(header: ItkHeader) -> bool:
    timed = any(key.endswith(_INDEX) or key == _LABELS for key in header.pairs)
    return len(header.size) == 3 and header.components == 3 and header.kind == np.uint8 and not timed


def _times(header: ItkHeader, path: Path, frames: int) -> tuple[tuple[float, ...], tuple[str, ...]]:
    if known := sidecar_times(path, frames):
        return known[0], (f"{path.name}: the frames' times are from {known[1]}",)
    pairs, unit = header.pairs, header.unit.strip(' "').lower()
    listed = next((key for key in pairs if key.endswith(_INDEX)), None)
    note = ""
    if listed is not None:
        values = _listed(pairs[listed], frames, path)
    elif _LABELS in pairs:
        values = _listed(pairs[_LABELS], frames, path)
        unit = pairs.get(_LABEL_UNITS, "ms").strip().lower()
    elif len(header.size) == 4:
        times, note = times_of_step(header.spacing[3], unit, header.origin[3], frames, str(path), beside(path))
        return times, (f"{path.name}: {note}",) if note else ()
    else:
        raise InputError("its header says nothing on the frames' times", where=path, fix=beside(path))
    if unit not in SECONDS_PER:
        note = (
            f"the header gives the frames' times without a known unit ('{shortened(unit, 20)}'): seconds were assumed"
        )
    factor = SECONDS_PER.get(unit, 1.0)
    return tuple(value * factor for value in values), (f"{path.name}: {note}",) if note else ()


def _listed(text: str, frames: int, path: Path) -> tuple[float, ...]:
    try:
        values = numbers(text)
    except ValueError:
        raise InputError("its frames are not numbered by time", where=path, fix=beside(path)) from None
    if len(values) != frames:
        raise InputError(f"its header gives {len(values)} times for {frames} frames", where=path, fix=beside(path))
    return values
