"""What a NIfTI header says, read and checked without opening the image: nibabel lets impossible sizes through.

nibabel is imported with the first file: series are recognised, and volumes handed over, where it is not installed yet.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import numpy as np

from ...base.errors import InputError
from ...base.files import open_regular
from ...space.grid import Grid
from .geometry import placed, require_spacing
from .limits import require_plausible_size
from .voxel_stream import Packing, VoxelStream, voxel_stream

if TYPE_CHECKING:
    import nibabel as nib

SUFFIXES = (".nii.gz", ".nii")
_LONGEST_HEADER = 540
_MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_TIME_UNITS = {8: "sec", 16: "msec", 24: "usec"}
"""By code; what other codes stand for is not time, or not known."""
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])
_DISAGREE_MM = 0.5


@dataclass(frozen=True)
class NiftiHeader:
    """A file's header.

    Attributes:
        path: of the file.
        header: as nibabel has it.
        affine: from voxels to mm or whatever the unit is, RAS.
        shape: as stored, positive.
        kind: of a stored voxel.
        offset: of the first voxel, unpacked.
        slope, intercept: that stored values are scaled by.
    """

    path: Path
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

    def mm_per_unit(self) -> float:
        """Of the affine.

        Raises:
            InputError: if the code stands for no unit.
        """
        try:
            return _MM_PER_UNIT[int(self.header["xyzt_units"]) & 0x07]
        except KeyError:
            raise InputError(
                "the header's length unit is unknown", where=self.path, fix="Set xyzt_units to mm (code 2)"
            ) from None

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
        packing: Packing = "gzip" if self.path.name.lower().endswith(".gz") else "raw"
        wanted = math.prod(self.shape) * self.kind.itemsize
        with voxel_stream(self.path, packing, wanted, damaged(self.path), skipped=self.offset) as stream:
            yield stream
            stream.finish()


def open_nifti(path: Path) -> NiftiHeader:
    """The header of a file.

    Raises:
        InputError: if it has none, or one with an impossible spacing or size.
    """
    import nibabel as nib

    raw = _first_bytes(path)
    for kind in (nib.Nifti1Header, nib.Nifti2Header):
        length = kind.template_dtype.itemsize
        if len(raw) < length or not kind.may_contain_header(raw):
            continue
        # nibabel mends zero voxel sizes to 1 and says so on the terminal only: look before it does.
        unchecked = kind(raw[:length], check=False)
        dimensions = min(max(int(unchecked["dim"][0]), 0), 3)
        require_spacing([float(s) for s in unchecked["pixdim"][1 : 1 + dimensions]], str(path))
        return _checked(kind, raw[:length], path)
    raise damaged(path)


def _checked(kind: type[nib.Nifti1Header], raw: bytes, path: Path) -> NiftiHeader:
    from nibabel.spatialimages import HeaderDataError

    try:
        header = kind(raw)
        shape = tuple(int(n) for n in header.get_data_shape())
        slope, intercept = header.get_slope_inter()
        opened = NiftiHeader(
            path,
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
    require_plausible_size(shape, path)
    return opened


def _first_bytes(path: Path) -> bytes:
    with open_regular(path) as file:
        try:
            if not path.name.lower().endswith(".gz"):
                return file.read(_LONGEST_HEADER)
            with gzip.open(file) as unpacked:
                return cast("IO[bytes]", unpacked).read(_LONGEST_HEADER)
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
    """The error for a file whose bytes are no NIfTI, or not all of one."""
    return InputError(
        "is not an intact NIfTI file (another kind of file, cut short, or damaged)",
        where=path,
        fix="Copy or export it again, and check that its name ends as its content is",
    )
