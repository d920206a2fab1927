"""What an image of a head can be at most, and what a volume must be before a network sees it.

A header that claims more is refused before anything is allocated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid
from .geometry import require_near, require_plausible_extent, require_right_angles

MOST_VOXELS = 1 << 28
"""Of one volume, 640 x 640 x 640: 0.35 mm throughout a head at 7 T has 210 million."""
MOST_SAMPLES = 1 << 31
"""Of all frames: a whole-brain perfusion CT (512 x 512 x 320, 20 frames) has 1.7 billion."""
MOST_FRAMES = 4096
"""Of a series; perfusion CT has 10 to 100."""
MOST_SLICE_PIXELS = 1 << 24
"""Of one DICOM slice, 4096 x 4096."""
MOST_HEADER_BYTES = 1 << 20
"""Sequences of Slicer keep times and DICOM tags of every frame in the header, some 100 KB."""
MOST_BYTES_BEFORE = 64 << 20
"""Between a header and the first voxel: NIfTI extensions, bytes to be skipped."""
MOST_BYTES_BEHIND = 1 << 20
"""Behind the last voxel. What holds more does not fit its header; it would have to be unpacked and hashed, however long
it is."""
DEFLATE_RATIO = 1032
"""gzip and zlib pack zeros so far, nothing further."""


def require_plausible_size(size: Sequence[int], where: str | Path, samples: int = 1) -> None:
    """Refuses what no image of a head is: without voxels, or with far too many.

    Args:
        size: x, y, z, and frames.
        where: file or series, for the message.
        samples: values a voxel, frames of a sequence included.

    Raises:
        InputError: if an axis is not positive, or a volume or all of its frames have too many voxels.
    """
    shown = f"{' x '.join(_short(n) for n in size[:8])} voxels"
    if samples != 1:
        shown += f" of {_short(samples)} values"
    if any(n < 1 for n in size) or samples < 1:
        raise InputError(
            f"its header claims {shown}: there are none in it",
            where=where,
            fix="Export it again",
        )
    frames = math.prod(size[3:]) * samples
    if math.prod(size[:3]) > MOST_VOXELS or frames > MOST_FRAMES or math.prod(size[:3]) * frames > MOST_SAMPLES:
        raise InputError(
            f"its header claims {shown}, more than an image of a head has",
            where=where,
            fix="Correct the header, or give the head alone at the resolution that it was acquired with",
        )


def _short(number: int) -> str:
    """Digits that fit into a line."""
    return str(number) if abs(number) < 10**12 else "more than 10^12"


_MIN_THICK = 2
_MIN_PLANE = 8


def validate(image: sitk.Image, name: str, fewest_slices: int = _MIN_THICK, *, finite: bool = True) -> None:
    """Refuses a volume that cannot be segmented. Negative values and ringing are fine.

    `read_volume` has checked all but the last two points already; it lets them pass because masks are read, too.

    Args:
        image: the volume.
        name: file, series or node, for the message.
        fewest_slices: along its thinnest axis.
        finite: whether NaN and infinite voxels are refused.

    Raises:
        InputError: if it is not 3-D and scalar, its geometry is singular or sheared, it holds NaN or infinite
            voxels, is thinner than that or narrower than 8 voxels, or all its voxels are equal.
    """
    require_scalar_3d(image.GetSize(), image.GetNumberOfComponentsPerPixel(), name)
    require_real(image.GetPixelID(), name)
    grid = Grid.of(image)
    require_right_angles(grid.matrix, name)
    require_near(np.asarray(grid.origin), name)
    require_plausible_extent(grid.size, grid.spacing, name)
    if finite:
        require_finite(image, name)
    _require_enough_voxels(grid.size, name, fewest_slices)
    voxels = sitk.GetArrayViewFromImage(image)
    if voxels.min() == voxels.max():
        raise InputError(
            f"every voxel has the same value ({voxels.min():g})",
            where=name,
            fix="Check that this is the right file and that its export was complete",
        )


def require_scalar_3d(size: tuple[int, ...], components: int, where: str) -> None:
    """Refuses colours, vectors, time series and single slices.

    Raises:
        InputError: if there is more than one value a voxel or the size is not that of a 3-D volume.
    """
    if components != 1:
        raise InputError(
            f"has {components} values a voxel (colours or vectors)",
            where=where,
            fix="Give a volume with one grey value a voxel",
        )
    if len(size) != 3:
        what = "a single slice" if len(size) < 3 else "a time series, or several b-values in one file"
        raise InputError(
            f"has {len(size)} dimensions ({' x '.join(map(str, size))}: {what}) where 3 are wanted",
            where=where,
            fix="Give one 3-D volume (for DWI the volume with the highest b-value)",
        )


def require_real(pixel_id: int, where: str) -> None:
    """Refuses complex numbers.

    Raises:
        InputError: if the voxels are complex.
    """
    if pixel_id in (sitk.sitkComplexFloat32, sitk.sitkComplexFloat64):
        raise InputError("its voxels are complex numbers", where=where, fix="Give the magnitude image")


def require_finite(image: sitk.Image, where: str) -> None:
    """Refuses NaN and infinite voxels, with their number.

    Raises:
        InputError: if there is any.
    """
    voxels = sitk.GetArrayViewFromImage(image)
    if np.isfinite(voxels).all():
        return
    nans = int(np.isnan(voxels).sum())
    infinite = int(np.isinf(voxels).sum())
    raise InputError(
        f"holds {nans} NaN and {infinite} infinite voxels",
        where=where,
        fix="Replace them by finite numbers (outside the brain 0, for instance with numpy.nan_to_num)",
    )


def _require_enough_voxels(size: tuple[int, int, int], where: str, fewest_slices: int) -> None:
    thick, plane, _ = sorted(size)
    shown = " x ".join(map(str, size))
    if thick < fewest_slices:
        raise InputError(
            f"is a single slice ({shown} voxels)",
            where=where,
            fix=f"Give a volume of at least {fewest_slices} slices; for DICOM the folder that holds the whole series",
        )
    if plane < _MIN_PLANE:
        raise InputError(
            f"is too small ({shown} voxels)",
            where=where,
            fix=f"Give a volume of at least {_MIN_PLANE} x {_MIN_PLANE} voxels in plane",
        )
