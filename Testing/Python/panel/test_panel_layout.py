"""The layout of the views side by side, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .opened import OpenedModule, our_views

if TYPE_CHECKING:
    from .standin.install import Slicer


def test_our_views_are_a_group_of_their_own(finished: OpenedModule) -> None:
    ours = [logic.GetSliceNode() for logic in finished.slice_views()]
    assert len(ours) > 1
    groups = {node.GetViewGroup() for node in ours}
    assert len(groups) == 1
    users = finished.slicer.scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    assert users.GetViewGroup() not in groups, "linked views of one group move together"


def test_a_scene_in_our_layout_has_views_before_the_panel_was_opened(running: Slicer) -> None:
    from types import SimpleNamespace

    from StrokeSegExtensionLib.views import LAYOUT

    import StrokeSegExtension as module

    node = running.app.layoutManager().layoutLogic().GetLayoutNode()
    assert not node.IsLayoutDescription(LAYOUT)
    module.StrokeSegExtension(SimpleNamespace(path=module.__file__))
    running.app._emit("startupCompleted()")
    before = node.GetViewArrangement()
    node.SetViewArrangement(LAYOUT)
    assert our_views(running.app.layoutManager()) == ("StrokeSeg1", "StrokeSeg2", "StrokeSeg3")
    assert before != LAYOUT, "the window stays as it was"


@pytest.mark.usefixtures("running")
def test_the_layout_gives_every_slice_view_the_group() -> None:
    from xml.etree import ElementTree

    from StrokeSegExtensionLib.views import LAYOUT, layout_xml

    views = list(ElementTree.fromstring(layout_xml(("a", "b", "c", "d"))).iter("view"))
    groups = [entry.text for view in views for entry in view.iter("property") if entry.get("name") == "viewgroup"]
    assert groups == [str(LAYOUT)] * 4
