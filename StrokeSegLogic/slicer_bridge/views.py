"""How a result looks when its scene is opened."""

from __future__ import annotations

from ..case import Role
from ..segmentation import Segmentation
from .geometry import to_ras
from .runtime import Scene, SegmentationNode, VolumeNode, load_slicer

_PROBABILITY_COLOURS = "vtkMRMLColorTableNodeIron"
"""One of the tables that every Slicer has, by its fixed ID: black, red, yellow, white."""
_AGREEMENT_COLOURS = {
    "no plane": (0.0, 0.0, 0.0),
    "one plane": (0.27, 0.46, 0.71),
    "two planes": (0.99, 0.68, 0.38),
    "three planes": (0.84, 0.10, 0.11),
}
_VIEWS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}
"""The slice views of Slicer's standard layouts, each known by its colour and that colour's first letter."""
_VIEW_SIZE = (400, 400)
"""Pixels for which the views are fitted; Slicer keeps the field of view when it has its own size."""


def show_probability(node: VolumeNode) -> None:
    """Shows a probability volume, 0 to 1, as heat; below 5 % it is see-through when laid over another volume."""
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(_PROBABILITY_COLOURS)
    display.AutoWindowLevelOff()
    display.SetWindowLevelMinMax(0.0, 1.0)
    display.SetAutoThreshold(False)
    display.SetThreshold(0.05, 1.0)
    display.ApplyThresholdOn()


def show_agreement(scene: Scene, node: VolumeNode) -> None:
    """Shows an agreement volume, 0 to 3 planes, with one colour for each number; where none agreed, nothing."""
    colours = scene.AddNewNodeByClass("vtkMRMLColorTableNode", "PlaneAgreement")
    colours.SetTypeToUser()
    colours.SetAttribute("Category", "StrokeSeg")
    colours.SetHideFromEditors(False)  # hidden ones are saved in a folder apart
    colours.SetNumberOfColors(len(_AGREEMENT_COLOURS))
    for index, (name, rgb) in enumerate(_AGREEMENT_COLOURS.items()):
        colours.SetColor(index, name, *rgb)
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(colours.GetID())
    display.SetInterpolate(False)
    display.AutoWindowLevelOff()
    display.SetWindowLevelMinMax(0.0, 3.0)
    display.SetAutoThreshold(False)
    display.SetThreshold(1.0, 3.0)
    display.ApplyThresholdOn()


def show_result(
    scene: Scene, segmentation: Segmentation, volumes: dict[Role, VolumeNode], probability: VolumeNode
) -> None:
    """Sets the three slice views on the reference, in its own planes, at the largest lesion.

    The probability lies in front of the reference, faded out: one slider brings it up.
    """
    slicer = load_slicer()
    reference = volumes[segmentation.reference]
    for view, orientation in _VIEWS.items():
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLScene(scene)
        node = logic.AddSliceNode(view)
        # Slicer's own views take these from the file, too.
        node.SetLayoutLabel(view[0])
        node.SetLayoutColor(getattr(slicer.vtkMRMLSliceNode, f"Get{view}Color")())
        node.SetOrientation(orientation)
        composite = logic.GetSliceCompositeNode()
        composite.SetBackgroundVolumeID(reference.GetID())
        composite.SetForegroundVolumeID(probability.GetID())
        composite.SetForegroundOpacity(0.0)
        node.SetDimensions(*_VIEW_SIZE, 1)
        node.RotateToVolumePlane(reference)
        logic.FitSliceToBackground(*_VIEW_SIZE)
        if segmentation.statistics.lesions:
            node.JumpSliceByOffsetting(*to_ras(segmentation.statistics.lesions[0].centre_mm))
        logic.SetMRMLScene(None)


def show_segmentation(node: SegmentationNode) -> None:
    """Shows segments as an outline with a light filling, so that the tissue below stays readable."""
    display = node.GetDisplayNode()
    display.SetVisibility(True)
    display.SetAllSegmentsVisibility(True)
    display.SetOpacity2DFill(0.3)
    display.SetOpacity2DOutline(1.0)
