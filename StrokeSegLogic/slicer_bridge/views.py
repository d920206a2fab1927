"""How a result looks when its scene is opened."""

from __future__ import annotations

from collections.abc import Mapping

from ..result.outcome import Outcome
from .runtime import Scene, SegmentationNode, VolumeNode, load_slicer
from .volumes import to_ras

_VIEWS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}
"""The slice views of Slicer's standard layouts, each known by its colour and that colour's first letter."""
_VIEW_SIZE = (400, 400)
"""Pixels for which the views are fitted; Slicer keeps the field of view when it has its own size."""


def show_result(scene: Scene, segmentation: Outcome, nodes: Mapping[str, VolumeNode]) -> None:
    """Sets the three slice views on the background layer, in its own planes, at the result's focus.

    The foreground layer lies in front, faded out: one slider brings it up.

    Args:
        scene: that the nodes are in.
        segmentation: says what to show.
        nodes: of the layers, by name.
    """
    slicer = load_slicer()
    background = nodes[segmentation.background]
    focus = segmentation.focus_mm
    for view, orientation in _VIEWS.items():
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLScene(scene)
        node = logic.AddSliceNode(view)
        # Slicer's own views take these from the file, too.
        node.SetLayoutLabel(view[0])
        node.SetLayoutColor(getattr(slicer.vtkMRMLSliceNode, f"Get{view}Color")())
        node.SetOrientation(orientation)
        composite = logic.GetSliceCompositeNode()
        composite.SetBackgroundVolumeID(background.GetID())
        if segmentation.foreground:
            composite.SetForegroundVolumeID(nodes[segmentation.foreground].GetID())
        composite.SetForegroundOpacity(0.0)
        node.SetDimensions(*_VIEW_SIZE, 1)
        node.RotateToVolumePlane(background)
        logic.FitSliceToBackground(*_VIEW_SIZE)
        if focus is not None:
            node.JumpSliceByOffsetting(*to_ras(focus))
        logic.SetMRMLScene(None)


def show_segmentation(node: SegmentationNode, visible: bool = True) -> None:
    """Shows segments as an outline with a light filling, so that the tissue below stays readable."""
    display = node.GetDisplayNode()
    display.SetVisibility(visible)
    display.SetAllSegmentsVisibility(True)
    display.SetOpacity2DFill(0.3)
    display.SetOpacity2DOutline(1.0)


def show_outline(node: SegmentationNode) -> None:
    """Shows segments as thin lines without filling, hidden until they are asked for."""
    display = node.GetDisplayNode()
    display.SetVisibility(False)
    display.SetOpacity2DFill(0.0)
    display.SetOpacity2DOutline(1.0)
    display.SetSliceIntersectionThickness(2)
