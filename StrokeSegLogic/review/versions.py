"""Versions of a case's labels: files of Slicer segmentations that are written once and never replaced."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError, OutputError
from ..base.files import make_folder, sha256_of
from ..base.locks import scratch_folder
from ..base.records import is_there, move_new
from ..evaluation.masks import Mask, read_mask
from ..result.looks import MORPHOLOGICALLY_ALTERED, SEGMENTS, SegmentStyle
from ..result.outcome import Maker
from ..space.grid import Grid
from ..study.case import Modality
from ..study.volumes.reader import volume_suffix

SUFFIX = ".seg.nrrd"
LESION = 1
"""The label of MRI."""
_GREY = (0.6, 0.6, 0.6)


def read_version(path: Path, sha256: str) -> Mask:
    """The labels of a proposal or version, if they are those that were recorded.

    Raises:
        InputError: if the file is missing, was changed, or cannot be read.
    """
    if sha256_of(path) != sha256:
        raise InputError(
            "was changed since it was recorded", where=path, fix="See strokeseg review verify; take a copy back"
        )
    return read_mask(path)


def given_labels(path: Path, reference: Mask, modality: Modality) -> sitk.Image:
    """The labels of a file that a reader has corrected elsewhere, on the proposal's grid; uint8.

    Of a .seg.nrrd each segment counts as the label that it was made of, whatever Slicer has numbered it since; it may
    be cropped. Any other volume holds the labels themselves, on the very grid; the one value of a mask of MRI, such as
    255, is the lesion.

    Raises:
        InputError: if it cannot be read, is no label map, has other labels but no lesion, or lies on another grid.
        OutputError: if it is a .seg.nrrd and slicer is not installed.
    """
    on = reference.grid.image(np.zeros(reference.grid.shape, np.uint8))
    if path.name.lower().endswith(SUFFIX):
        from ..slicer_bridge.files import read_labels

        return read_labels(path, on)
    if volume_suffix(path) is None:
        raise InputError("is no volume", where=path, fix="Give .seg.nrrd, NIfTI, NRRD or MetaImage")
    labels = laid(sitk_of(read_mask(path)), reference, str(path))
    return _with_lesion(labels, path) if modality == "mri" else labels


def _with_lesion(labels: sitk.Image, path: Path) -> sitk.Image:
    """A label map of MRI in which what is marked is the lesion.

    Raises:
        InputError: if several labels occur, and the lesion's is not among them.
    """
    voxels = sitk.GetArrayFromImage(labels)
    values = [int(value) for value in np.unique(voxels) if value]
    if not values or LESION in values:
        return labels
    if len(values) > 1:
        shown = ", ".join(map(str, values))
        raise InputError(f"holds the labels {shown}, and none is 1, the lesion", where=path, fix="Number the lesion 1")
    return Grid.of(labels).image(np.where(voxels > 0, LESION, 0).astype(np.uint8))


def sitk_of(mask: Mask) -> sitk.Image:
    """The labels as an image, uint8.

    Raises:
        InputError: if a label is beyond 255.
    """
    if mask.labels.size and mask.labels.max() > np.iinfo(np.uint8).max:
        raise InputError("holds a label beyond 255", where=mask.path, fix="Number the labels from 1 on")
    return mask.grid.image(mask.labels.astype(np.uint8))


def laid(labels: sitk.Image, reference: Mask, where: str) -> sitk.Image:
    """The labels with the reference's very grid, from which they may differ by a file's rounding.

    Raises:
        InputError: if they lie on another grid, or are no whole numbers from 0 to 255.
    """
    if not Grid.of(labels).same(reference.grid):
        raise InputError(
            f"does not lie on the grid of the proposal ({Grid.of(labels).words} against {reference.grid.words})",
            where=where,
            fix="Draw on the volume that the proposal lies on",
        )
    voxels = sitk.GetArrayFromImage(labels)
    if voxels.min() < 0 or voxels.max() > np.iinfo(np.uint8).max or not np.array_equal(voxels, np.rint(voxels)):
        raise InputError("is no label map of whole numbers from 0 to 255", where=where, fix="Give the mask")
    return reference.grid.image(voxels.astype(np.uint8))


def styles_of(labels: sitk.Image, modality: Modality) -> Mapping[int, SegmentStyle]:
    """How labels are drawn: the modality's always, others that a reader has added as grey segments."""
    known = SEGMENTS[modality]
    values = (int(value) for value in np.unique(sitk.GetArrayViewFromImage(labels)) if value)
    return {**known, **{value: _added(value) for value in values if value not in known}}


def _added(value: int) -> SegmentStyle:
    altered = MORPHOLOGICALLY_ALTERED
    return SegmentStyle(f"Segment_{value}", f"Segment {value}", _GREY, category=altered, type=altered)


@dataclass(frozen=True)
class Drawing:
    """Labels that a reader has drawn, on their way to a file.

    Attributes:
        labels: uint8.
        modality: says which segments there are.
        reader: who drew.
    """

    labels: sitk.Image
    modality: Modality
    reader: str

    def write(self, path: Path) -> None:
        """Writes the labels as a segmentation.

        Raises:
            OutputError: if the file cannot be written, or slicer is not installed.
        """
        from ..slicer_bridge.files import write_labels

        write_labels(self.labels, styles_of(self.labels, self.modality), Maker(self.reader), path)

    @contextmanager
    def apart(self, folder: Path) -> Iterator[Path]:
        """The labels in a file beside those of the case, for the block; whoever wants to keep it moves it.

        What a killed process has left of such files goes. If the block cannot bring the file into its place, the
        labels are written among the system's temporary files.

        Raises:
            OutputError: if something cannot be written; it says where the labels are instead.
        """
        try:
            try:
                make_folder(folder)
                with scratch_folder(folder) as place:
                    self.write(path := place / f"labels{SUFFIX}")
                    yield path
            except OSError as error:
                raise OutputError(
                    f"cannot be written to ({error.strerror or error})",
                    where=folder,
                    fix="Check the rights on the folder and the space on its disk",
                ) from error
        except OutputError as error:
            raise OutputError(f"{error.what}; {self._rescued()}", where=error.where, fix=error.fix) from error

    def _rescued(self) -> str:
        """Where the labels are among the temporary files, in words."""
        home = Path(tempfile.mkdtemp(prefix="strokeseg-kept-"))
        try:
            self.write(path := home / f"labels{SUFFIX}")
        except OutputError:
            shutil.rmtree(home, ignore_errors=True)
            return "what was drawn could not be written among the temporary files either"
        return f"what was drawn is in {path}"


def keep_as_version(draft: Path, folder: Path) -> Path:
    """Moves a file to the next free number among a case's versions: v01.seg.nrrd, v02.seg.nrrd and so on.

    Raises:
        OSError: if it cannot be moved.
    """
    for number in count(1):
        path = folder / f"v{number:02d}{SUFFIX}"
        if is_there(path):
            continue
        try:
            move_new(draft, path)
        except FileExistsError:
            continue
        return path
    raise AssertionError("unreachable")
