"""One DICOM series to one volume."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError, within_memory
from ...base.files import require_file
from ...base.progress import check_cancelled
from ...space.grid import Grid
from .checks import require_finite, require_plausible_size
from .dicom_file import read_slices
from .dicom_headers import Slice
from .dicom_mosaic import is_mosaic
from .dicom_pixels import frame_pixels, slice_pixels, start_decoder
from .geometry import MAX_SHEAR, placed, require_spacing, tilted

_GAP_PART = 0.03
_GAP_MM = 0.02
"""Slice distances may differ by this part of the usual distance, or by these mm (scanners round positions)."""


Source: TypeAlias = "str | Path | Slice"
"""A file, all of whose slices are meant, or a slice whose header has been read."""


def read_dicom_series(files: Iterable[Source]) -> sitk.Image:
    """The volume of one series; the files, or slices, may come in any order.

    Positions, spacing and directions come from the headers themselves (ITK takes the slice distance from the first
    two slices only); the pixels, with each slice's own rescale slope, come through GDCM in a process of its own.

    Returns:
        3-D float32, mm, LPS; slices along growing position on the normal of the slice.

    Raises:
        InputError: if a file is not intact, the files are not one 3-D volume (several series, several volumes at
            the same places, mixed sizes or directions, missing slices, tilted stack), or pydicom is missing.
    """
    from .dicom_groups import grouped

    start_decoder()
    slices = read_records(files)
    where = f"{slices[0].path.parent} (series '{slices[0].tags.series_description or slices[0].uid}')"
    require_grey(slices, where)
    if len({s.uid for s in slices}) > 1 and len(grouped(slices)) > 1:
        raise InputError("the files are of several series", where=where, fix="Give the files of one series")
    slices = in_order(slices)
    grid = stack_grid(slices, where)
    with within_memory(where):
        image = grid.image(_pixels(slices, where))
        require_finite(image, where)
    return image


def read_dicom_colours(files: Iterable[Source]) -> sitk.Image:
    """A colour-coded series: 3-D, three uint8 a voxel; mm, LPS.

    Raises:
        InputError: if a file is not intact, not in colour, or the files are not one volume with its geometry.
    """
    start_decoder()
    slices = read_records(files)
    where = f"{slices[0].path.parent} (series '{slices[0].tags.series_description or slices[0].uid}')"
    if any(not s.tags.colour for s in slices):
        raise InputError("is not in colour", where=where, fix="Give a colour-coded series")
    _require_single(slices, where)
    slices = in_order(slices)
    grid = stack_grid(slices, where)
    with within_memory(where):
        image = sitk.GetImageFromArray(_pixels(slices, where, colour=True), isVector=True)
    grid.lay(image)
    return image


def read_records(files: Iterable[Source]) -> list[Slice]:
    """The headers of the files' slices; those that have been read are taken as they are.

    Raises:
        InputError: if there is no file, or a file is not intact DICOM with a picture.
    """
    slices: list[Slice] = []
    for source in files:
        check_cancelled()
        require_file(path := _path(source))
        if isinstance(source, Slice):
            slices.append(source)
            continue
        found = read_slices(path)
        if not found:
            raise InputError("is DICOM but not a picture", where=path, fix="Leave it out of the series")
        slices += found
    if not slices:
        raise InputError("the DICOM series has no file", fix="Name at least two slices")
    return slices


def _path(source: Source) -> Path:
    return source.path if isinstance(source, Slice) else Path(source)


def stack_grid(slices: Sequence[Slice], where: str) -> Grid:
    """The grid of one volume's slices, which are in order.

    Raises:
        InputError: if geometry is missing or mixed, or the slices are no upright stack of equal steps.
    """
    _require_geometry(slices, where)
    step = _step(slices, where)
    first = slices[0]
    assert first.spacing is not None and first.axes is not None and first.position is not None
    column = np.asarray(first.axes[:3]) * first.spacing[1]
    row = np.asarray(first.axes[3:]) * first.spacing[0]
    matrix = np.stack([column, row, first.normal * step], axis=1)
    size = (first.size[1], first.size[0], len(slices))
    return placed(size, matrix, np.asarray(first.position), where)


def voxels_of(slices: Sequence[Slice], where: str) -> np.ndarray:
    """The slices' values (z, y, x), float32, each with its own rescale slope and intercept.

    Raises:
        InputError: if they are in colour, several in one file, or cannot be read.
    """
    require_grey(slices, where)
    return _pixels(slices, where)


def in_order(slices: Sequence[Slice]) -> list[Slice]:
    """The slices sorted along their normal; those without position keep their order at the end."""
    normal = slices[0].normal
    return sorted(slices, key=lambda s: np.inf if s.position is None else float(normal @ np.asarray(s.position)))


def require_grey(slices: Sequence[Slice], where: str) -> None:
    """Refuses files of several slices, and colours.

    Raises:
        InputError: if there is any.
    """
    _require_single(slices, where)
    if any(s.samples != 1 or s.tags.colour for s in slices):
        raise InputError("is in colour", where=where, fix="Give the series with grey values, not its colour map")


def _require_single(slices: Sequence[Slice], where: str) -> None:
    if any(s.frames > 1 or (is_mosaic(s) and s.tile is None) for s in slices):
        raise InputError(
            "holds several slices in one file and does not say where each of them lies (multi-frame or mosaic)",
            where=where,
            fix="Export it again with all its tags, as enhanced or as classic DICOM",
        )


def _require_geometry(slices: Sequence[Slice], where: str) -> None:
    first = slices[0]
    if any(s.position is None or s.axes is None or s.spacing is None for s in slices):
        raise InputError(
            "a slice lacks its position, orientation or pixel spacing",
            where=where,
            fix="Export the series again with all its geometry tags",
        )
    if any(s.size != first.size or not _alike(s, first) for s in slices):
        raise InputError(
            "the slices differ in size, orientation or pixel spacing (mixed geometry)",
            where=where,
            fix="Give one stack of slices; leave out localizers and reformatted planes",
        )
    assert first.spacing is not None
    require_spacing(list(first.spacing), where)


def _alike(first: Slice, other: Slice) -> bool:
    # Not None here: asked for before.
    return np.allclose(first.axes or (), other.axes or (), atol=1e-3) and np.allclose(
        first.spacing or (), other.spacing or (), rtol=1e-3
    )


def _step(slices: Sequence[Slice], where: str) -> float:
    """The distance of neighbouring slices in mm, checked to be the same throughout."""
    positions = np.array([s.position for s in slices])
    along = positions @ slices[0].normal
    if not np.isfinite(along).all():
        raise InputError("a slice's position is undefined", where=where, fix="Export the series again")
    if len(slices) == 1:
        return slices[0].thickness or 1.0
    gaps = np.diff(along)
    if (gaps < _GAP_MM).any():
        places = 1 + int((gaps >= _GAP_MM).sum())
        raise InputError(
            f"holds {len(slices)} files for {places} slice positions: several volumes (times, b-values, echoes)",
            where=where,
            fix="Give the files of one volume",
        )
    usual = float(np.median(gaps))
    if (np.abs(gaps - usual) > max(_GAP_PART * usual, _GAP_MM)).any():
        raise InputError(
            f"the slice distances differ ({gaps.min():.2f} to {gaps.max():.2f} mm): slices are missing",
            where=where,
            fix="Copy or export the whole series again",
        )
    total = positions[-1] - positions[0]
    drift = np.linalg.norm(total - (along[-1] - along[0]) * slices[0].normal)
    if drift > MAX_SHEAR * (along[-1] - along[0]) + _GAP_MM:
        first = slices[0]
        axes = np.reshape(first.axes or (), (2, 3))
        raise tilted(np.column_stack([axes[0], axes[1], total / (len(slices) - 1)]), where)
    return float((along[-1] - along[0]) / (len(slices) - 1))


def _pixels(slices: Sequence[Slice], where: str, colour: bool = False) -> np.ndarray:
    """(z, y, x) float32, or with a fourth axis of three uint8."""
    rows, columns = slices[0].size
    require_plausible_size((columns, rows, len(slices)), where)
    for record in slices:
        if record.path.stat().st_size < record.least_bytes:
            raise InputError(
                "a slice's pixels cannot be read: the file is shorter than its header says",
                where=record.path,
                fix="Copy or export the series again",
            )
    shape = (len(slices), rows, columns)
    voxels = np.empty((*shape, 3), np.uint8) if colour else np.empty(shape, np.float32)
    by_file: dict[Path, list[int]] = {}
    for number, record in enumerate(slices):
        by_file.setdefault(record.path, []).append(number)
    for numbers in by_file.values():
        planes = _planes([slices[number] for number in numbers], colour)
        for number, plane in zip(numbers, planes, strict=True):
            correction = slices[number].correction
            voxels[number] = plane if colour or correction == 1 else plane * np.float32(correction)
    return voxels


def _planes(slices: Sequence[Slice], colour: bool) -> Iterator[np.ndarray]:
    """The pixels of some slices of one file."""
    first = slices[0]
    check_cancelled()
    if first.tile is not None:
        whole = slice_pixels(first.path, first.picture, colour)
        for record in slices:
            top, left = record.tile or (0, 0)
            yield whole[top : top + record.size[0], left : left + record.size[1]]
    elif first.frame:
        frames = frame_pixels(first.path, first.size, [s.frame for s in slices], colour, first.least_bytes)
        for record, plane in zip(slices, frames, strict=True):
            slope, intercept = record.rescale
            yield plane if colour else plane * np.float32(slope) + np.float32(intercept)
    else:
        for record in slices:
            yield slice_pixels(record.path, record.size, colour)
