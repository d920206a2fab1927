"""What our layout is: its number, its views and how many stand in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

import slicer

LAYOUT = -7415
"""Number of our layout. A scene file keeps the number and not what it stands for: a number that the reading Slicer does
not know leaves its view area empty, but for numbers below 0, in whose place it takes its own first layout."""
GROUP = 7415
"""Of our views: linked views of one group move together, also those that are not shown; the user's have another."""
COLOUR = (0x56 / 255, 0xB4 / 255, 0xE9 / 255)
_NARROW_PX = 1600
"""A window that is narrower has two columns: with three, bars and panel would make it wider than the screen."""


def view_name(number: int) -> str:
    """Of the n-th view, counted from 1."""
    return f"StrokeSeg{number}"


def is_shown(layout: Any) -> bool:
    """Whether a layout node asks for our layout."""
    return bool(layout.GetViewArrangement() == LAYOUT)


def show(layout: Any, titles: Sequence[str], window_px: int) -> None:
    """Makes a layout node ask for a grid of views.

    Args:
        layout: of the scene.
        titles: of the views.
        window_px: width of the main window.
    """
    description = layout_xml(titles, 2 if window_px < _NARROW_PX else 3)
    if layout.IsLayoutDescription(LAYOUT):
        layout.SetLayoutDescription(LAYOUT, description)
    else:
        layout.AddLayoutDescription(LAYOUT, description)
    layout.SetViewArrangement(LAYOUT)


def layout_xml(titles: Sequence[str], columns: int) -> str:
    """Slicer's description of a grid of axial slice views, `columns` of them in a row at most."""
    rows = -(-len(titles) // columns)
    columns = -(-len(titles) // rows)
    lines = [range(start, min(start + columns, len(titles))) for start in range(0, len(titles), columns)]
    filled = ("".join(_view(number, titles[number]) for number in line) for line in lines)
    text = "".join(f'<item><layout type="horizontal">{views}</layout></item>' for views in filled)
    return f'<layout type="vertical">{text}</layout>'


def _view(index: int, title: str) -> str:
    return (
        f'<item><view class="vtkMRMLSliceNode" singletontag="{view_name(index + 1)}">'
        '<property name="orientation" action="default">Axial</property>'
        f'<property name="viewlabel" action="default">{escape(title)}</property>'
        f'<property name="viewgroup" action="default">{GROUP}</property></view></item>'
    )


def add_view(scene: Any, name: str) -> None:
    """Adds the node of a slice view that is not shown yet: the application makes the view at once."""
    node = scene.CreateNodeByClass("vtkMRMLSliceNode")
    node.UnRegister(None)  # of a node that is created, and not only got, there is one reference too many in Python
    node.SetSingletonTag(name)
    node.SetLayoutName(name)
    node.SetName(name)
    scene.AddNode(node).SetOrientation("Axial")


def slim(widget: Any, title: str) -> None:
    """Takes from a slice view's bar what makes the view wide: the number beside the slider. The title is seen whole.

    Args:
        widget: a qMRMLSliceWidget.
        title: of the view.
    """
    bar = widget.sliceController()
    bar.sliceOffsetSlider().setSpinBoxVisible(False)
    bar.viewLabel().setText(title)
    bar.viewLabel().setMinimumWidth(bar.viewLabel().sizeHint.width())


def window_px() -> int:
    """Width of the main window; 0 where there is none."""
    window = slicer.util.mainWindow()
    return 0 if window is None else int(window.width)
