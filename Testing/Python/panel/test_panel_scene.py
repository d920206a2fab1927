"""Scenes that are closed, saved and read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.slicer_bridge.runtime import quiet_vtk
from StrokeSegLogic.slicer_bridge.segmentations import add_segments, labels_of
from StrokeSegLogic.slicer_bridge.volumes import add_volume
from StrokeSegLogic.space.volume import Volume

from .opened import OpenedModule, our_views, target
from .studies import GRID, ScriptedRunner, add_study, lesion_result


def kinds(scene: Any) -> Counter[str]:
    """How many nodes of each class there are."""
    nodes = [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]
    return Counter(node.GetClassName() for node in nodes)


def voxels(segmentation: Any) -> np.ndarray:
    """The labels on the grid of the result: Slicer turns the slices of a left-handed volume round when it reads it."""
    return sitk.GetArrayFromImage(labels_of(segmentation, GRID.image(np.zeros(GRID.shape, np.uint8))))


def save(opened: OpenedModule, path: Path) -> None:
    """Saves the scene as one file, as the application does."""
    scene = opened.slicer.scene
    with quiet_vtk():
        assert scene.WriteToMRB(str(path))


def restore(opened: OpenedModule, text: str) -> None:
    """A scene with a result whose record is this text, as a saved scene brings it."""
    scene = opened.slicer.scene
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", "StrokeSeg result")
    node.SetText(text)
    result = lesion_result()
    segments = Volume(result.array(), result.grid), result.styles, result.maker, ()
    opened.parameters.segmentation = add_segments(scene, "StrokeSeg", *segments)
    opened.parameters.resultText = node
    opened.panel.open_scene(scene, opened.parameters.parameterNode)
    opened.rest()


def test_a_saved_scene_brings_the_panel_back(finished: OpenedModule, tmp_path: Path) -> None:
    ui, scene = finished.ui, finished.slicer.scene
    ui.study.ageBox.setValue(64)
    ui.study.onsetBox.setValue(7.5)
    ui.options.voteBox.setCurrentIndex(1)
    ui.options.thresholdBox.setValue(0.4)
    rows, volume = finished.rows(), target(ui.result.resultTable).item(0, 1).text()
    save(finished, tmp_path / "saved.mrb")
    scene.Clear(False)
    finished.rest()
    assert target(ui.result.resultBody).isHidden() and finished.rows() == {}
    with quiet_vtk():
        assert scene.ReadFromMRB(str(tmp_path / "saved.mrb"), True)
    finished.rest()
    assert finished.rows() == rows
    assert (ui.study.ageBox.value, ui.study.onsetBox.value, ui.options.voteBox.currentIndex) == (64, 7.5, 1)
    assert ui.options.thresholdBox.value == pytest.approx(0.4)
    assert target(ui.result.resultTable).item(0, 1).text() == volume
    assert np.array_equal(voxels(finished.parameters.segmentation), lesion_result().array())
    finished.press(ui.result.nextLesionButton)
    assert ui.result.placeLabel.text.startswith("lesion 1 of 2")


def test_a_scene_saved_side_by_side_opens_side_by_side(finished: OpenedModule, tmp_path: Path) -> None:
    finished.slice_views()
    save(finished, tmp_path / "saved.mrb")
    finished.slicer.scene.Clear(False)
    finished.rest()
    manager = finished.slicer.app.layoutManager()
    assert not finished.panel.views.shown
    with quiet_vtk():
        finished.slicer.scene.ReadFromMRB(str(tmp_path / "saved.mrb"), True)
    finished.rest()
    assert finished.panel.views.shown
    assert our_views(manager) == ("StrokeSeg1", "StrokeSeg2", "StrokeSeg3")


@pytest.mark.parametrize("clear", [True, False])
def test_a_scene_that_is_loaded_inside_a_batch_fills_rows_and_views_afterwards(
    finished: OpenedModule, open_module: Callable[..., OpenedModule], tmp_path: Path, clear: bool
) -> None:
    """As the application loads it: every event of closing and filling comes before the layout and selectors follow."""
    finished.slice_views()
    rows, scene = finished.rows(), finished.slicer.scene
    save(finished, tmp_path / "saved.mrb")
    finished.close()
    scene.Clear(False)
    manager = finished.slicer.app.layoutManager()
    manager._logics.clear()  # an application that has not shown our views yet
    again = open_module(runner=ScriptedRunner)
    again.rest(0.1)
    scene.StartState(scene.BatchProcessState)
    with quiet_vtk():
        assert scene.ReadFromMRB(str(tmp_path / "saved.mrb"), clear)
    again.rest(0.1)
    assert again.parameters is None and manager.sliceWidget("StrokeSeg1") is None
    scene.EndState(scene.BatchProcessState)
    again.rest()
    again.slice_views()
    assert again.rows() == rows
    assert again.ui.study.selectorDWI.currentNode() is again.parameters.volumeDWI is not None
    assert our_views(manager) == ("StrokeSeg1", "StrokeSeg2", "StrokeSeg3")
    shown = manager.sliceWidget("StrokeSeg1").sliceLogic().GetSliceCompositeNode()
    assert shown.GetBackgroundVolumeID() == again.parameters.volumeDWI.GetID()
    assert target(again.ui.correct.editorWidget).segmentationNode() is again.parameters.segmentation


def test_views_that_are_not_there_yet_are_left_out(finished: OpenedModule, monkeypatch: pytest.MonkeyPatch) -> None:
    finished.slice_views()
    manager = finished.slicer.app.layoutManager()
    del manager._logics["StrokeSeg1"]
    monkeypatch.setattr(type(manager), "_arrange", lambda self: None)
    finished.press(finished.ui.result.sideBySideButton)
    finished.slice_views()
    shown = manager.sliceWidget("StrokeSeg2").sliceLogic()
    assert shown.GetSliceNode().GetLayoutLabel() == "FLAIR"


def test_a_result_that_comes_while_the_scene_is_filled_is_loaded_afterwards(
    opened: OpenedModule, tmp_path: Path
) -> None:
    scene = opened.slicer.scene
    add_study(scene)
    opened.start()
    scene.StartState(scene.ImportState)
    opened.runner.finish(lesion_result(), tmp_path / "result")
    opened.rest(0.1)
    assert opened.panel.parameters is None and "release" not in opened.runner.calls
    scene.EndState(scene.ImportState)
    opened.wait(lambda: "release" in opened.runner.calls, what="the result to be loaded")
    assert np.array_equal(voxels(opened.parameters.segmentation), lesion_result().array())
    opened.press(opened.ui.result.nextLesionButton)
    assert opened.ui.result.placeLabel.text.startswith("lesion 1 of 2")


def test_corrections_are_saved_and_the_models_version_beside_them(finished: OpenedModule, tmp_path: Path) -> None:
    import slicer

    node = finished.parameters.segmentation
    segment_id = node.GetSegmentation().GetNthSegmentID(0)
    empty = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(segment_id, empty)
    empty.GetPointData().GetScalars().Fill(0)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    logic.SetBinaryLabelmapToSegment(empty, node, segment_id, logic.MODE_REPLACE)
    save(finished, tmp_path / "saved.mrb")
    finished.slicer.scene.Clear(False)
    with quiet_vtk():
        finished.slicer.scene.ReadFromMRB(str(tmp_path / "saved.mrb"), True)
    finished.rest(0.8)
    assert not voxels(finished.parameters.segmentation).any()
    assert np.array_equal(voxels(finished.parameters.modelSegmentation), lesion_result().array())


def test_a_run_adds_these_nodes_and_no_others(opened: OpenedModule, tmp_path: Path) -> None:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    before = kinds(opened.slicer.scene)
    opened.run_to(lesion_result(), tmp_path / "result")
    opened.rest()
    added = kinds(opened.slicer.scene) - before
    views = {kind: added.pop(kind, 0) for kind in ("vtkMRMLSliceNode", "vtkMRMLSliceCompositeNode")}
    assert set(views.values()) == {3}
    for kind in ("SliceDisplay", "Model", "ModelDisplay", "LinearTransform"):  # of the views
        added.pop(f"vtkMRML{kind}Node", None)
    assert added == Counter(
        {
            "vtkMRMLSegmentationNode": 3,
            "vtkMRMLSegmentationDisplayNode": 3,
            "vtkMRMLScalarVolumeNode": 2,
            "vtkMRMLScalarVolumeDisplayNode": 2,
            "vtkMRMLTextNode": 2,
            "vtkMRMLColorTableNode": 1,
        }
    )


def test_more_runs_do_not_leak_views_colours_or_displays(finished: OpenedModule, tmp_path: Path) -> None:
    finished.rest()
    before = kinds(finished.slicer.scene)
    for number in range(3):
        finished.runner.calls.clear()
        finished.run_to(lesion_result(), tmp_path / f"again{number}")
    finished.rest()
    added = kinds(finished.slicer.scene) - before
    assert added == Counter(
        {
            "vtkMRMLSegmentationNode": 9,
            "vtkMRMLSegmentationDisplayNode": 9,
            "vtkMRMLScalarVolumeNode": 6,
            "vtkMRMLScalarVolumeDisplayNode": 6,
            "vtkMRMLTextNode": 6,
        }
    )


@pytest.mark.parametrize("name", ["mri", "ctp"])
def test_a_result_that_an_older_version_stored_is_shown(opened: OpenedModule, name: str) -> None:
    restore(opened, (Path(__file__).parent / "records" / f"{name}.json").read_text(encoding="ascii"))
    ui = opened.ui.result
    table = target(ui.resultTable)
    rows = {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount())}
    assert rows["Lesion volume" if name == "mri" else "Hypoperfused"] == ("124.4 ml" if name == "mri" else "137.6 ml")
    assert target(ui.criteriaTree).topLevelItemCount() == (0 if name == "mri" else 2)
    opened.press(ui.nextSliceButton)
    assert ui.placeLabel.text.startswith("slice ")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"reference": "DWI"}', '{"reference": "PD", "statistics": {}}'])
def test_a_record_that_is_damaged_is_said_to_be_and_the_panel_lives_on(opened: OpenedModule, text: str) -> None:
    restore(opened, text)
    ui = opened.ui.result
    assert target(ui.resultBody).isHidden() and "Segment the study again" in ui.emptyLabel.text
    opened.parameters.resultText = None
    assert "Segment the study again" not in ui.emptyLabel.text
    assert target(opened.ui.run.segmentButton).isEnabled()


def test_a_closed_scene_leaves_no_node_of_a_result(finished: OpenedModule) -> None:
    finished.slicer.scene.Clear(False)
    finished.rest()
    left = kinds(finished.slicer.scene)
    for kind in ("vtkMRMLSegmentationNode", "vtkMRMLScalarVolumeNode", "vtkMRMLTextNode"):
        assert left[kind] == 0
    assert finished.ui.run.segmentButton.text == "Segment"


def test_the_panel_works_again_after_the_scene_was_closed(finished: OpenedModule, tmp_path: Path) -> None:
    finished.slicer.scene.Clear(False)
    finished.rest()
    finished.runner.calls.clear()
    add_study(finished.slicer.scene)
    finished.assigned("DWI", "FLAIR", "T1")
    finished.run_to(lesion_result(), tmp_path / "again")
    assert finished.parameters.segmentation is not None


def test_an_import_of_a_volume_in_a_batch_is_offered_once_it_is_over(opened: OpenedModule) -> None:
    scene = opened.slicer.scene
    opened.rest()  # the look at the volumes that follows the opening is over
    scene.StartState(scene.BatchProcessState)
    add_volume(scene, GRID.image(np.ones(GRID.shape, np.float32)), "axial_flair")
    scene.EndState(scene.BatchProcessState)
    opened.assigned("FLAIR")
