"""Files of a segmentation node as it stands; each is whole or not there, and takes no other file away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer

from StrokeSegLogic.base.aside import is_there
from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.base.files import sha256_of
from StrokeSegLogic.base.records import is_unchanged
from StrokeSegLogic.base.reservation import reserved

_written: dict[Path, str] = {}
"""SHA-256 of each file that this session has exported, by its path."""
_FIX = "Check that the folder can be written to, and that its disk is not full"


def write_seg_nrrd(node: Any, path: Path) -> str:
    """Slicer's segmentation file. The node's own file name in the scene stays as it is.

    Returns:
        Where a file is now that was there before and not ours, in words; "" without.

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

    return _put(path, write)


def write_labels_nifti(node: Any, reference: Any, path: Path) -> str:
    """uint8 labels on the reference volume's whole grid.

    Returns:
        As `write_seg_nrrd`.

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

    return _put(path, write)


def write_text(text: str, path: Path) -> str:
    """A text file in UTF-8.

    Returns:
        As `write_seg_nrrd`.

    Raises:
        OutputError: if it cannot be written.
    """
    return _put(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def _put(path: Path, write: Callable[[Path], object]) -> str:
    """Writes in a hidden folder, under the file's own name, and brings it to the path when all went well.

    What is there already is replaced if this session has written it and it is unchanged; else it is moved aside.
    """
    if not path.parent.is_dir():
        raise OutputError("its folder is not there", where=path, fix=_FIX)
    try:
        with reserved(path.parent, (path.name,), overwrite=True) as held, held.draft() as work:
            write(work.new / path.name)
            digest = sha256_of(work.new / path.name)
            ours = is_unchanged(path, _written.get(path))
            work.publish([path.name], {path.name: _written[path] if ours else None} if is_there(path) else {})
            moved = work.finish()
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror or error})", where=path, fix=_FIX) from error
    _written[path] = digest
    return moved
