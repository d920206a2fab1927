"""NIfTI out of a review, also where nibabel is not installed, as in a plain 3D Slicer."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import SimpleITK as sitk

from ..base.errors import OutputError
from ..study.volumes.nifti import RESULT, write_nifti

_DESCRIPTION = "ITK_FileNotes"
"""What ITK calls the header's description."""


def write_volume(image: sitk.Image, path: Path, *, result: bool = False) -> None:
    """Writes a 3-D image as .nii.gz, as `write_nifti` does; without nibabel by SimpleITK: the same voxels, place and
    mark, in other bytes.

    Raises:
        OutputError: if it cannot be written.
    """
    if find_spec("nibabel") is not None:
        write_nifti(image, path, result=result)
        return
    marked = sitk.Image(image)
    if result:
        marked.SetMetaData(_DESCRIPTION, RESULT.decode())
    try:
        sitk.WriteImage(marked, str(path), True)
    except RuntimeError as error:
        raise OutputError("cannot be written", where=path, fix="Check the space on its disk") from error
