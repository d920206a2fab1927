"""What the segments of a node are: by ID, by their tags, and which of them are in sight."""

from __future__ import annotations

from typing import Any

from ..base.errors import InputError
from .runtime import SegmentationNode, load_slicer, load_vtk

LABELMAP = "Binary labelmap"
"""Slicer's name of the representation that is edited and saved."""
LABEL_TAG = "StrokeSeg.Label"
"""Tag of a segment that holds its label value: segments can be renamed, reordered and moved between layers."""
HIDDEN_TAG = "StrokeSeg.Hidden"
"""Tag of a segment that holds what is hidden for being small: it is no part of what leaves."""


def shown_segments(node: SegmentationNode) -> Any:
    """The node's vtkSegmentation; a copy where something is hidden in it, which is left out, or where it was drawn or
    read as surfaces, with labelmaps.

    Raises:
        InputError: if surfaces cannot be turned into voxels.
    """
    segmentation = node.GetSegmentation()
    hidden = [key for key, segment in segments_by_id(node).items() if is_hidden(segment)]
    voxels = segmentation.GetNumberOfSegments() == 0 or segmentation.ContainsRepresentation(LABELMAP)
    if voxels and not hidden:
        return segmentation
    copy = load_slicer().vtkSegmentation()
    copy.DeepCopy(segmentation)
    for key in hidden:
        copy.RemoveSegment(key)
    if copy.GetNumberOfSegments() and not copy.CreateRepresentation(LABELMAP):
        raise InputError("the segments cannot be turned into voxels", where=node.GetName())
    return copy


def segments_by_id(node: SegmentationNode) -> dict[str, Any]:
    """The segments of a node, in their order."""
    segmentation = node.GetSegmentation()
    return {key: segmentation.GetSegment(key) for key in segmentation.GetSegmentIDs()}


def segment_tag(segment: Any, name: str) -> str:
    """The value of a segment's tag; "" where it has none."""
    value = load_vtk().reference("")
    return str(value) if segment.GetTag(name, value) else ""


def is_hidden(segment: Any) -> bool:
    """Whether a segment holds what is hidden for being small."""
    return bool(segment_tag(segment, HIDDEN_TAG))


def tagged_value(segment: Any) -> int:
    """The label value that a segment's tag gives it, or 0."""
    text = segment_tag(segment, LABEL_TAG)
    return int(text) if text.isdecimal() and int(text) < 256 else 0
