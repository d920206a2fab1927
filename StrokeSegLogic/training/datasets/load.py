"""One case into memory, all of it on one grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid, require_overlap
from ...space.resampling import resample
from ...study.volumes.reader import read_volume
from .subject import TIME_SERIES, DataSet, Subject

_SAME_PART = 0.01
"""Corners closer than this part of a voxel are one: tools round a header's numbers in different ways."""
_OUTSIDE = {"CT": -1000.0}
"""Value outside an image's field of view where it is not 0: air in HU."""


@dataclass(frozen=True)
class LoadedSubject:
    """A case on the grid of its data set's reference.

    Attributes:
        images: 3-D float32 by name, in the units of the files.
        masks: uint8 labels by reader, in the order of the data set's classes.
        grid: that all of them lie on.
    """

    images: dict[str, sitk.Image]
    masks: dict[str, sitk.Image]
    grid: Grid


def load_subject(
    subject: Subject, data_set: DataSet, names: Sequence[str], *, with_masks: bool = True
) -> LoadedSubject:
    """Reads images and masks of a case. Images on other grids are resampled in physical space; masks never are.

    Args:
        subject: the case.
        data_set: that it belongs to.
        names: images wanted.
        with_masks: whether the masks are read; a test case without them needs False.

    Raises:
        InputError: if an image or every mask is missing, a file is damaged, an image does not overlap the reference,
            or a mask lies on another grid than the reference or holds other labels than the data set's.
    """
    reference = data_set.reference
    paths = {name: _path(subject, data_set, name) for name in dict.fromkeys((reference, *names))}
    read = {name: _read(subject, path) for name, path in paths.items()}
    grid = Grid.of(read[reference])
    for name, image in read.items():
        require_overlap(image, f"{subject.case}: {paths[name]}", grid, paths[reference].name)
    images = {name: resample(read[name], grid, fill=_OUTSIDE.get(name, 0.0)) for name in names}
    if with_masks and not subject.masks:
        raise InputError(
            f"{subject.case} has no mask", where=data_set.folder, fix="Add its mask, or leave the case out of training"
        )
    masks = {}
    for reader, path in subject.masks.items() if with_masks else ():
        mask = _read(subject, path)
        if not same_place(Grid.of(mask), grid):
            raise InputError(
                f"the mask lies on another grid ({words(Grid.of(mask))}) than {paths[reference].name} ({words(grid)})",
                where=f"{subject.case}: {path}",
                fix="Give the mask on its reference's grid; labels are not resampled here",
            )
        masks[reader] = grid.image(labels(mask, len(data_set.classes), f"{subject.case}: {path}"))
    return LoadedSubject(images, masks, grid)


def labels(mask: sitk.Image, classes: int, where: str) -> np.ndarray:
    """The labels of a mask as uint8 (z, y, x).

    Raises:
        InputError: if a value is not a whole number from 0 to classes - 1.
    """
    voxels = sitk.GetArrayViewFromImage(mask)
    found = np.unique(voxels)
    wrong = found[(found != np.round(found)) | (found < 0) | (found >= classes)]
    if len(wrong):
        shown = ", ".join(f"{value:g}" for value in wrong[:5]) + (", ..." if len(wrong) > 5 else "")
        raise InputError(
            f"the mask holds the values {shown} where labels 0 to {classes - 1} are known",
            where=where,
            fix="Save it with nearest-neighbour interpolation and the data set's labels",
        )
    return voxels.astype(np.uint8)


def same_place(grid: Grid, other: Grid) -> bool:
    """Whether two grids have the same voxels, to a hundredth of a voxel."""
    if grid.size != other.size:
        return False
    return bool(np.abs(grid.corners() - other.corners()).max() <= _SAME_PART * min(grid.spacing + other.spacing))


def words(grid: Grid) -> str:
    """Size, spacing and origin for a message."""
    return f"{grid.words} from {', '.join(f'{o:.1f}' for o in grid.origin)}"


def _path(subject: Subject, data_set: DataSet, name: str) -> Path:
    if name in TIME_SERIES:
        raise InputError(
            f"{name} is a time series, not a volume", where=subject.case, fix="Compute maps from it and name those"
        )
    if name not in subject.images:
        raise InputError(
            f"{subject.case} has no {name}",
            where=data_set.folder,
            fix=f"Add the file, or use what it has: {', '.join(subject.images) or 'nothing'}",
        )
    return subject.images[name]


def _read(subject: Subject, path: Path) -> sitk.Image:
    try:
        return read_volume(path)
    except InputError as error:
        raise InputError(error.what, where=f"{subject.case}: {path}", fix=error.fix) from error
