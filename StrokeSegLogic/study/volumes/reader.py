"""One door for every file format: of a single volume, of frames over time, and of colours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

import SimpleITK as sitk

from ...base.errors import InputError, within_memory
from ...base.files import require_file, unreadable
from . import itk_formats, itk_series, nifti, nifti_series
from .checks import require_finite
from .frame_stack import TimeSeries
from .nifti import SUFFIXES, open_nifti


def volume_suffix(path: PurePath) -> str | None:
    """The file name's ending if it is that of a volume format, in small letters; else None."""
    name = path.name.lower()
    return next((s for s in (*nifti.SUFFIXES, *itk_formats.SUFFIXES) if name.endswith(s)), None)


def read_volume(path: str | Path, *, finite: bool = True) -> sitk.Image:
    """One volume from .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd.

    A trailing fourth dimension of length 1 is dropped; NIfTI in metres or micrometres becomes millimetres.
    An empty mask is read as well: what a network needs beyond this, `validate` checks.

    Args:
        path: of the file.
        finite: whether NaN and infinite voxels are refused.

    Returns:
        3-D float32, mm, LPS.

    Raises:
        InputError: if the file is missing, unknown, damaged, not one 3-D scalar volume, holds NaN or infinite
            voxels (unless they are allowed), or if its geometry is singular or sheared.
        OutOfMemory: if there is too little memory for it.
    """
    path = Path(path)
    require_file(path)
    suffix = volume_suffix(path)
    if suffix is None:
        known = ", ".join((*nifti.SUFFIXES, *itk_formats.SUFFIXES))
        raise InputError(
            "is of a kind that cannot be read as one volume",
            where=path,
            fix=f"Give one of {known}, or the folder of a DICOM series",
        )
    with _reading(path):
        image = nifti.read_nifti(path) if suffix in SUFFIXES else itk_formats.read_itk(path)
        if finite:
            require_finite(image, str(path))
    return image


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What keeps a file from being read, told with its name."""
    with within_memory(path):
        try:
            yield
        except OSError as error:
            raise unreadable(path, error) from error


def header_notes(path: str | Path) -> tuple[str, ...]:
    """What a reader of the result should know of the file's header, in sentences.

    Raises:
        InputError: if the header cannot be read.
    """
    path = Path(path)
    return nifti.header_notes(path) if volume_suffix(path) in SUFFIXES else ()


def files_of(path: Path) -> tuple[Path, ...]:
    """All files that a volume consists of, the header first.

    Raises:
        InputError: if they cannot be told.
    """
    if volume_suffix(path) in itk_formats.SUFFIXES:
        return itk_formats.files_of(path)
    if volume_suffix(path) != nifti.PAIR:
        return (path,)
    from .nifti_pair import voxels_beside

    return (path, voxels_beside(path))


def read_time_series(path: Path) -> TimeSeries:
    """The frames of a 4-D .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd, with their times.

    Raises:
        InputError: if the file is missing, damaged, not 4-D, or its frames have no known times.
        OutOfMemory: if there is too little memory for it.
    """
    suffix = _suffix(path)
    with _reading(path):
        if suffix in SUFFIXES:
            return nifti_series.read_nifti_series(path)
        return itk_series.read_itk_series(path)


def read_colours(path: Path) -> sitk.Image:
    """A colour volume of a file: 3-D, three uint8 a voxel; mm, LPS.

    Raises:
        InputError: if the file is missing, damaged or not in colour.
        OutOfMemory: if there is too little memory for it.
    """
    suffix = _suffix(path)
    with _reading(path):
        if suffix in SUFFIXES:
            return nifti_series.read_nifti_colours(path)
        return itk_series.read_itk_colours(path)


def frames_of(path: Path) -> int | None:
    """How many frames a file holds by its header; None where that cannot be read: reading it will say why.

    Raises:
        InputError: if a NIfTI file's header cannot be read.
    """
    if volume_suffix(path) in SUFFIXES:
        size = open_nifti(path).size
        return size[3] if len(size) == 4 else 1
    return itk_series.frames_of(path)


def is_colour(path: Path) -> bool:
    """Whether a file holds colours by its header.

    Raises:
        InputError: if a NIfTI file's header cannot be read.
    """
    if volume_suffix(path) in SUFFIXES:
        return nifti_series.is_colour(path)
    return itk_series.is_colour(path)


def _suffix(path: Path) -> str:
    require_file(path)
    suffix = volume_suffix(path)
    if suffix is None:
        raise InputError(
            "is of a kind that cannot be read as a 4-D series or colour volume",
            where=path,
            fix="Give NIfTI, NRRD or MetaImage, or the folder of a DICOM series",
        )
    return suffix
