"""4-D NRRD and MetaImage: sequences and multi-volumes of Slicer, plain 4-D files, and colour volumes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..grid import Grid
from ..study.time_units import SECONDS_PER
from .frame_stack import FrameStack, TimeSeries
from .frame_times import FIX, numbers, sidecar_times, times_of_step
from .geometry import placed
from .itk_formats import SUFFIXES, fault, files_of, require_real_geometry

_INDEX = "index values"
_LABELS = "MultiVolume.FrameLabels"
_LABEL_UNITS = "MultiVolume.FrameIdentifyingDICOMTagUnits"
_UNITS = ("NRRD_units[pixel]", "NRRD_units[3]")


def frames_of(path: Path) -> int | None:
    """How many frames a file holds by its header: 1 for one volume, of grey values or colours; None for a header that
    cannot be read."""
    reader = _opened(path)
    if reader is None:
        return None
    if reader.GetDimension() == 4:
        return int(reader.GetSize()[3])
    return 1 if _is_colour(reader) else int(reader.GetNumberOfComponents())


def is_colour(path: Path) -> bool:
    """Whether the header says three values of 8 bits a voxel, and nothing of time."""
    reader = _opened(path)
    return reader is not None and _is_colour(reader)


def read_itk_series(path: Path) -> TimeSeries:
    """The frames and their times; a sidecar's times go before the header's.

    A Slicer sequence states its times and their unit in the header; a multi-volume in MultiVolume.FrameLabels,
    milliseconds unless the header names another unit.

    Raises:
        InputError: if it is not an intact 4-D file with a proper geometry, or the frames' times are not known.
    """
    for part in files_of(path)[1:]:
        if not part.is_file():
            raise InputError(f"its data file {part.name} is missing", where=path, fix="Put both into one folder")
    require_real_geometry(path)
    reader = _opened(path)
    if reader is None:
        raise fault(path, "")
    frames = int(reader.GetSize()[3]) if reader.GetDimension() == 4 else int(reader.GetNumberOfComponents())
    if frames < 2 or reader.GetDimension() not in (3, 4) or _is_colour(reader):
        raise InputError("holds one volume, not frames over time", where=path, fix="Give the 4-D series")
    times, notes = _times(reader, path, frames)
    try:
        image = reader.Execute()
    except RuntimeError as error:
        raise fault(path, str(error)) from error
    grid = _grid(image, path)
    voxels = sitk.GetArrayViewFromImage(image)
    if voxels.dtype.kind not in "iuf":
        raise InputError("its voxels are no real numbers", where=path, fix="Give HU with one number a voxel")
    stack = FrameStack((frames, *grid.shape))
    for number in range(frames):
        # A sequence's frames are read as the components of each voxel.
        stack.add(voxels[number] if image.GetDimension() == 4 else voxels[..., number])
    del voxels, image
    return TimeSeries(stack.image(grid), times, notes)


def read_itk_colours(path: Path) -> sitk.Image:
    """A colour volume: 3-D, three uint8 a voxel; mm, LPS.

    Raises:
        InputError: if it is not an intact file of that kind.
    """
    reader = _opened(path)
    if reader is None or not _is_colour(reader):
        raise InputError("is no 3-D colour volume of 8 bits", where=path, fix="Give the map as it was exported")
    try:
        image = reader.Execute()
    except RuntimeError as error:
        raise fault(path, str(error)) from error
    _grid(image, path).lay(image)
    return image


def header_grid(path: Path) -> Grid | None:
    """The grid of the voxels, or of one frame, by the header; None where it cannot be read."""
    reader = _opened(path)
    if reader is None or reader.GetDimension() not in (3, 4):
        return None
    number = reader.GetDimension()
    axes = np.reshape(reader.GetDirection(), (number, number))[:3, :3]
    return Grid(reader.GetSize()[:3], reader.GetSpacing()[:3], reader.GetOrigin()[:3], tuple(axes.ravel().tolist()))


def _opened(path: Path) -> sitk.ImageFileReader | None:
    reader = sitk.ImageFileReader()
    reader.SetImageIO(SUFFIXES[path.suffix.lower()])
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        return None
    return reader


def _is_colour(reader: sitk.ImageFileReader) -> bool:
    timed = any(_INDEX in key or key == _LABELS for key in reader.GetMetaDataKeys())
    eight = reader.GetPixelID() in (sitk.sitkVectorUInt8, sitk.sitkUInt8)
    return reader.GetDimension() == 3 and reader.GetNumberOfComponents() == 3 and eight and not timed


def _grid(image: sitk.Image, path: Path) -> Grid:
    own = Grid.of(image)
    return placed(own.size, own.matrix, np.asarray(own.origin), str(path), np.asarray(own.spacing))


def _times(reader: sitk.ImageFileReader, path: Path, frames: int) -> tuple[tuple[float, ...], tuple[str, ...]]:
    if beside := sidecar_times(path, frames):
        return beside[0], (f"{path.name}: the frames' times are from {beside[1]}",)
    keys = reader.GetMetaDataKeys()
    unit = next((reader.GetMetaData(key).strip(' "').lower() for key in _UNITS if key in keys), "")
    listed = next((key for key in keys if key.endswith(_INDEX)), None)
    note = ""
    if listed is not None:
        values = _listed(reader.GetMetaData(listed), frames, path)
    elif _LABELS in keys:
        values = _listed(reader.GetMetaData(_LABELS), frames, path)
        unit = reader.GetMetaData(_LABEL_UNITS).strip().lower() if _LABEL_UNITS in keys else "ms"
    elif reader.GetDimension() == 4:
        step, start = reader.GetSpacing()[3], reader.GetOrigin()[3]
        times, note = times_of_step(step, unit, start, frames, str(path))
        return times, (f"{path.name}: {note}",) if note else ()
    else:
        raise InputError("its header says nothing on the frames' times", where=path, fix=FIX)
    if unit not in SECONDS_PER:
        note = f"the header gives the frames' times without a known unit ('{unit}'): seconds were assumed"
    factor = SECONDS_PER.get(unit, 1.0)
    return tuple(value * factor for value in values), (f"{path.name}: {note}",) if note else ()


def _listed(text: str, frames: int, path: Path) -> tuple[float, ...]:
    try:
        values = numbers(text)
    except ValueError:
        raise InputError("its frames are not numbered by time", where=path, fix=FIX) from None
    if len(values) != frames:
        raise InputError(f"its header gives {len(values)} times for {frames} frames", where=path, fix=FIX)
    return values
