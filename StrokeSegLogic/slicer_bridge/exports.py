"""A segmentation node of the scene as a file: what is shown, as it stands now."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk

from ..base.errors import OutputError
from .files import FIX, replacing, write_segments
from .runtime import SegmentationNode, VolumeNode, load_slicer
from .segmentations import labels_of
from .segments import shown_segments


def export_segments(node: SegmentationNode, path: Path) -> None:
    """Writes a segmentation node as it stands, less what is hidden; its own file name in the scene stays as it is.

    Args:
        node: a vtkMRMLSegmentationNode.
        path: ends in ".seg.nrrd"; an existing file is replaced once the new file is complete.

    Raises:
        OutputError: if the file cannot be written.
    """
    shown = shown_segments(node)
    if shown is not node.GetSegmentation():
        holder = load_slicer().vtkMRMLSegmentationNode()
        holder.SetName(node.GetName())
        holder.SetDescription(node.GetDescription())
        holder.SetAndObserveSegmentation(shown)
        node = holder
    with replacing(path, ".seg.nrrd") as draft:
        write_segments(node, draft, path)


def export_labels(node: SegmentationNode, reference: VolumeNode, path: Path) -> None:
    """Writes a segmentation node's labels, uint8, on the reference volume's whole grid.

    Args:
        node: a vtkMRMLSegmentationNode.
        reference: a volume node.
        path: ends in ".nii.gz"; an existing file is replaced once the new file is complete.

    Raises:
        InputError: if a parent transform is not linear or distorts.
        OutputError: if the file cannot be written.
    """
    labels = labels_of(node, reference)
    with replacing(path, ".nii.gz") as draft:
        try:
            sitk.WriteImage(labels, str(draft))
        except RuntimeError:
            raise OutputError("the file cannot be written", where=path, fix=FIX) from None
