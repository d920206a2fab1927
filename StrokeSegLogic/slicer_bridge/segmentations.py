"""Labels to and from editable segmentation nodes, and how segments are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import SimpleITK as sitk

from .. import __version__
from ..base.errors import InputError
from ..result.looks import BRAIN_STYLE, SegmentStyle
from ..result.outcome import Maker, Outcome
from ..space.grid import Grid
from ..space.resampling import resample
from ..space.volume import Volume
from .runtime import Scene, SegmentationNode, VolumeNode, load_slicer
from .segments import LABEL_TAG, LABELMAP, shown_segments, tagged_value
from .volumes import numpy_voxels, oriented_grid, set_oriented_geometry, volume_grid, vtk_scalars

RESEARCH = "Research use only, not a medical device."
_PALER = 0.65
"""Part of the way to white of the model's own outline."""


def add_segmentation(
    scene: Scene, segmentation: Outcome, reference_node: VolumeNode, name: str = "StrokeSeg"
) -> SegmentationNode:
    """Adds a result to the scene as a segmentation node that can be edited at once.

    Every label that the result has a style for becomes a segment, also where the labels hold none of it, so that a
    reader can draw what was not found. The node's description says that it is for research, what a network has learned
    from, and the result's warnings.

    Args:
        scene: the scene that `reference_node` is in.
        segmentation: the result.
        reference_node: the volume node on whose grid it lies, parent transforms included.
        name: the node's name.

    Raises:
        InputError: if the labels do not lie on the reference node's grid.
        OutputError: if slicer is not installed.
    """
    if not segmentation.grid.same(volume_grid(reference_node)):
        raise InputError(
            f"the segmentation does not lie on the grid of {reference_node.GetName()}",
            where=segmentation.case.name,
            fix=f"Give the volume node that the {segmentation.reference} volume came from, unmoved since",
        )
    labels = Volume(segmentation.array(), segmentation.grid)
    node = add_segments(scene, name, labels, segmentation.styles, segmentation.maker, segmentation.warnings)
    keep_grid(node, reference_node)
    return node


def add_segments(
    scene: Scene,
    name: str,
    labels: Volume,
    styles: Mapping[int, SegmentStyle],
    maker: Maker,
    warnings: Sequence[str],
    hidden: bool = False,
) -> SegmentationNode:
    """Adds labels as a segmentation node with a segment for every style, also where the labels hold none of it.

    Args:
        scene: any MRML scene.
        name: of the node.
        labels: uint8.
        styles: by label value, in the order of the segments' list.
        maker: what drew the labels.
        warnings: what a reader must know; they stand in the node's description.
        hidden: whether it is not to be seen yet: every change of what is seen is drawn in every view.
    """
    slicer = load_slicer()
    # All segments share one labelmap: one layer, and nothing is drawn twice.
    labelmap = slicer.vtkOrientedImageData()
    labelmap.SetDimensions(labels.grid.size)
    labelmap.GetPointData().SetScalars(vtk_scalars(np.asarray(labels.array)))
    set_oriented_geometry(labelmap, labels.grid)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.SetDescription(" ".join(filter(None, (RESEARCH, maker.words, *warnings))))
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetVisibility(not hidden)
    for label, style in styles.items():
        segment = _segment(label, style, maker)
        segment.AddRepresentation(LABELMAP, labelmap)
        node.GetSegmentation().AddSegment(segment, style.id)
    return node


def add_brain(scene: Scene, brain: Volume, found: str, reference_node: VolumeNode | None) -> SegmentationNode:
    """Adds the brain mask as a segmentation node of its own, hidden.

    A segment beside the findings would overlap them: files would need a second layer, which most readers do not know,
    and painting a lesion would take the voxels from the brain.

    Args:
        scene: any MRML scene.
        brain: uint8, not 0 in the brain.
        found: how it came about, in words.
        reference_node: the volume node on whose grid it lies, if there is any.
    """
    mask = Volume((np.asarray(brain.array) > 0).astype(np.uint8), brain.grid)
    words = (f"Brain mask: {found}.",) if found else ()
    # Each with a name of its own: they are chosen from a list.
    name = scene.GenerateUniqueName("StrokeSeg brain")
    node = add_segments(scene, name, mask, {1: BRAIN_STYLE}, Maker(""), words, hidden=True)
    show_outline(node, thickness=1)
    if reference_node is not None:
        keep_grid(node, reference_node)
    return node


def read_mask(node: SegmentationNode) -> Volume:
    """All segments of a segmentation node together, uint8, 1 in any of them, where the user sees them.

    Raises:
        InputError: if there is no segment, or a parent transform is not linear or distorts.
        OutputError: if slicer is not installed.
    """
    slicer = load_slicer()
    holder = slicer.vtkMRMLSegmentationNode()
    holder.SetAndObserveSegmentation(shown_segments(node))
    merged = slicer.vtkOrientedImageData()
    filled = holder.GetSegmentation().GetNumberOfSegments() and holder.GenerateMergedLabelmapForAllSegments(merged)
    if not filled or merged.IsEmpty():
        raise InputError("holds no segment with voxels", where=node.GetName(), fix="Choose another segmentation")
    mask = (numpy_voxels(merged) != 0).astype(np.uint8)
    return Volume(mask, oriented_grid(merged, node), node.GetName())


def keep_grid(node: SegmentationNode, reference: VolumeNode) -> None:
    """Ties a segmentation to a volume's grid: without it, saving and exporting would cut the grid down to the
    lesion."""
    node.SetReferenceImageGeometryParameterFromVolumeNode(reference)


def volumes_ml(node: SegmentationNode) -> dict[str, float]:
    """Volume of each segment as it is now, ml, by the segment's name."""
    found = {}
    segmentation = node.GetSegmentation()
    for segment in _segments(segmentation):
        labelmap = segment.GetRepresentation(LABELMAP)
        count, voxel_ml = 0, 0.0
        if labelmap is not None and not labelmap.IsEmpty():
            count = int(np.count_nonzero(numpy_voxels(labelmap) == segment.GetLabelValue()))
            voxel_ml = float(np.prod(labelmap.GetSpacing())) / 1000
        found[segment.GetName()] = count * voxel_ml
    return found


def copy_segments(source: SegmentationNode, target: SegmentationNode) -> None:
    """Gives the target the source's segments: those that it lacks anew, with all their tags, and no others.

    A segment that is in both keeps its name and colour in the target, and takes the source's voxels.
    """
    slicer = load_slicer()
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    there, wanted = target.GetSegmentation(), source.GetSegmentation().GetSegmentIDs()
    for segment_id in there.GetSegmentIDs():
        if segment_id not in wanted:
            there.RemoveSegment(segment_id)
    for index, segment_id in enumerate(wanted):
        if there.GetSegment(segment_id) is None:
            segment = slicer.vtkSegment()
            segment.DeepCopyMetadata(source.GetSegmentation().GetSegment(segment_id))
            there.AddSegment(segment, segment_id)
            there.SetSegmentIndex(segment_id, index)
        labelmap = slicer.vtkOrientedImageData()
        source.GetBinaryLabelmapRepresentation(segment_id, labelmap)
        logic.SetBinaryLabelmapToSegment(labelmap, target, segment_id, logic.MODE_REPLACE)


def labels_of(node: SegmentationNode, reference: sitk.Image | VolumeNode) -> sitk.Image:
    """The labels of a segmentation node, edited or not, on the whole grid of a reference.

    A segment has the label value in its tag `StrokeSeg.Label`. Segments without it (drawn by hand, or by another
    tool) take the free values from 1 on, in their order. Where segments overlap, the later segment wins. What is hidden
    is left out.

    Args:
        node: a vtkMRMLSegmentationNode; it is not changed.
        reference: an image (mm, LPS) or a volume node.

    Returns:
        uint8 labels; all zero where the node has no segment.

    Raises:
        InputError: if a parent transform is not linear or distorts, or there are more than 255 segments.
        OutputError: if slicer is not installed.
    """
    grid = Grid.of(reference) if isinstance(reference, sitk.Image) else volume_grid(reference)
    segmentation = shown_segments(node)
    labels = np.zeros(grid.shape, np.uint8)
    for segment, value in _values(segmentation, node.GetName()):
        labelmap = segment.GetRepresentation(LABELMAP)
        if labelmap is None or labelmap.IsEmpty():
            continue
        mask = (numpy_voxels(labelmap) == segment.GetLabelValue()).astype(np.uint8)
        image = resample(oriented_grid(labelmap, node).image(mask), grid, "nearest")
        labels[sitk.GetArrayViewFromImage(image) > 0] = value
    return grid.image(labels)


def _segment(label: int, style: SegmentStyle, maker: Maker) -> Any:
    segment = load_slicer().vtkSegment()
    segment.SetName(style.name)
    segment.SetColor(style.colour)
    # Else Slicer names and colours it after the terminology's entry.
    segment.SetNameAutoGenerated(False)
    segment.SetColorAutoGenerated(False)
    segment.SetLabelValue(label)
    tags = {
        segment.GetTerminologyEntryTagName(): style.slicer_terminology_string(),
        LABEL_TAG: str(label),
        "StrokeSeg.Version": __version__,
        "StrokeSeg.Model": maker.name,
        "StrokeSeg.Weights": maker.weights_sha256,
        "StrokeSeg.TrainedOn": maker.trained_on,
        # DICOM SEG export asks for these two; the name is a "long string" of at most 64 characters there.
        "DICOM.SegmentAlgorithmType": "AUTOMATIC",
        "DICOM.SegmentAlgorithmName": f"StrokeSeg {__version__} {maker.name}"[:64].strip(),
    }
    for key, value in tags.items():
        # Files part tags by "|" and lines.
        segment.SetTag(key, " ".join(value.replace("|", "/").split()))
    return segment


def _segments(segmentation: Any) -> list[Any]:
    return [segmentation.GetNthSegment(index) for index in range(segmentation.GetNumberOfSegments())]


def _values(segmentation: Any, name: str) -> list[tuple[Any, int]]:
    """Every segment with its label value."""
    segments = _segments(segmentation)
    tagged = [tagged_value(segment) for segment in segments]
    free = (value for value in range(1, 256) if value not in tagged)
    values = [value or next(free, 0) for value in tagged]
    if 0 in values:
        raise InputError("has more than 255 segments", where=name, fix="Remove those that are not needed")
    return list(zip(segments, values, strict=True))


def show_segmentation(node: SegmentationNode, visible: bool = True) -> None:
    """Shows segments as an outline with a light filling, so that the tissue below stays readable."""
    display = node.GetDisplayNode()
    display.SetAllSegmentsVisibility(True)
    display.SetOpacity2DFill(0.3)
    display.SetOpacity2DOutline(1.0)
    display.SetVisibility(visible)


def show_outline(node: SegmentationNode, thickness: int = 2, pale: bool = False) -> None:
    """Shows segments as thin lines (pixels) without filling, hidden until they are asked for.

    Args:
        node: of the segments, whose own colours stay.
        thickness: of the lines.
        pale: lines are paler than the segments' colours, so that they are told from another version of the same.
    """
    display = node.GetDisplayNode()
    display.SetVisibility(False)
    display.SetOpacity2DFill(0.0)
    display.SetOpacity2DOutline(1.0)
    display.SetSliceIntersectionThickness(thickness)
    if pale:
        segmentation = node.GetSegmentation()
        for number, segment in enumerate(_segments(segmentation)):
            colour = (value + _PALER * (1 - value) for value in segment.GetColor())
            display.SetSegmentOverrideColor(segmentation.GetNthSegmentID(number), *colour)
