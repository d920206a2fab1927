"""NIfTI in and out.

Read through nibabel rather than ITK: it says what ITK hides (units, shear, which of the header's two transforms
counts), it keeps the terminal clean, and the voxels' positions are those of `nibabel.load(path).affine`.

Where the header's sform and qform differ, nibabel takes the sform and ITK 5.4 (hence 3D Slicer) takes the qform
unless the sform's code is 1 ("scanner"). `header_notes` says so.

nibabel is imported with the first file: series are recognised, and volumes handed over, where it is not installed yet.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError, OutputError
from ..base.files import write_whole
from ..base.progress import check_cancelled
from ..grid import Grid
from .checks import require_scalar_3d
from .geometry import placed, require_spacing

if TYPE_CHECKING:
    import nibabel as nib

SUFFIXES = (".nii.gz", ".nii")
_MM_PER_UNIT = {"unknown": 1.0, "mm": 1.0, "meter": 1000.0, "micron": 0.001}
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])
_DISAGREE_MM = 0.5
_PART = 1 << 20


def read_nifti(path: Path) -> sitk.Image:
    """The volume as 3-D float32, mm, LPS; intensity scaling applied.

    Raises:
        InputError: if it is not an intact NIfTI file of one 3-D scalar volume with a proper geometry.
    """
    image = open_nifti(path)
    size = shape_of(image)
    kind = image.get_data_dtype()
    require_scalar_3d(size, len(kind.names) if kind.names else 1, str(path))
    if kind.kind == "c":
        raise InputError("its voxels are complex numbers", where=path, fix="Give the magnitude image")
    try:
        if path.name.lower().endswith(".gz"):
            # nibabel stops reading at the last voxel, before the archive's checksum would tell a damaged byte.
            image = type(image).from_bytes(gzip.decompress(path.read_bytes()))
        voxels = np.asarray(image.get_fdata(dtype=np.float32, caching="unchanged")).reshape(size)
    except _read_errors() as error:
        raise damaged(path) from error
    volume = sitk.GetImageFromArray(np.ascontiguousarray(voxels.T))
    nifti_grid(image, path, volume.GetSize()).lay(volume)
    return volume


def nifti_grid(image: nib.Nifti1Image, path: Path, size: tuple[int, int, int]) -> Grid:
    """Where the first three axes of a file lie.

    Raises:
        InputError: if its geometry is undefined, singular or sheared, or its length unit unknown.
    """
    unit = _mm_per_unit(image.header, path)
    affine = _RAS_TO_LPS @ image.affine[:3] * unit
    return placed(size, affine[:, :3], affine[:, 3], str(path), _spacing(image) * unit)


def _spacing(image: nib.Nifti1Image) -> np.ndarray:
    """The lengths of the affine's columns, as the header states them (2.0) where they differ but by rounding."""
    lengths = np.linalg.norm(image.affine[:3, :3], axis=0)
    stated = np.asarray(image.header["pixdim"][1:4], float)
    return np.where(np.isclose(stated, lengths, rtol=1e-6, atol=0), stated, lengths)


def open_nifti(path: Path) -> nib.Nifti1Image:
    """The file opened by its header, voxels not yet read.

    Raises:
        InputError: if it has no NIfTI header or one with an impossible spacing.
    """
    import nibabel as nib

    _require_header_spacing(path)
    try:
        image = nib.load(path)
    except _read_errors() as error:
        raise damaged(path) from error
    if not isinstance(image, nib.Nifti1Image):
        raise damaged(path)
    return image


def header_notes(path: Path) -> tuple[str, ...]:
    """What is doubtful in the header though the file can be read.

    Raises:
        InputError: if it has no NIfTI header.
    """
    image = open_nifti(path)
    header = image.header
    sform, qform = header.get_sform(coded=True), header.get_qform(coded=True)
    notes = []
    if not sform[1] and not qform[1]:
        notes.append(
            f"{path.name}: the header says nothing on orientation (sform and qform codes are 0); nibabel's "
            f"default was assumed, so that left and right are a guess"
        )
    elif sform[1] and qform[1]:
        far = np.array([[i, j, k, 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * [*image.shape[:3], 1]
        gap = float(np.abs(far @ (sform[0] - qform[0]).T).max()) * _mm_per_unit(header, path)
        if gap > _DISAGREE_MM:
            notes.append(
                f"{path.name}: the header's sform and qform place the volume up to {gap:.1f} mm apart; the sform "
                f"was used, some viewers use the qform"
            )
    return tuple(notes)


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
    affine[:3, :3] = _RAS_TO_LPS @ grid.matrix
    affine[:3, 3] = _RAS_TO_LPS @ grid.origin
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


def _require_header_spacing(path: Path) -> None:
    import nibabel as nib

    # nibabel mends zero voxel sizes to 1 and says so on the terminal only: look before it does.
    try:
        raw = _first_bytes(path)
    except _read_errors() as error:
        raise damaged(path) from error
    for kind in (nib.Nifti1Header, nib.Nifti2Header):
        length = kind.template_dtype.itemsize
        if len(raw) >= length and kind.may_contain_header(raw):
            header = kind(raw[:length], check=False)
            dimensions = min(max(int(header["dim"][0]), 0), 3)
            require_spacing([float(s) for s in header["pixdim"][1 : 1 + dimensions]], str(path))
            return
    raise damaged(path)


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        if path.name.lower().endswith(".gz"):
            with gzip.open(file) as unpacked:
                return unpacked.read(540)
        return file.read(540)


def _mm_per_unit(header: nib.Nifti1Header, path: Path) -> float:
    try:
        return _MM_PER_UNIT[header.get_xyzt_units()[0]]
    except KeyError:
        raise InputError(
            "the header's length unit is unknown", where=path, fix="Set xyzt_units to mm (code 2)"
        ) from None


def shape_of(image: nib.Nifti1Image) -> tuple[int, ...]:
    """The size (x, y, z, ...) without a fourth and further axes of length 1."""
    size = tuple(int(n) for n in image.shape)
    while len(size) > 3 and size[-1] == 1:
        size = size[:-1]
    return size


def _read_errors() -> tuple[type[Exception], ...]:
    """What reading a file that is no intact NIfTI raises."""
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    return OSError, EOFError, zlib.error, ValueError, OverflowError, ImageFileError, HeaderDataError


def damaged(path: Path) -> InputError:
    """The error for a file whose bytes are no NIfTI, or not all of one."""
    return InputError(
        "is not an intact NIfTI file (another kind of file, cut short, or damaged)",
        where=path,
        fix="Copy or export it again, and check that its name ends as its content is",
    )
