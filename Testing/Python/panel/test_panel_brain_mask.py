"""The brain mask: a row of the study, and a hidden segmentation that every run leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.slicer_bridge.runtime import quiet_vtk
from StrokeSegLogic.slicer_bridge.segmentations import add_brain, labels_of
from StrokeSegLogic.slicer_bridge.volumes import set_volume_geometry, vtk_scalars
from StrokeSegLogic.space.resampling import resample_mask
from StrokeSegLogic.space.volume import Volume

from .opened import OpenedModule, target
from .studies import GRID, add_study, ellipsoid, lesion_result

BRAIN = ellipsoid(GRID, (0.5, 0.5, 0.5), 0.8).astype(np.uint8)


def add_segmented_brain(opened: OpenedModule) -> Any:
    return add_brain(opened.slicer.scene, Volume(BRAIN, GRID), "", None)


def add_label_map(opened: OpenedModule) -> Any:
    import vtk

    data = vtk.vtkImageData()
    data.SetDimensions(GRID.size)
    data.GetPointData().SetScalars(vtk_scalars(BRAIN * np.uint8(7)))
    node = opened.slicer.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "brain of a tool")
    set_volume_geometry(node, GRID)
    node.SetAndObserveImageData(data)
    return node


def brain_of(opened: OpenedModule) -> Any:
    return opened.slicer.scene.GetFirstNodeByName("StrokeSeg brain")


@pytest.mark.parametrize("make", [add_segmented_brain, add_label_map])
def test_a_segmentation_or_a_label_map_is_handed_over_as_the_brain(opened: OpenedModule, make: Any) -> None:
    add_study(opened.slicer.scene)
    node = make(opened)
    opened.assigned("DWI", "FLAIR", "T1")
    opened.ui.study.brainMaskSelector.setCurrentNode(node)
    opened.start()
    inputs, _settings, voxels = opened.runner.runs[0]
    assert inputs.brain_mask == node.GetID()
    assert set(voxels) == {*inputs.volumes.values(), node.GetID()}
    mask = voxels[node.GetID()]
    assert mask.name == node.GetName()
    brain = sitk.Cast(mask.image() != 0, sitk.sitkUInt8)
    assert np.array_equal(resample_mask(brain, GRID), BRAIN > 0)


def test_without_a_mask_the_brain_is_found_and_the_row_says_so(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    assert opened.ui.study.brainMaskSelector.currentNode() is None
    assert target(opened.ui.study.brainMaskSelector).property("noneDisplay") == "Found automatically"
    opened.start()
    inputs, _settings, voxels = opened.runner.runs[0]
    assert inputs.brain_mask is None and set(voxels) == set(inputs.volumes.values())


def test_ct_perfusion_has_no_row_for_it_and_hands_none_over(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene, {"CBF": "CBF", "TMAX": "Tmax"})
    opened.ui.study.brainMaskSelector.setCurrentNode(add_segmented_brain(opened))
    assert not target(opened.ui.study.brainMaskSelector).isHidden()
    opened.press(opened.ui.study.ctpButton)
    assert target(opened.ui.study.brainMaskSelector).isHidden() and target(opened.ui.study.brainMaskLabel).isHidden()
    opened.assigned("CBF", "TMAX")
    opened.start()
    assert opened.runner.runs[0][0].brain_mask is None
    opened.runner.listener.cancelled()
    opened.press(opened.ui.study.mriButton)
    assert opened.parameters.brainMask is not None, "what was chosen for MRI stays chosen"


def test_an_empty_segmentation_stops_the_run_in_words(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    drawn = opened.slicer.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn")
    opened.ui.study.brainMaskSelector.setCurrentNode(drawn)
    opened.press(opened.ui.run.segmentButton)
    opened.wait_for("failed")
    assert "drawn: holds no segment with voxels" in opened.ui.run.problemLabel.text
    assert opened.runner.runs == []


def test_a_mask_that_is_deleted_is_chosen_no_more(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    node = add_segmented_brain(opened)
    opened.ui.study.brainMaskSelector.setCurrentNode(node)
    opened.slicer.scene.RemoveNode(node)
    opened.start()
    assert opened.runner.runs[0][0].brain_mask is None


def test_a_saved_scene_brings_the_chosen_mask_back(finished: OpenedModule, tmp_path: Path) -> None:
    finished.ui.study.brainMaskSelector.setCurrentNode(brain_of(finished))
    with quiet_vtk():
        assert finished.slicer.scene.WriteToMRB(str(tmp_path / "saved.mrb"))
    finished.slicer.scene.Clear(False)
    finished.rest()
    assert finished.ui.study.brainMaskSelector.currentNode() is None
    with quiet_vtk():
        assert finished.slicer.scene.ReadFromMRB(str(tmp_path / "saved.mrb"), True)
    finished.rest()
    assert finished.ui.study.brainMaskSelector.currentNode() is brain_of(finished) is finished.parameters.brainMask


def test_the_row_is_locked_while_a_run_is_under_way(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene)
    opened.start()
    assert not target(opened.ui.study.brainMaskSelector).isEnabled()
    opened.runner.listener.cancelled()
    assert target(opened.ui.study.brainMaskSelector).isEnabled()


def test_every_run_leaves_its_brain_hidden_and_outside_of_what_is_corrected(finished: OpenedModule) -> None:
    node, parameters = brain_of(finished), finished.parameters
    assert not node.GetDisplayNode().GetVisibility()
    brain = sitk.GetArrayFromImage(labels_of(node, parameters.referenceVolume)) > 0
    assert np.array_equal(brain, sitk.GetArrayFromImage(lesion_result().brain) > 0) and brain.any()
    for corrected in (parameters.segmentation, parameters.modelSegmentation):
        assert corrected is not node and "Brain" not in corrected.GetSegmentation().GetSegmentIDs()
    assert target(finished.ui.correct.editorWidget).segmentationNode() is parameters.segmentation
    table = target(finished.ui.result.resultTable)
    names = [table.item(row, 0).text() for row in range(table.rowCount())]
    assert not any("Brain" in name and "as it stands" in name for name in names)


def test_a_runs_own_brain_can_be_corrected_and_given_to_the_next_run(finished: OpenedModule, tmp_path: Path) -> None:
    first = brain_of(finished)
    finished.ui.study.brainMaskSelector.setCurrentNode(first)
    finished.runner.calls.clear()
    finished.run_to(lesion_result(), tmp_path / "again")
    assert finished.runner.runs[-1][0].brain_mask == first.GetID()
    # The next run's own lies beside it, and the chosen mask stays chosen.
    assert finished.parameters.brainMask is first
    assert finished.slicer.scene.GetFirstNodeByName("StrokeSeg brain_1") is not None
