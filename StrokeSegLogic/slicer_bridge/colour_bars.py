"""The bar that says what the colours of a map mean, in every view that shows the map."""

from __future__ import annotations

from typing import Any

from .runtime import VolumeNode, load_slicer

_BAR_SIZE, _BAR_LABELS = (0.12, 0.5), 3
"""Parts of a view's width and height, and numbers beside the bar: small enough for views side by side."""


def show_bar(node: VolumeNode, title: str) -> None:
    """Gives a map a bar of its colours; a map that has a bar keeps it.

    Args:
        node: a volume node with a display node.
        title: of the bar, such as the unit.
    """
    bar = load_slicer().vtkSlicerColorLogic.AddDefaultColorLegendDisplayNode(node)
    bar.SetTitleText(title)
    bar.SetSize(*_BAR_SIZE)
    bar.SetNumberOfLabels(_BAR_LABELS)
    bar.SetLabelFormat("%.3g")


def draw_bars(composite: Any) -> None:
    """Has the bars of what a slice view shows drawn in it. A view that was made after a bar learns of it only when a
    volume is chosen in the view by hand.

    Args:
        composite: the view's vtkMRMLSliceCompositeNode.
    """
    composite.SetInteractionFlags(composite.BackgroundVolumeFlag)
    composite.Modified()
    composite.SetInteractionFlags(0)
