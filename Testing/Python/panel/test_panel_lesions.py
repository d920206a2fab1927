"""Lesion by lesion: the table, its keys, the slider, and what painting leaves alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from PySide6 import QtCore

from StrokeSegLogic.result.lesions import COLUMNS, Lesion
from StrokeSegLogic.slicer_bridge.lesion_segments import hidden_segment
from StrokeSegLogic.slicer_bridge.segmentations import labels_of

from .gallery import dock
from .lesion_table import LESIONS, Key, choose, lesion_rows, press_key, settled, voxels
from .opened import OpenedModule, target
from .studies import GRID, lesion_result


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


@pytest.mark.parametrize("key", [Key.Key_Delete, Key.Key_Backspace, Key.Key_K, Key.Key_G], ids=lambda key: key.name)
@pytest.mark.quick(2)
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


def test_ct_perfusion_has_no_table_of_lesions(perfused_panel: OpenedModule) -> None:
    perfused_panel.rest()
    assert target(perfused_panel.ui.frame.lesionsSection).isHidden()


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
