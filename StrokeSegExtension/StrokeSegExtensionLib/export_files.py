"""Files of a segmentation node as it stands; each is whole or not there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer

from StrokeSegLogic.base.errors import OutputError

_FIX = "Check that the folder can be written to, and that its disk is not full"


def write_seg_nrrd(node: Any, path: Path) -> None:
    """Slicer's segmentation file. The node's own file name in the scene stays as it is.

    Raises:
        OutputError: if it cannot be written.
    """

    def write(draft: Path) -> None:
        storage = slicer.vtkMRMLSegmentationStorageNode()
        storage.SetFileName(str(draft))
        # Else only the box around the segments is written, and an empty result is one voxel.
        storage.SetCropToMinimumExtent(False)
        if not storage.WriteData(node) or not draft.exists():
            raise OutputError("Slicer could not write it", where=path, fix=_FIX)

    _replacing(path, write)


def write_labels_nifti(node: Any, reference: Any, path: Path) -> None:
    """uint8 labels on the reference volume's whole grid.

    Raises:
        InputError: if a parent transform is not linear or distorts.
        OutputError: if it cannot be written.
    """
    import SimpleITK as sitk

    from StrokeSegLogic.slicer_bridge.segmentations import labels_of

    labels = labels_of(node, reference)

    def write(draft: Path) -> None:
        try:
            sitk.WriteImage(labels, str(draft))
        except RuntimeError:
            raise OutputError("the file cannot be written", where=path, fix=_FIX) from None

    _replacing(path, write)


def write_text(text: str, path: Path) -> None:
    """A text file in UTF-8.

    Raises:
        OutputError: if it cannot be written.
    """
    _replacing(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def _replacing(path: Path, write: Callable[[Path], object]) -> None:
    """Writes beside the path, under the file's own name, and takes its place when all went well."""
    try:
        with tempfile.TemporaryDirectory(prefix=".strokeseg-", dir=path.parent) as folder:
            draft = Path(folder) / path.name
            write(draft)
            draft.replace(path)
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror or error})", where=path, fix=_FIX) from error
