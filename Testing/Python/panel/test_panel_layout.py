"""The layout of the views side by side, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
import slicer
from perfusion_results import perfused

from StrokeSegLogic.slicer_bridge.runtime import headless_scene, quiet_vtk
from StrokeSegLogic.study.case import Role

from .opened import OpenedModule, our_views, target
from .studies import GRID, add_maps, add_study, lesion_result


def test_our_views_are_a_group_of_their_own(finished: OpenedModule) -> None:
    ours = [logic.GetSliceNode() for logic in finished.slice_views()]
    assert len(ours) > 1
    groups = {node.GetViewGroup() for node in ours}
    assert len(groups) == 1
    users = finished.slicer.scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    assert users.GetViewGroup() not in groups, "linked views of one group move together"


def test_a_scene_that_is_opened_without_the_extension_has_views(finished: OpenedModule, tmp_path: Path) -> None:
    """A Slicer that does not know a layout's number shows no view at all; in place of a negative number it takes its
    own first layout."""
    finished.slice_views()
    assert finished.panel.views.shown
    path = str(tmp_path / "saved.mrb")
    with quiet_vtk():
        assert finished.slicer.scene.WriteToMRB(path)
    with headless_scene() as scene:
        layouts = slicer.vtkMRMLLayoutLogic()
        layouts.SetMRMLScene(scene)
        with quiet_vtk():
            scene.ReadFromMRB(path, True)
        node = layouts.GetLayoutNode()
        assert node.IsLayoutDescription(node.GetViewArrangement())
        layouts.SetMRMLScene(None)


def test_planes_of_an_oblique_scan_are_read_again_without_a_complaint(
    opened: OpenedModule, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    turned = replace(GRID, direction=(-0.8, 0.0, 0.6, 0.0, 1.0, 0.0, 0.6, 0.0, 0.8))
    add_study(opened.slicer.scene, grid=turned)
    opened.run_to(lesion_result(turned), tmp_path / "result")
    assert {logic.GetSliceNode().GetOrientation() for logic in opened.slice_views()} == {"AcquiredAxial"}
    path = str(tmp_path / "saved.mrb")
    with quiet_vtk():
        assert opened.slicer.scene.WriteToMRB(path)
    capfd.readouterr()
    with headless_scene() as scene:
        scene.ReadFromMRB(path, True)
        views = [scene.GetSingletonNode(f"StrokeSeg{number}", "vtkMRMLSliceNode") for number in (1, 2, 3)]
        assert {view.GetOrientation() for view in views} == {"AcquiredAxial"}
    assert "invalid orientation preset" not in capfd.readouterr().err


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("views", "columns", "rows"), [(3, 2, [2, 1]), (5, 2, [2, 2, 1]), (5, 3, [3, 2]), (7, 3, [3, 3, 1])]
)
def test_views_stand_in_as_many_columns_as_the_window_has_room_for(views: int, columns: int, rows: list[int]) -> None:
    from StrokeSegExtensionLib.view_layout import layout_xml

    root = ElementTree.fromstring(layout_xml([str(number) for number in range(views)], columns))
    lines = [len(list(line.iter("view"))) for line in root.findall("./item")]
    assert lines == rows
    groups = [entry.text for entry in root.iter("property") if entry.get("name") == "viewgroup"]
    assert len(set(groups)) == 1 and len(groups) == views


@pytest.mark.parametrize(("width", "columns"), [(1280, 2), (1599, 2), (1600, 3)])
def test_a_narrow_window_has_two_columns(
    finished: OpenedModule, monkeypatch: pytest.MonkeyPatch, width: int, columns: int
) -> None:
    monkeypatch.setattr(slicer.util, "mainWindow", lambda: SimpleNamespace(width=width))
    finished.press(finished.ui.result.sideBySideButton)
    finished.slice_views()
    description = finished.slicer.app.layoutManager().layoutLogic().GetLayoutNode().GetCurrentLayoutDescription()
    first = ElementTree.fromstring(description).find("./item")
    assert first is not None and len(list(first.iter("view"))) == columns


def test_bars_of_our_views_are_slim_and_say_the_whole_title(finished: OpenedModule) -> None:
    finished.slice_views()
    manager = finished.slicer.app.layoutManager()
    for name in our_views(manager):
        bar = manager.sliceWidget(name).sliceController()
        label = target(bar.viewLabel())
        assert label.text() and label.minimumWidth() >= label.fontMetrics().horizontalAdvance(label.text())
        assert not bar.sliceOffsetSlider()._spin_box
    users = manager.sliceWidget("Red").sliceController()
    assert users.sliceOffsetSlider()._spin_box, "the user's own stay as they are"


def test_every_view_is_drawn_again_once_it_rests_and_when_the_scene_closes_before(finished: OpenedModule) -> None:
    manager = finished.slicer.app.layoutManager()

    def paused() -> list[int]:
        return [manager.sliceWidget(name).sliceController()._paused for name in our_views(manager)]

    finished.slice_views()
    assert paused() == [0, 0, 0]
    finished.press(finished.ui.result.sideBySideButton)
    finished.wait(lambda: any(paused()), what="a view that is not drawn")
    finished.slicer.scene.Clear(False)
    finished.rest(0.1)
    assert paused() == [0, 0, 0]


def test_views_of_a_perfusion_result_come_as_the_rows_stand(opened: OpenedModule, tmp_path: Path) -> None:
    """What was computed stands among what was given."""
    result = replace(perfused(), computed=frozenset({Role.CBV, Role.MTT}))
    add_maps(opened.slicer.scene, replace(result, maps={"CBF": result.maps["CBF"], "TMAX": result.maps["TMAX"]}))
    opened.press(opened.ui.study.ctpButton)
    opened.run_to(result, tmp_path / "result")
    labels = [logic.GetSliceNode().GetLayoutLabel() for logic in opened.slice_views()]
    assert labels[:4] == ["CBF", "CBV (computed)", "Tmax", "MTT (computed)"]
