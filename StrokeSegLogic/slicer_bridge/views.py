"""How a result looks when its scene is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..outcome import Layer, Outcome
from ..palettes import PaletteName, colours
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
_ABOVE_NOTHING = 1e-6
"""Maps are 0 outside the brain."""
_VIEWS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}
"""The slice views of Slicer's standard layouts, each known by its colour and that colour's first letter."""
_VIEW_SIZE = (400, 400)
"""Pixels for which the views are fitted; Slicer keeps the field of view when it has its own size."""


def show_layer(scene: Scene, node: VolumeNode, layer: Layer) -> None:
    """Shows a volume node as its layer says: in which colours, and over which values.

    Probability below 5 %, and values of 0 or less of all that is coloured, are see-through.
    """
    display = node.GetDisplayNode()
    if layer.unit:
        node.SetDescription(f"In {layer.unit}")
    if layer.window is not None:
        display.AutoWindowLevelOff()
        display.SetWindowLevelMinMax(*layer.window)
    if layer.look == "grey":
        return
    _, high = layer.window or node.GetImageData().GetScalarRange()
    if layer.look == "heat":
        display.SetAndObserveColorNodeID(_PROBABILITY_COLOURS)
        _show_from(display, 0.05, high)
    elif layer.look == "counts":
        display.SetAndObserveColorNodeID(_agreement_colours(scene).GetID())
        display.SetInterpolate(False)
        _show_from(display, 1.0, high)
    else:
        display.SetAndObserveColorNodeID(_colours(scene, layer.look).GetID())
        _show_from(display, _ABOVE_NOTHING, max(high, node.GetImageData().GetScalarRange()[1]))


def _show_from(display: Any, lowest: float, highest: float) -> None:
    display.SetAutoThreshold(False)
    display.SetThreshold(lowest, highest)
    display.ApplyThresholdOn()


def _agreement_colours(scene: Scene) -> Any:
    """One colour for each number of planes."""
    table = _table(scene, "PlaneAgreement", len(_AGREEMENT_COLOURS))
    for index, (name, rgb) in enumerate(_AGREEMENT_COLOURS.items()):
        table.SetColor(index, name, *rgb)
    return table


def _colours(scene: Scene, palette: PaletteName) -> Any:
    """A palette as a table of the scene, added once: Slicer ships its like as files, which a bare scene lacks."""
    name = f"StrokeSeg {palette}"
    known = scene.GetFirstNodeByName(name)
    if known is not None:
        return known
    table = _table(scene, name, 256)
    for index, rgb in enumerate(colours(palette, np.linspace(0, 1, 256)) / 255):
        table.SetColor(index, f"{index}", *(float(part) for part in rgb))
    return table


def _table(scene: Scene, name: str, size: int) -> Any:
    table = scene.AddNewNodeByClass("vtkMRMLColorTableNode", name)
    table.SetTypeToUser()
    table.SetAttribute("Category", "StrokeSeg")
    table.SetHideFromEditors(False)  # hidden ones are saved in a folder apart
    table.SetNumberOfColors(size)
    return table


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
