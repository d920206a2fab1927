"""Correcting a result: the embedded editor, undo, and the model's own version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import vtk

from StrokeSegLogic.slicer_bridge.segmentations import labels_of

from .opened import OpenedModule, target
from .studies import lesion_result


def voxels(opened: OpenedModule, which: str = "segmentation") -> np.ndarray:
    node = getattr(opened.parameters, which)
    return sitk.GetArrayFromImage(labels_of(node, opened.parameters.referenceVolume))


def tag(segment: Any, name: str) -> str:
    value = vtk.reference("")
    return str(value) if segment.GetTag(name, value) else ""


def erase(opened: OpenedModule) -> None:
    """Takes the whole lesion out, as one stroke of the editor does: it can be undone."""
    editor = target(opened.ui.correct.editorWidget)
    node = opened.parameters.segmentation
    editor.logic.SaveStateForUndo()
    empty = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(node.GetSegmentation().GetNthSegmentID(0), empty)
    empty.GetPointData().GetScalars().Fill(0)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    segment_id = node.GetSegmentation().GetNthSegmentID(0)
    assert logic.SetBinaryLabelmapToSegment(empty, node, segment_id, logic.MODE_REPLACE)


def test_the_editor_has_a_node_of_its_own_and_holds_the_result(finished: OpenedModule) -> None:
    editor = finished.ui.correct.editorWidget
    assert editor.segmentationNode() is finished.parameters.segmentation
    assert editor.sourceVolumeNode() is finished.parameters.referenceVolume
    assert editor.mrmlSegmentEditorNode().GetSingletonTag() == "StrokeSegSegmentEditor"
    assert target(editor).property("maximumNumberOfUndoStates") == 20
    # Else it would lay the reference under each of the views side by side.
    assert not target(editor).property("autoShowSourceVolumeNode")


def test_an_edit_changes_the_result_and_not_the_models_version(finished: OpenedModule) -> None:
    erase(finished)
    assert not voxels(finished).any()
    assert np.array_equal(voxels(finished, "modelSegmentation"), lesion_result().array())


def test_the_table_follows_the_corrections(finished: OpenedModule) -> None:
    def volume() -> str:
        rows = finished.table()
        assert rows["Lesion volume"] == f"{lesion_result().statistics.volume_ml:.1f} ml"  # the model's stays
        return rows["Ischemic lesion, as it stands"]

    assert volume() != "0.0 ml"
    erase(finished)
    finished.wait(lambda: volume() == "0.0 ml", seconds=5)


def test_undo_brings_an_edit_back_and_the_table_follows_it_and_redo(finished: OpenedModule) -> None:
    def volume() -> str:
        return finished.table()["Ischemic lesion, as it stands"]

    before = volume()
    erase(finished)
    finished.wait(lambda: volume() == "0.0 ml", seconds=20)
    editor = target(finished.ui.correct.editorWidget)
    editor.undo()
    assert np.array_equal(voxels(finished), lesion_result().array())
    finished.wait(lambda: volume() == before, seconds=20)
    editor.redo()
    finished.wait(lambda: volume() == "0.0 ml", seconds=20)


def test_starting_over_is_asked_first_and_can_be_undone(finished: OpenedModule) -> None:
    erase(finished)
    finished.slicer.answers.append(False)
    finished.press(finished.ui.correct.startOverButton)
    assert not voxels(finished).any()
    finished.slicer.answers.append(True)
    finished.press(finished.ui.correct.startOverButton)
    assert np.array_equal(voxels(finished), lesion_result().array())
    target(finished.ui.correct.editorWidget).undo()
    assert not voxels(finished).any()


def test_starting_over_brings_deleted_segments_back_and_takes_added_segments_away(perfused_panel: OpenedModule) -> None:
    before = voxels(perfused_panel)
    segmentation = perfused_panel.parameters.segmentation.GetSegmentation()
    own = perfused_panel.parameters.modelSegmentation.GetSegmentation()
    names = segmentation.GetSegmentIDs()
    assert len(names) > 1
    editor = target(perfused_panel.ui.correct.editorWidget)
    editor.saveStateForUndo()
    segmentation.RemoveSegment(names[0])
    added = segmentation.AddEmptySegment("mine", "Mine")
    perfused_panel.slicer.answers.append(True)
    perfused_panel.press(perfused_panel.ui.correct.startOverButton)
    assert segmentation.GetSegmentIDs() == names
    assert np.array_equal(voxels(perfused_panel), before)
    for name in names:
        ours, models = segmentation.GetSegment(name), own.GetSegment(name)
        assert (ours.GetName(), ours.GetColor()) == (models.GetName(), models.GetColor())
        for key in (ours.GetTerminologyEntryTagName(), "StrokeSeg.Label", "StrokeSeg.Version", "StrokeSeg.Model"):
            assert tag(ours, key) == tag(models, key) != ""
    editor.undo()
    assert set(segmentation.GetSegmentIDs()) == {*names[1:], added}
    editor.undo()
    assert set(segmentation.GetSegmentIDs()) == set(names)
    assert np.array_equal(voxels(perfused_panel), before)


def test_core_and_penumbra_both_start_over(perfused_panel: OpenedModule) -> None:
    before = voxels(perfused_panel)
    erase(perfused_panel)
    assert not np.array_equal(voxels(perfused_panel), before)
    perfused_panel.slicer.answers.append(True)
    perfused_panel.press(perfused_panel.ui.correct.startOverButton)
    assert np.array_equal(voxels(perfused_panel), before)


def test_the_models_outline_has_another_colour_than_the_version_that_is_edited(perfused_panel: OpenedModule) -> None:
    parameters = perfused_panel.parameters
    edited, own = parameters.segmentation, parameters.modelSegmentation
    for number in range(edited.GetSegmentation().GetNumberOfSegments()):
        name = edited.GetSegmentation().GetNthSegmentID(number)
        colours = [node.GetDisplayNode().GetSegmentColor(name) for node in (edited, own)]
        assert np.abs(np.subtract(*colours)).max() > 0.2
        segments = [node.GetSegmentation().GetSegment(name).GetColor() for node in (edited, own)]
        assert segments[0] == segments[1], "starting over brings the segment's own colour back"


def test_the_models_version_is_shown_as_an_outline_on_request(finished: OpenedModule) -> None:
    display = finished.parameters.modelSegmentation.GetDisplayNode()
    finished.press(finished.ui.correct.modelVersionBox)
    assert display.GetVisibility() and display.GetOpacity2DFill() == 0
    finished.press(finished.ui.correct.modelVersionBox)
    assert not display.GetVisibility()


def test_the_editor_listens_to_keys_and_views_only_while_the_module_is_shown(finished: OpenedModule) -> None:
    editor = target(finished.ui.correct.editorWidget)
    finished.ui.frame.correctSection.collapsed = False
    assert editor.shortcuts_installed and editor.observes_views
    finished.widget.exit()
    assert not editor.shortcuts_installed and not editor.observes_views
    finished.widget.enter()
    assert editor.shortcuts_installed and editor.observes_views


def test_a_folded_editor_leaves_keys_and_views_alone_and_loses_its_effect(finished: OpenedModule) -> None:
    editor, section = target(finished.ui.correct.editorWidget), finished.ui.frame.correctSection
    assert section.collapsed, "as the module is opened"
    assert not editor.shortcuts_installed and not editor.observes_views
    section.collapsed = False
    assert editor.shortcuts_installed and editor.observes_views
    editor.setActiveEffectByName("Paint")
    section.collapsed = True
    assert not editor.shortcuts_installed and not editor.observes_views
    assert editor._effect == ""


def test_unfolding_while_another_module_is_shown_takes_no_keys(finished: OpenedModule) -> None:
    finished.widget.exit()
    finished.ui.frame.correctSection.collapsed = False
    assert not target(finished.ui.correct.editorWidget).shortcuts_installed


def test_leaving_the_module_takes_an_effect_away_that_a_script_chose_while_it_was_folded(
    finished: OpenedModule,
) -> None:
    editor = target(finished.ui.correct.editorWidget)
    editor.setActiveEffectByName("Paint")
    finished.widget.exit()
    assert editor._effect == ""


def test_the_keys_are_taken_once_however_often_a_scene_is_opened(
    finished: OpenedModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor, taken = target(finished.ui.correct.editorWidget), []
    monkeypatch.setattr(editor, "installKeyboardShortcuts", lambda: taken.append(True))
    finished.ui.frame.correctSection.collapsed = False
    finished.widget.enter()
    finished.slicer.scene.Clear(False)
    finished.rest()
    assert taken == [True]


def test_closing_a_scene_leaves_the_editor_its_scene(finished: OpenedModule, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = target(finished.ui.correct.editorWidget)
    scenes: list[Any] = []
    monkeypatch.setattr(editor, "setMRMLScene", lambda scene: scenes.append(scene))
    editor.setActiveEffectByName("Paint")
    finished.slicer.scene.Clear(False)
    finished.rest()
    assert None not in scenes, "each pair of none and the scene would connect the real widget to it once more"
    assert editor._effect == ""
    assert editor.segmentationNode() is None
    finished.close()
    assert scenes[-1] is None


def test_the_editor_gets_a_new_node_after_the_scene_was_closed(finished: OpenedModule) -> None:
    finished.slicer.scene.Clear(False)
    finished.rest()
    editor = finished.ui.correct.editorWidget
    assert editor.segmentationNode() is None
    assert editor.mrmlSegmentEditorNode().GetScene() is finished.slicer.scene


@pytest.mark.parametrize("button", ["startOverButton", "modelVersionBox"])
def test_without_a_result_there_is_nothing_to_correct(opened: OpenedModule, button: str) -> None:
    part: Any = getattr(opened.ui.correct, button)
    assert not target(part).isEnabled() and not target(opened.ui.correct.editorWidget).isEnabled()
