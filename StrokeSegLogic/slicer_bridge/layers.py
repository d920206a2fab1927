"""How a volume is shown: one look for the user's scene and for the scenes that are written."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..result.outcome import Display
from ..result.palettes import PaletteName, colours
from .runtime import Scene, VolumeNode

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


def show_layer(scene: Scene, node: VolumeNode, display: Display, highest: float) -> None:
    """Shows a volume node, which has a display node, in these colours and over these values.

    Probability below 5 %, and values of 0 or less of all that is coloured, are see-through.

    Args:
        scene: that the node is in.
        node: a vtkMRMLScalarVolumeNode.
        display: how.
        highest: of the node's values.
    """
    shown = node.GetDisplayNode()
    if display.unit:
        node.SetDescription(f"In {display.unit}")
    if display.window is not None:
        shown.AutoWindowLevelOff()
        shown.SetWindowLevelMinMax(*display.window)
        highest = max(highest, display.window[1])
    if display.look == "grey":
        return
    if display.look == "heat":
        shown.SetAndObserveColorNodeID(_PROBABILITY_COLOURS)
        _show_from(shown, 0.05, highest)
    elif display.look == "counts":
        shown.SetAndObserveColorNodeID(_agreement_colours(scene).GetID())
        shown.SetInterpolate(False)
        _show_from(shown, 1.0, highest)
    else:
        shown.SetAndObserveColorNodeID(_colours(scene, display.look).GetID())
        _show_from(shown, _ABOVE_NOTHING, highest)


def _show_from(display: Any, lowest: float, highest: float) -> None:
    display.SetAutoThreshold(False)
    display.SetThreshold(lowest, highest)
    display.ApplyThresholdOn()


def _agreement_colours(scene: Scene) -> Any:
    """One colour for each number of planes."""
    name = "StrokeSeg agreement"
    known = scene.GetFirstNodeByName(name)
    if known is not None:
        return known
    table = _table(scene, name, len(_AGREEMENT_COLOURS))
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
