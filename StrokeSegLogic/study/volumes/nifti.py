"""NIfTI in and out.

Read through nibabel rather than ITK: it says what ITK hides (units, shear, which of the header's two transforms
counts), it keeps the terminal clean, and the voxels' positions are those of `nibabel.load(path).affine`.

Where the header's sform and qform differ, nibabel takes the sform and ITK 5.4 (hence 3D Slicer) takes the qform
unless the sform's code is 1 ("scanner"). `nifti_header.header_notes` says so.
"""

from __future__ import annotations

import math
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError, OutputError
from ...base.files import write_whole
from ...base.progress import check_cancelled
from ...space.grid import Grid
from .checks import require_scalar_3d
from .nifti_header import RAS_TO_LPS, SUFFIXES, NiftiHeader, open_nifti

_AT_ONCE = 1 << 22
"""Voxels that are scaled together: scaling takes several times their memory."""
_PART = 1 << 20


def read_nifti(path: Path) -> sitk.Image:
    """The volume as 3-D float32, mm, LPS; intensity scaling applied.

    Raises:
        InputError: if it is not an intact NIfTI file of one 3-D scalar volume with a proper geometry.
    """
    header = open_nifti(path)
    require_scalar_3d(header.size, len(header.kind.names) if header.kind.names else 1, str(path))
    if header.kind.kind == "c":
        raise InputError("its voxels are complex numbers", where=path, fix="Give the magnitude image")
    grid = header.grid()
    with header.voxels() as stream:
        voxels = np.empty(math.prod(grid.shape), np.float32)
        for first in range(0, voxels.size, _AT_ONCE):
            part = voxels[first : first + _AT_ONCE]
            part[:] = _scaled(stream.array(part.shape, header.kind), header)
        return grid.image(voxels.reshape(grid.shape))


def _scaled(stored: np.ndarray, header: NiftiHeader) -> np.ndarray:
    """Stored values as nibabel scales them when asked for float32."""
    from nibabel.arrayproxy import ArrayProxy

    proxy = ArrayProxy(BytesIO(stored.data), (stored.shape, stored.dtype, 0, header.slope, header.intercept))
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asanyarray(proxy, dtype=np.float32)


def write_nifti(image: sitk.Image, path: str | Path) -> None:
    """Writes a 3-D image as .nii or .nii.gz in mm, sform and qform alike; the same image gives the same bytes.

    Raises:
        OutputError: if the name does not end so, or the file cannot be written; what was there before is kept.
    """
    _write(sitk.GetArrayViewFromImage(image).T, Grid.of(image), Path(path))


def write_nifti_series(frames: np.ndarray, grid: Grid, step_s: float, path: str | Path) -> None:
    """Writes frames (T, z, y, x), each on the grid and `step_s` seconds after the one before, as a 4-D file.

    Raises:
        OutputError: as `write_nifti`.
    """
    _write(frames.T, grid, Path(path), step_s)


def _write(voxels: np.ndarray, grid: Grid, path: Path, step_s: float | None = None) -> None:
    if not path.name.lower().endswith(SUFFIXES):
        raise OutputError("is not a NIfTI file name", where=path, fix="End it with .nii.gz or .nii")
    import nibabel as nib

    affine = np.eye(4)
    affine[:3, :3] = RAS_TO_LPS @ grid.matrix
    affine[:3, 3] = RAS_TO_LPS @ grid.origin
    out = nib.Nifti1Image(voxels, affine, dtype=voxels.dtype)
    if step_s is None:
        out.header.set_xyzt_units("mm")
    else:
        out.header.set_xyzt_units("mm", "sec")
        out.header.set_zooms((*out.header.get_zooms()[:3], step_s))
    out.set_sform(affine, code="scanner")
    out.set_qform(affine, code="scanner")
    content = out.to_bytes()
    # No time stamp in the archive, so that a repeated run can be compared byte by byte.
    write_whole(path, _gzipped(content) if path.name.lower().endswith(".gz") else content)


def _gzipped(content: bytes) -> bytes:
    """The bytes as a gzip archive without a time stamp; a cancel is heard between parts of a megabyte."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    parts = []
    for start in range(0, len(content), _PART):
        check_cancelled()
        parts.append(packer.compress(content[start : start + _PART]))
    return b"".join([*parts, packer.flush()])
