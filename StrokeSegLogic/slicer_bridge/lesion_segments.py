"""Lesions in a segmentation node: taken out, taken in, hidden for being small, marked as kept.

What is hidden is a segment of its own in the same node, which nobody sees: so undo brings lesions and hidden lesions
back together, a saved scene keeps both, and the slider loses nothing. Whatever leaves through `segmentations` and
`files` has no such segment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..result.looks import SEGMENTS
from ..space.grid import Grid
from ..space.masks import cut
from ..space.resampling import resample
from ..space.volume import Volume
from .runtime import SegmentationNode, load_slicer, load_vtk
from .segmentations import labels_of
from .segments import HIDDEN_TAG, LABELMAP, is_hidden, segment_tag, segments_by_id, tagged_value
from .volumes import numpy_voxels, oriented_grid, set_oriented_geometry, vtk_scalars

KEPT_TAG = "StrokeSeg.Kept"
"""Tag of the lesion's segment: "x,y,z;x,y,z", mm, LPS, a voxel of each lesion that a reader has marked as kept. The
segment holds it and not the panel, so that the Segment Editor's undo takes it back, too."""
Point = tuple[float, float, float]
_HIDDEN_ID = "StrokeSegHidden"
_SAME_VOXEL = 1e-3
_LESION = next(iter(SEGMENTS["mri"]))


def lesion_segment(node: SegmentationNode) -> str | None:
    """ID of the segment that holds the ischemic lesion; None where there is none any more."""
    for segment_id, segment in segments_by_id(node).items():
        if tagged_value(segment) == _LESION and not is_hidden(segment):
            return segment_id
    return None


def hidden_segment(node: SegmentationNode) -> str | None:
    """ID of the segment of what is hidden; None where nothing is."""
    return next((key for key, segment in segments_by_id(node).items() if is_hidden(segment)), None)


def segment_voxels(node: SegmentationNode, segment_id: str) -> Volume:
    """A copy of a segment's voxels, uint8, on its own part of the grid; a single voxel that is 0 where it has none.

    Raises:
        InputError: if a parent transform is not linear or distorts.
    """
    segment = node.GetSegmentation().GetSegment(segment_id)
    labelmap = segment.GetRepresentation(LABELMAP)
    if labelmap is None or labelmap.IsEmpty():
        return _nothing()
    mask = numpy_voxels(labelmap) == segment.GetLabelValue()
    return Volume(mask.view(np.uint8), oriented_grid(labelmap, node))


def take_out(node: SegmentationNode, segment_id: str, part: Volume) -> None:
    """Takes the voxels of a part (not 0) from a segment; no other segment changes."""
    own = segment_voxels(node, segment_id)
    left = np.asarray(own.array)
    if not left.any():
        return
    start = own.grid.to_index(np.array([part.grid.origin]))[0]
    first = np.rint(start).astype(int)
    lattice = Grid(part.grid.size, own.grid.spacing, part.grid.origin, own.grid.direction)
    if np.abs(start - first).max() < _SAME_VOXEL and lattice.same(part.grid):
        last = first + np.array(part.grid.size)
        low, high = np.clip(first, 0, own.grid.size), np.clip(last, 0, own.grid.size)
        box = tuple(slice(a, b) for a, b in zip(low[::-1], high[::-1], strict=True))
        inner = tuple(slice(a, b) for a, b in zip((low - first)[::-1], (high - first)[::-1], strict=True))
        left[box][np.asarray(part.array)[inner] != 0] = 0
    else:
        left[sitk.GetArrayViewFromImage(resample(part.image(), own.grid, "nearest")) != 0] = 0
    # Merged by the minimum, a segment that shares its layer with another would be given a layer of its own.
    _put(node, segment_id, cut(left, own.grid), load_slicer().vtkSlicerSegmentationsModuleLogic.MODE_REPLACE)


def take_in(node: SegmentationNode, segment_id: str, part: Volume) -> int:
    """Gives a segment the voxels of a part (not 0) that no other segment has; what is hidden is no other segment.

    Returns:
        How many voxels it got that it had not.
    """
    labels = sitk.GetArrayFromImage(labels_of(node, part.grid.image(np.zeros(part.grid.shape, np.uint8))))
    segment = node.GetSegmentation().GetSegment(segment_id)
    own = tagged_value(segment)
    free = (np.asarray(part.array) != 0) & ((labels == 0) | (labels == own))
    _add(node, segment_id, Volume(free.astype(np.uint8), part.grid))
    if (hidden := hidden_segment(node)) is not None:
        take_out(node, hidden, part)
    return int((free & (labels == 0)).sum())


def replace_voxels(node: SegmentationNode, segment_id: str, part: Volume | None) -> None:
    """Gives a segment just the voxels of a part (not 0), or none."""
    mode = load_slicer().vtkSlicerSegmentationsModuleLogic.MODE_REPLACE
    _put(node, segment_id, _nothing() if part is None else part, mode)


def move_hidden(node: SegmentationNode, segment_id: str, hide: Volume | None, show: Volume | None, name: str) -> None:
    """Hides a part of a segment, and shows a part of what is hidden.

    Args:
        node: of the segment.
        segment_id: of the segment that parts are taken from and given back to.
        hide, show: not 0 inside; None for nothing.
        name: of the segment of what is hidden, for those who look at the list of segments.
    """
    hidden = hidden_segment(node)
    if show is not None and hidden is not None:
        take_out(node, hidden, show)
        _add(node, segment_id, show)
    if hide is not None:
        hidden = hidden or _add_hidden(node, segment_id)
        take_out(node, segment_id, hide)
        _add(node, hidden, hide)
    if hidden is None:
        return
    if not segment_voxels(node, hidden).array.any():  # type: ignore[union-attr]
        node.GetSegmentation().RemoveSegment(hidden)
        return
    segment = node.GetSegmentation().GetSegment(hidden)
    if segment.GetName() != name:
        segment.SetName(name)
    keep_unseen(node)


def keep_unseen(node: SegmentationNode) -> None:
    """What is hidden is not drawn: undo brings the segment back without its looks."""
    display, hidden = node.GetDisplayNode(), hidden_segment(node)
    if hidden is not None and display is not None and display.GetSegmentVisibility(hidden):
        display.SetSegmentVisibility(hidden, False)


def hidden_ml(node: SegmentationNode) -> float:
    """Volume of what is hidden."""
    if (hidden := hidden_segment(node)) is None:
        return 0.0
    voxels = segment_voxels(node, hidden)
    return float(np.count_nonzero(np.asarray(voxels.array)) * voxels.grid.voxel_ml)


@contextmanager
def nothing_hidden(node: SegmentationNode) -> Iterator[None]:
    """Inside, the node lacks what is hidden: for what Slicer itself exports. Afterwards it is there again."""
    if (hidden := hidden_segment(node)) is None:
        yield
        return
    kept = load_slicer().vtkSegment()
    kept.DeepCopy(node.GetSegmentation().GetSegment(hidden))
    voxels = cut(np.asarray((own := segment_voxels(node, hidden)).array), own.grid)
    node.GetSegmentation().RemoveSegment(hidden)
    try:
        yield
    finally:
        kept.RemoveAllRepresentations()
        node.GetSegmentation().AddSegment(kept, hidden)
        _add(node, hidden, voxels)
        keep_unseen(node)


def kept_points(node: SegmentationNode, segment_id: str) -> tuple[Point, ...]:
    """The points, mm, LPS, by which lesions are marked as kept; a mark that cannot be read is none."""
    found = []
    for text in segment_tag(node.GetSegmentation().GetSegment(segment_id), KEPT_TAG).split(";"):
        try:
            x, y, z = (float(number) for number in text.split(","))
        except ValueError:
            continue
        found.append((x, y, z))
    return tuple(found)


def mark_kept(node: SegmentationNode, segment_id: str, points: Sequence[Point]) -> None:
    """Marks the lesions that hold these points, and no others, as kept."""
    text = ";".join(",".join(f"{mm:.3f}" for mm in point) for point in points)
    node.GetSegmentation().GetSegment(segment_id).SetTag(KEPT_TAG, text)


def _nothing() -> Volume:
    """A single voxel that is 0."""
    upright = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    return Volume(np.zeros((1, 1, 1), np.uint8), Grid((1, 1, 1), (1.0,) * 3, (0.0,) * 3, upright))


def _add_hidden(node: SegmentationNode, segment_id: str) -> str:
    segmentation = node.GetSegmentation()
    segment = load_slicer().vtkSegment()
    segment.SetNameAutoGenerated(False)
    segment.SetColor(segmentation.GetSegment(segment_id).GetColor())
    segment.SetTag(HIDDEN_TAG, segment_id)
    segmentation.AddSegment(segment, _HIDDEN_ID)
    node.GetDisplayNode().SetSegmentVisibility(_HIDDEN_ID, False)
    return _HIDDEN_ID


def _add(node: SegmentationNode, segment_id: str, part: Volume) -> None:
    logic = load_slicer().vtkSlicerSegmentationsModuleLogic
    empty = not np.asarray(segment_voxels(node, segment_id).array).any()
    # Nothing is merged with what has no extent; a maximum would mix up the values of segments that share a layer.
    _put(node, segment_id, part, logic.MODE_REPLACE if empty else logic.MODE_MERGE_MASK)


def _put(node: SegmentationNode, segment_id: str, part: Volume, mode: int) -> None:
    logic = load_slicer().vtkSlicerSegmentationsModuleLogic
    image = _labelmap(node, part)
    logic.SetBinaryLabelmapToSegment(image, node, segment_id, mode, image.GetExtent())


def _labelmap(node: SegmentationNode, part: Volume) -> Any:
    """The part as a vtkOrientedImageData in the node's own space.

    Where the node is tied to a grid it counts its indices, as the Segment Editor does: segments are parts of one
    lattice that their extents tell.
    """
    slicer = load_slicer()
    image, lattice = slicer.vtkOrientedImageData(), slicer.vtkOrientedImageData()
    converter = slicer.vtkSegmentationConverter
    geometry = node.GetSegmentation().GetConversionParameter(converter.GetReferenceImageGeometryParameterName())
    if geometry and converter.DeserializeImageGeometry(geometry, lattice, False):
        grid = oriented_grid(lattice, node)
        start = grid.to_index(np.array([part.grid.origin]))[0]
        first = np.rint(start).astype(int)
        whole = Grid(part.grid.size, grid.spacing, part.grid.origin, grid.direction)
        if np.abs(start - first).max() < _SAME_VOXEL and whole.same(part.grid):
            first += np.array(lattice.GetExtent()[::2])
            last = first + np.array(part.grid.size) - 1
            image.SetExtent(*(int(end) for ends in zip(first, last, strict=True) for end in ends))
            image.SetGeometryFromImageToWorldMatrix(_image_to_world(lattice))
            image.GetPointData().SetScalars(vtk_scalars(np.asarray(part.array)))
            return image
    image.SetDimensions(part.grid.size)
    image.GetPointData().SetScalars(vtk_scalars(np.asarray(part.array)))
    set_oriented_geometry(image, part.grid)
    return image


def _image_to_world(image: Any) -> Any:
    matrix = load_vtk().vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    return matrix
