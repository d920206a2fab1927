"""A lesion that the model missed grows under the mouse."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6 import QtCore, QtTest, QtWidgets

from .lesion_table import LESIONS, Key, choose, lesion_rows, press_key, settled, voxels
from .opened import OpenedModule, target
from .studies import GRID


def point_at(opened: OpenedModule, where: tuple[float, float, float]) -> None:
    """The mouse over a slice view, at a part of the field of view."""
    x, y, z = GRID.to_world(np.array([where]) * (np.array(GRID.size) - 1))[0]
    crosshair = opened.slicer.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    crosshair.SetCursorPositionRAS([-x, -y, z])


def wheel(opened: OpenedModule, event: str) -> bool:
    """Turns the wheel over a slice view; whether Slicer heard of it, too."""
    name = opened.slicer.app.layoutManager().sliceViewNames()[0]
    interactor = opened.slicer.app.layoutManager().sliceWidget(name).sliceView().interactor()
    heard = []
    tag = interactor.AddObserver(event, lambda *_event: heard.append(event))
    interactor.InvokeEvent(event)
    interactor.RemoveObserver(tag)
    return bool(heard)


def previews(opened: OpenedModule) -> int:
    scene = opened.slicer.scene
    nodes = [scene.GetNthNode(k) for k in range(scene.GetNumberOfNodes())]
    return sum(node.GetName() == "StrokeSeg preview" for node in nodes)


@pytest.fixture
def without_the_second(counted: OpenedModule) -> OpenedModule:
    """The second lesion dropped: there is something to grow."""
    choose(counted, 1)
    counted.press(counted.ui.lesions.dropButton)
    settled(counted)
    return counted


def test_a_lesion_grows_under_the_mouse_and_enter_takes_it(without_the_second: OpenedModule) -> None:
    opened, growing = without_the_second, without_the_second.panel.lesions.growing
    before = voxels(opened)
    press_key(opened, Key.Key_G)
    assert growing.on and "Point at the lesion" in opened.ui.lesions.growLabel.text
    point_at(opened, (0.7, 0.3, 0.7))
    opened.wait(lambda: growing.part is not None, what="the lesion")
    assert growing.threshold == 0.5
    assert growing.volume_ml == pytest.approx(LESIONS[1].volume_ml, abs=2 * GRID.voxel_ml)
    assert previews(opened) == 1 and np.array_equal(voxels(opened), before)
    first = growing.volume_ml
    assert not wheel(opened, "MouseWheelForwardEvent"), "Slicer would turn to the next slice"
    opened.wait(lambda: growing.volume_ml > first, what="a larger lesion")
    assert growing.threshold == 0.45 and "0.45" in opened.ui.lesions.growLabel.text
    larger = growing.volume_ml
    opened.press(opened.ui.lesions.takeButton)
    assert not growing.on and previews(opened) == 0
    assert (voxels(opened) & ~before).sum() * GRID.voxel_ml == pytest.approx(larger)
    settled(opened)
    assert [row[1] for row in lesion_rows(opened)] == ["", "edited"]
    assert wheel(opened, "MouseWheelForwardEvent"), "the wheel is Slicer's again"
    target(opened.ui.correct.editorWidget).undo()
    assert np.array_equal(voxels(opened), before)


def test_esc_leaves_what_has_grown(without_the_second: OpenedModule) -> None:
    opened, growing = without_the_second, without_the_second.panel.lesions.growing
    before = voxels(opened)
    opened.press(opened.ui.lesions.addButton)
    point_at(opened, (0.7, 0.3, 0.7))
    opened.wait(lambda: growing.part is not None, what="the lesion")
    opened.press(opened.ui.lesions.leaveButton)
    assert not growing.on and previews(opened) == 0 and np.array_equal(voxels(opened), before)
    assert opened.ui.lesions.growLabel.text == ""


def test_enter_and_esc_act_in_the_whole_window_while_a_lesion_grows_and_not_otherwise(
    without_the_second: OpenedModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer

    from .standin.proxy import Proxy

    window, said = QtWidgets.QMainWindow(), []
    view = QtWidgets.QWidget(window)
    view.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
    window.setCentralWidget(view)
    window.show()
    window.activateWindow()
    view.setFocus()
    monkeypatch.setattr(slicer.util, "mainWindow", lambda: Proxy(window))
    monkeypatch.setattr(slicer.util, "showStatusMessage", lambda words, *_duration: said.append(words))
    opened, growing = without_the_second, without_the_second.panel.lesions.growing
    before = voxels(opened)
    for key, takes in ((Key.Key_Escape, False), (Key.Key_Return, True)):
        opened.press(opened.ui.lesions.addButton)
        point_at(opened, (0.7, 0.3, 0.7))
        opened.wait(lambda: growing.part is not None, what="the lesion")
        assert "Enter takes it" in said[-1], "who looks at the images sees it"
        QtTest.QTest.keyClick(view, key)
        opened.wait(lambda: not growing.on, seconds=10, what=f"{key.name} to act")
        assert voxels(opened).sum() > before.sum() if takes else np.array_equal(voxels(opened), before)
        assert said[-1] == ""
    after = voxels(opened)
    QtWidgets.QApplication.sendPostedEvents(None, 52)  # deleteLater
    for key in (Key.Key_Escape, Key.Key_Return):
        QtTest.QTest.keyClick(view, key)
    assert np.array_equal(voxels(opened), after)
    window.deleteLater()


def test_where_the_model_sees_nothing_nothing_grows(counted: OpenedModule) -> None:
    counted.press(counted.ui.lesions.addButton)
    point_at(counted, (0.1, 0.9, 0.1))
    counted.wait(lambda: "nothing grows here" in counted.ui.lesions.growLabel.text, what="the words")
    assert not target(counted.ui.lesions.takeButton).isEnabled()


def test_growing_takes_the_keys_of_the_segment_editor_and_gives_them_back(counted: OpenedModule) -> None:
    editor = target(counted.ui.correct.editorWidget)
    counted.ui.frame.correctSection.collapsed = False
    assert editor.shortcuts_installed
    counted.press(counted.ui.lesions.addButton)
    assert not editor.shortcuts_installed and not editor.observes_views
    counted.press(counted.ui.lesions.leaveButton)
    assert editor.shortcuts_installed and editor.observes_views


def test_a_scene_that_goes_ends_growing(counted: OpenedModule) -> None:
    counted.press(counted.ui.lesions.addButton)
    point_at(counted, (0.3, 0.6, 0.5))
    counted.wait(lambda: counted.panel.lesions.growing.part is not None, what="the lesion")
    counted.slicer.scene.Clear(False)
    counted.rest()
    assert not counted.panel.lesions.growing.on and counted.panel.lesions.desk.table is None
    assert target(counted.ui.frame.lesionsSection).isHidden()


def test_without_a_probability_map_nothing_can_grow(counted: OpenedModule) -> None:
    counted.slicer.scene.RemoveNode(counted.parameters.probabilityVolume)
    counted.wait(lambda: not target(counted.ui.lesions.addButton).isEnabled(), what="the button to turn grey")
    settled(counted)
    assert [row[5] for row in lesion_rows(counted)] == [f"{each.probability:.2f}" for each in LESIONS]
