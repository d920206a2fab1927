"""NIfTI in and out.

Read through nibabel rather than ITK: it says what ITK hides (units, shear, which of the header's two transforms
counts), it keeps the terminal clean, and the voxels' positions are those of `nibabel.load(path).affine`.

Where sform and qform differ, nibabel takes the sform and ITK 5.4 (hence 3D Slicer) the qform unless the sform's code is
1 ("scanner"). `header_notes` says so.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError, OutputError
from ...base.files import gzipped, open_regular, write_whole
from ...space.grid import Grid
from .checks import require_plausible_size, require_scalar_3d
from .geometry import placed, require_spacing
from .voxel_stream import Packing, VoxelStream, inflated, voxel_stream

if TYPE_CHECKING:
    import nibabel as nib

WRITTEN = (".nii.gz", ".nii")
PAIR = ".hdr"
"""A header whose voxels lie in an .img beside it."""
SUFFIXES = (*WRITTEN, PAIR)
_LONGEST_HEADER = 540
_MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_TIME_UNITS = {8: "sec", 16: "msec", 24: "usec"}
"""By code; what other codes stand for is not time, or not known."""
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])
_DISAGREE_MM = 0.5
RESULT = b"StrokeSeg: a result, not an acquired image"


@dataclass(frozen=True)
class NiftiHeader:
    """A file's header.

    Attributes:
        path: of the file.
        data: the file that holds the voxels; of a pair another.
        header: as nibabel has it.
        affine: from voxels to mm or whatever the unit is, RAS.
        shape: as stored, positive.
        kind: of a stored voxel.
        offset: of the first voxel, unpacked.
        slope, intercept: that stored values are scaled by.
    """

    path: Path
    data: Path
    header: nib.Nifti1Header
    affine: np.ndarray
    shape: tuple[int, ...]
    kind: np.dtype
    offset: int
    slope: float
    intercept: float

    @property
    def size(self) -> tuple[int, ...]:
        """x, y, z, ... without a fourth and further axes of length 1."""
        size = self.shape
        while len(size) > 3 and size[-1] == 1:
            size = size[:-1]
        return size

    @property
    def time_unit(self) -> str:
        """ "sec", "msec", "usec", or "unknown"."""
        return _TIME_UNITS.get(int(self.header["xyzt_units"]) & 0x38, "unknown")

    @property
    def is_result(self) -> bool:
        """Whether it was written as a result."""
        return bool(self.header["descrip"].tobytes().startswith(RESULT))

    def mm_per_unit(self) -> float:
        """Of the affine.

        Raises:
            InputError: if the code stands for no unit.
        """
        if (code := int(self.header["xyzt_units"]) & 0x07) not in _MM_PER_UNIT:
            raise InputError("the header's length unit is unknown", where=self.path, fix="Set xyzt_units to 2 (mm)")
        return _MM_PER_UNIT[code]

    def grid(self) -> Grid:
        """Where the first three axes lie.

        Raises:
            InputError: if the geometry is undefined, singular or sheared, or the length unit unknown.
        """
        unit = self.mm_per_unit()
        x, y, z = [*self.shape, 1, 1, 1][:3]
        affine = RAS_TO_LPS @ self.affine[:3] * unit
        return placed((x, y, z), affine[:, :3], affine[:, 3], str(self.path), self._spacing() * unit)

    def _spacing(self) -> np.ndarray:
        """The lengths of the affine's columns, as the header states them (2.0) where they differ but by rounding."""
        with np.errstate(over="ignore"):
            lengths = np.linalg.norm(self.affine[:3, :3], axis=0)
        stated = np.asarray(self.header["pixdim"][1:4], float)
        return np.where(np.isclose(stated, lengths, rtol=1e-6, atol=0), stated, lengths)

    @contextmanager
    def voxels(self) -> Iterator[VoxelStream]:
        """The stored voxels, x fastest.

        Raises:
            InputError: if there are fewer or far more than the header says, or the archive is damaged.
        """
        packing: Packing = "gzip" if self.data.name.lower().endswith(".gz") else "raw"
        wanted = math.prod(self.shape) * self.kind.itemsize
        with voxel_stream(self.data, packing, wanted, damaged(self.path), skipped=self.offset) as stream:
            yield stream
            stream.finish()


def open_nifti(path: Path) -> NiftiHeader:
    """The header of a file.

    Raises:
        InputError: if it has none, or a header with an impossible spacing or size.
    """
    import nibabel as nib

    raw = _first_bytes(path)
    pair = path.name.lower().endswith(PAIR)
    data = path
    if pair:
        from .nifti_pair import require_orientation, voxels_beside

        require_orientation(raw, path)
        data = voxels_beside(path)
    kinds = (nib.Nifti1Pair, nib.Nifti2Pair) if pair else (nib.Nifti1Image, nib.Nifti2Image)
    for kind in (image.header_class for image in kinds):
        length = kind.template_dtype.itemsize
        if len(raw) < length or not kind.may_contain_header(raw):
            continue
        # nibabel mends zero voxel sizes to 1 and says so on the terminal only: look before it does.
        unchecked = kind(raw[:length], check=False)
        dimensions = min(max(int(unchecked["dim"][0]), 0), 3)
        require_spacing([float(s) for s in unchecked["pixdim"][1 : 1 + dimensions]], str(path))
        return _checked(kind, raw[:length], path, data)
    raise damaged(path)


def _checked(kind: type[nib.Nifti1Header], raw: bytes, path: Path, data: Path) -> NiftiHeader:
    from nibabel.imageglobals import logger
    from nibabel.spatialimages import HeaderDataError

    # What nibabel mends it would tell the terminal, between the lines that are for the user.
    logger.addFilter(unheard := lambda _record: False)
    try:
        header = kind(raw)
        shape = tuple(int(n) for n in header.get_data_shape())
        slope, intercept = header.get_slope_inter()
        opened = NiftiHeader(
            path,
            data,
            header,
            header.get_best_affine(),
            shape,
            header.get_data_dtype(),
            int(header.get_data_offset()),
            float(1.0 if slope is None else slope),
            float(0.0 if intercept is None else intercept),
        )
    except (HeaderDataError, ValueError, OverflowError, KeyError) as error:
        raise damaged(path) from error
    finally:
        logger.removeFilter(unheard)
    require_plausible_size(shape, path)
    return opened


def _first_bytes(path: Path) -> bytes:
    with open_regular(path) as file:
        try:
            if not path.name.lower().endswith(".gz"):
                return file.read(_LONGEST_HEADER)
            return inflated(file).read(_LONGEST_HEADER)
        except (OSError, EOFError, zlib.error) as error:
            raise damaged(path) from error


def header_notes(path: Path) -> tuple[str, ...]:
    """What is doubtful in the header though the file can be read.

    Raises:
        InputError: if it has no NIfTI header.
    """
    opened = open_nifti(path)
    header = opened.header
    try:
        sform, qform = header.get_sform(coded=True), header.get_qform(coded=True)
    except ValueError:
        return (f"{path.name}: the header's qform is no rotation; the sform was used",)
    notes = []
    if not sform[1] and not qform[1]:
        notes.append(
            f"{path.name}: the header says nothing on orientation (sform and qform codes are 0); nibabel's "
            f"default was assumed, so that left and right are a guess"
        )
    elif sform[1] and qform[1]:
        far = np.array([[i, j, k, 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * [*opened.shape[:3], 1]
        gap = float(np.abs(far @ (sform[0] - qform[0]).T).max()) * opened.mm_per_unit()
        if gap > _DISAGREE_MM:
            notes.append(
                f"{path.name}: the header's sform and qform place the volume up to {gap:.1f} mm apart; the sform "
                f"was used, some viewers use the qform"
            )
    return tuple(notes)


def damaged(path: Path) -> InputError:
    """The error for a file whose bytes are no NIfTI file, or not all of it."""
    return InputError(
        "is not an intact NIfTI file (another kind of file, cut short, or damaged)",
        where=path,
        fix="Copy or export it again, and check that its name ends as its content is",
    )


_AT_ONCE = 1 << 22
"""Voxels that are scaled together: scaling takes several times their memory."""


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


def write_nifti(image: sitk.Image, path: str | Path, *, result: bool = False) -> None:
    """Writes a 3-D image as .nii or .nii.gz in mm, sform and qform alike; the same image gives the same bytes.

    A `result` is marked as no acquired image, so that no reader of studies takes it for one, wherever it is.

    Raises:
        OutputError: if the name does not end so, or the file cannot be written; what was there before is kept.
    """
    said = RESULT if result else b""
    write_voxels(sitk.GetArrayViewFromImage(image).T, Grid.of(image), Path(path), said=said)


def write_voxels(voxels: np.ndarray, grid: Grid, path: Path, step_s: float | None = None, said: bytes = b"") -> None:
    """Writes voxels (x, y, z), or (x, y, z, time) `step_s` seconds apart, with a description of up to 79 bytes."""
    if not path.name.lower().endswith(WRITTEN):
        raise OutputError("is not a NIfTI file name", where=path, fix="End it with .nii.gz or .nii")
    import nibabel as nib

    affine = np.eye(4)
    affine[:3, :3] = RAS_TO_LPS @ grid.matrix
    affine[:3, 3] = RAS_TO_LPS @ grid.origin
    out = nib.Nifti1Image(voxels, affine, dtype=voxels.dtype)
    out.header.set_xyzt_units("mm", None if step_s is None else "sec")
    if step_s is not None:
        out.header.set_zooms((*out.header.get_zooms()[:3], step_s))
    out.header["descrip"] = said
    out.set_sform(affine, code="scanner")
    out.set_qform(affine, code="scanner")
    content = out.to_bytes()
    # No time stamp in the archive, so that a repeated run can be compared byte by byte.
    write_whole(path, gzipped(content) if path.name.lower().endswith(".gz") else content)
