"""One door for every file format of frames over time, and of colours."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk

from ...base.errors import InputError
from ...base.faults import within_memory
from ...base.files import require_file, unreadable
from . import itk_series, nifti_series
from .frame_stack import TimeSeries
from .nifti_header import SUFFIXES, open_nifti
from .reader import volume_suffix


def read_time_series(path: Path) -> TimeSeries:
    """The frames of a 4-D .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd, with their times.

    Raises:
        InputError: if the file is missing, damaged, not 4-D, or its frames have no known times.
        OutOfMemory: if there is too little memory for it.
    """
    suffix = _suffix(path)
    with within_memory(path):
        try:
            if suffix in SUFFIXES:
                return nifti_series.read_nifti_series(path)
            return itk_series.read_itk_series(path)
        except OSError as error:
            raise unreadable(path, error) from error


def read_colours(path: Path) -> sitk.Image:
    """A colour volume of a file: 3-D, three uint8 a voxel; mm, LPS.

    Raises:
        InputError: if the file is missing, damaged or not in colour.
        OutOfMemory: if there is too little memory for it.
    """
    suffix = _suffix(path)
    with within_memory(path):
        try:
            if suffix in SUFFIXES:
                return nifti_series.read_nifti_colours(path)
            return itk_series.read_itk_colours(path)
        except OSError as error:
            raise unreadable(path, error) from error


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
