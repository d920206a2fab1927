"""Lesion by lesion: the table, its keys, the slider, and a lesion that grows under the mouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from PySide6 import QtCore, QtTest, QtWidgets

from StrokeSegLogic.result.lesions import COLUMNS, Lesion
from StrokeSegLogic.slicer_bridge.lesion_segments import hidden_segment
from StrokeSegLogic.slicer_bridge.segmentations import labels_of

from .gallery import dock
from .opened import OpenedModule, target
from .studies import GRID, lesion_result

Key = QtCore.Qt.Key
LESIONS = lesion_result().statistics.lesions


def lesion_rows(opened: OpenedModule) -> list[tuple[str, ...]]:
    """The table as a reader sees it."""
    table = target(opened.ui.lesions.lesionTable)
    return [
        tuple(table.item(row, column).text() for column in range(table.columnCount()))
        for row in range(table.rowCount())
    ]


def voxels(opened: OpenedModule) -> np.ndarray:
    parameters = opened.parameters
    return sitk.GetArrayFromImage(labels_of(parameters.segmentation, parameters.referenceVolume)) > 0


def settled(opened: OpenedModule) -> None:
    """Waits until the table is counted and nothing is to come."""
    desk = opened.panel.lesions.desk
    opened.wait(
        lambda: desk.table is not None and desk.idle,
        what="the table of lesions",
    )


def choose(opened: OpenedModule, row: int) -> None:
    target(opened.ui.lesions.lesionTable).setCurrentCell(row, 0)


def press_key(opened: OpenedModule, key: Any, where: Any = None) -> None:
    """A key in the table, or in another widget, that has the focus."""
    window = opened.frame.window()
    window.show()
    window.activateWindow()
    widget = target(opened.ui.lesions.lesionTable) if where is None else where
    widget.setFocus()
    QtWidgets.QApplication.processEvents()
    if isinstance(key, tuple):
        QtTest.QTest.keyClick(widget, key[0], key[1])
    else:
        QtTest.QTest.keyClick(widget, key)
    QtWidgets.QApplication.processEvents()


@pytest.fixture
def counted(finished: OpenedModule) -> OpenedModule:
    """The module after a run, its lesions counted."""
    finished.slice_views()
    settled(finished)
    return finished


def test_every_lesion_has_the_row_of_the_record_to_the_digit(counted: OpenedModule) -> None:
    assert len(LESIONS) == 2

    def numbers(lesion: Lesion) -> tuple[str, ...]:
        values = ((getattr(lesion, name), digits) for name, _head, digits in COLUMNS)
        return tuple("\u2013" if value is None else f"{value:.{digits}f}" for value, digits in values)

    expected = [(str(each.number), "", each.side, *numbers(each)) for each in LESIONS]
    assert lesion_rows(counted) == expected
    assert counted.ui.lesions.sumLabel.text.startswith("2 lesions, ")
    assert "2 not judged yet" in counted.ui.lesions.sumLabel.text


def test_a_click_shows_the_lesion_in_all_views(counted: OpenedModule) -> None:
    views = counted.slice_views()
    for row in (1, 0):
        choose(counted, row)
        wanted = LESIONS[row].slice
        assert wanted is not None
        height = GRID.to_world(np.array([[0, 0, wanted]]))[0][2]
        assert [view.GetSliceOffset() for view in views] == pytest.approx([height] * 3)


def test_delete_drops_the_lesion_goes_on_and_undo_brings_it_back(counted: OpenedModule) -> None:
    before = voxels(counted)
    choose(counted, 0)
    press_key(counted, Key.Key_Delete)
    assert len(lesion_rows(counted)) == 1, "at once"
    settled(counted)
    assert [row[4] for row in lesion_rows(counted)] == [f"{LESIONS[1].volume_ml:.2f}"]
    assert (before & ~voxels(counted)).sum() * GRID.voxel_ml == pytest.approx(LESIONS[0].volume_ml)
    assert target(counted.ui.lesions.lesionTable).currentRow() == 0, "the next that nobody has judged"
    press_key(counted, (Key.Key_Z, QtCore.Qt.KeyboardModifier.ControlModifier))
    assert np.array_equal(voxels(counted), before)
    counted.wait(lambda: len(lesion_rows(counted)) == 2, what="the row")


def test_k_keeps_the_lesion_says_so_goes_on_and_is_undone(counted: OpenedModule) -> None:
    doubtful = min(LESIONS, key=lambda lesion: lesion.probability).number
    choose(counted, 2 - doubtful)
    press_key(counted, Key.Key_K)
    states = {row[0]: row[1] for row in lesion_rows(counted)}
    assert states[str(3 - doubtful)] == "kept" and states[str(doubtful)] == ""
    settled(counted)
    assert {row[0]: row[1] for row in lesion_rows(counted)} == states
    assert target(counted.ui.lesions.lesionTable).currentRow() == doubtful - 1
    assert "1 not judged yet" in counted.ui.lesions.sumLabel.text
    target(counted.ui.correct.editorWidget).undo()
    counted.wait(lambda: not any(row[1] for row in lesion_rows(counted)), what="the mark to go")
    assert np.array_equal(voxels(counted), lesion_result().array() > 0)


def test_a_lesion_that_is_kept_loses_the_mark_when_it_is_pressed_again(counted: OpenedModule) -> None:
    choose(counted, 0)
    counted.press(counted.ui.lesions.keepButton)
    settled(counted)
    choose(counted, 0)
    counted.press(counted.ui.lesions.keepButton)
    settled(counted)
    assert [row[1] for row in lesion_rows(counted)] == ["", ""]


@pytest.mark.parametrize("key", [Key.Key_Delete, Key.Key_Backspace, Key.Key_K, Key.Key_A], ids=lambda key: key.name)
def test_keys_act_only_while_the_table_has_the_focus(counted: OpenedModule, key: Any) -> None:
    before = voxels(counted)
    choose(counted, 0)
    area = dock(counted)
    try:
        for other in (counted.ui.result.nextLesionButton, counted.ui.result.resultTable, counted.ui.lesions.keepButton):
            press_key(counted, key, target(other))
        assert np.array_equal(voxels(counted), before)
        assert not any(row[1] for row in lesion_rows(counted))
        assert not counted.panel.lesions.growing.on
    finally:
        area.takeWidget()
        area.deleteLater()


def test_undos_keys_are_the_tables_only_while_the_segment_editor_has_not_the_same(counted: OpenedModule) -> None:
    keys = [target(key) for key in counted.panel.lesions._undo_keys]
    assert [key.isEnabled() for key in keys] == [True, True]
    counted.ui.frame.correctSection.collapsed = False
    assert [key.isEnabled() for key in keys] == [False, False], "ambiguous keys reach nobody"
    counted.ui.frame.correctSection.collapsed = True
    assert [key.isEnabled() for key in keys] == [True, True]


def test_the_slider_hides_small_lesions_counts_without_them_and_brings_them_back(
    counted: OpenedModule, tmp_path: Path
) -> None:
    small = LESIONS[1].volume_ml
    counted.parameters.hiddenBelow = small + 0.5
    counted.wait(lambda: len(lesion_rows(counted)) == 1, what="the slider to act")
    assert voxels(counted).sum() * GRID.voxel_ml == pytest.approx(LESIONS[0].volume_ml)
    words = counted.ui.lesions.hiddenLabel.text
    assert words.startswith("1 lesion below") and "not exported" in words
    counted.wait(lambda: f"Hidden, below {small + 0.5:.2f} ml, as it stands" in counted.table())
    assert counted.table()["Ischemic lesion, as it stands"] == f"{LESIONS[0].volume_ml:.1f} ml"
    counted.parameters.hiddenBelow = 0.0
    counted.wait(lambda: len(lesion_rows(counted)) == 2, what="the lesion to come back")
    assert np.array_equal(voxels(counted), lesion_result().array() > 0)
    assert hidden_segment(counted.parameters.segmentation) is None
    assert counted.ui.lesions.hiddenLabel.text == ""


def test_the_slider_is_kept_in_the_scene(counted: OpenedModule) -> None:
    target(counted.ui.lesions.hideSlider).setValue(30)
    assert counted.parameters.hiddenBelow == 1.5
    assert counted.ui.lesions.hideLabel.text == "1.50 ml"
    counted.parameters.hiddenBelow = 0.25
    assert counted.ui.lesions.hideSlider.value == 5


def test_a_correction_is_counted_again_without_holding_up_the_window(counted: OpenedModule) -> None:
    from .test_panel_correct import erase

    erase(counted)
    counted.wait(lambda: lesion_rows(counted) == [], what="the table")
    assert counted.ui.lesions.sumLabel.text == "No lesion."
    target(counted.ui.correct.editorWidget).undo()
    counted.wait(lambda: len(lesion_rows(counted)) == 2, what="the table")


# -- a lesion that grows


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
    press_key(opened, Key.Key_A)
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


def test_ct_perfusion_has_no_table_of_lesions(perfused_panel: OpenedModule) -> None:
    perfused_panel.rest()
    assert target(perfused_panel.ui.frame.lesionsSection).isHidden()


# -- painting


def test_painting_never_eats_another_segment_unless_asked(counted: OpenedModule) -> None:
    import slicer

    editor = target(counted.ui.correct.editorWidget)
    node = editor.mrmlSegmentEditorNode()
    assert node.GetMaskMode() == slicer.vtkMRMLSegmentationNode.EditAllowedOutsideAllSegments
    assert node.GetOverwriteMode() == slicer.vtkMRMLSegmentEditorNode.OverwriteNone
    node.SetOverwriteMode(slicer.vtkMRMLSegmentEditorNode.OverwriteAllSegments)
    counted.panel.editor.set_scene(counted.slicer.scene)
    assert node.GetOverwriteMode() == slicer.vtkMRMLSegmentEditorNode.OverwriteAllSegments, "asked is asked"


def test_a_stroke_over_two_segments_takes_what_is_free(counted: OpenedModule) -> None:
    editor = target(counted.ui.correct.editorWidget)
    segmentation = counted.parameters.segmentation
    other = segmentation.GetSegmentation().AddEmptySegment("mine", "Mine")
    lesion = voxels(counted)
    editor.logic.SetCurrentSegmentID(other)
    editor.logic.ResetModifierLabelmapToDefault()
    modifier = editor.logic.GetModifierLabelmap()
    modifier.GetPointData().GetScalars().Fill(1)
    editor.logic.UpdateMaskLabelmap()
    editor.logic.ModifySegmentByLabelmap(segmentation, other, modifier, editor.logic.ModificationModeAdd, False, False)
    labels = sitk.GetArrayFromImage(labels_of(segmentation, counted.parameters.referenceVolume))
    assert np.array_equal(labels == 1, lesion)
    assert np.array_equal(labels == 2, ~lesion)
    assert segmentation.GetSegmentation().GetNumberOfLayers() == 1


def test_an_export_says_what_is_hidden_and_not_in_it(counted: OpenedModule, tmp_path: Path) -> None:
    from .standin.qt_module import FileDialog

    counted.parameters.hiddenBelow = LESIONS[1].volume_ml + 0.5
    counted.wait(lambda: len(lesion_rows(counted)) == 1, what="the slider to act")
    FileDialog.answers.append(str(tmp_path / "a.nii.gz"))
    counted.press(counted.ui.export.niftiButton)
    written = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "a.nii.gz")))
    assert (written > 0).sum() * GRID.voxel_ml == pytest.approx(LESIONS[0].volume_ml)
    words = counted.ui.export.exportLabel.text
    assert f"({LESIONS[1].volume_ml:.2f} ml together) are hidden and not in it" in words
