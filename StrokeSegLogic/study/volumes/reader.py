"""One door for every file format of a single volume."""

from __future__ import annotations

from pathlib import Path, PurePath

import SimpleITK as sitk

from ...base.errors import InputError
from ...base.faults import within_memory
from ...base.files import require_file, unreadable
from . import itk_formats, nifti, nifti_header
from .checks import require_finite


def volume_suffix(path: PurePath) -> str | None:
    """The file name's ending if it is that of a volume format, in small letters; else None."""
    name = path.name.lower()
    return next((s for s in (*nifti_header.SUFFIXES, *itk_formats.SUFFIXES) if name.endswith(s)), None)


def read_volume(path: str | Path) -> sitk.Image:
    """One volume from .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd.

    A trailing fourth dimension of length 1 is dropped; NIfTI in metres or micrometres becomes millimetres.
    An empty mask is read as well: what a network needs beyond this, `validate` checks.

    Returns:
        3-D float32, mm, LPS.

    Raises:
        InputError: if the file is missing, unknown, damaged, not one 3-D scalar volume, holds NaN or infinite
            voxels, or if its geometry is singular or sheared.
        OutOfMemory: if there is too little memory for it.
    """
    path = Path(path)
    require_file(path)
    suffix = volume_suffix(path)
    if suffix is None:
        known = ", ".join((*nifti_header.SUFFIXES, *itk_formats.SUFFIXES))
        raise InputError(
            "is of a kind that cannot be read as one volume",
            where=path,
            fix=f"Give one of {known}, or the folder of a DICOM series",
        )
    with within_memory(path):
        try:
            image = nifti.read_nifti(path) if suffix in nifti_header.SUFFIXES else itk_formats.read_itk(path)
        except OSError as error:
            raise unreadable(path, error) from error
        require_finite(image, str(path))
    return image


def header_notes(path: str | Path) -> tuple[str, ...]:
    """What a reader of the result should know of the file's header, in sentences.

    Raises:
        InputError: if the header cannot be read.
    """
    path = Path(path)
    return nifti_header.header_notes(path) if volume_suffix(path) in nifti_header.SUFFIXES else ()


def files_of(path: Path) -> tuple[Path, ...]:
    """All files that a volume consists of, the header first.

    Raises:
        InputError: if they cannot be told.
    """
    return itk_formats.files_of(path) if volume_suffix(path) in itk_formats.SUFFIXES else (path,)
