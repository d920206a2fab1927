"""A result in the scene: segments, numbers, the model's own version, and what cannot be loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from perfusion_results import perfused
from StrokeSegExtensionLib.result_table import rows

from StrokeSegLogic.mri.doubts import Unusual
from StrokeSegLogic.result.doubts import Doubt
from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.slicer_bridge.segmentations import labels_of
from StrokeSegLogic.slicer_bridge.volumes import oriented_grid, volume_grid
from StrokeSegLogic.worker.run import summary_of

from .opened import OpenedModule, target
from .studies import GRID, add_study, lesion_result


def test_the_segmentation_holds_the_result_voxel_by_voxel_on_the_references_grid(finished: OpenedModule) -> None:
    parameters = finished.parameters
    labels = labels_of(parameters.segmentation, parameters.referenceVolume)
    import SimpleITK as sitk

    assert np.array_equal(sitk.GetArrayFromImage(labels), lesion_result().array())
    segment = parameters.segmentation.GetSegmentation().GetNthSegment(0)
    grid = oriented_grid(segment.GetRepresentation("Binary labelmap"), parameters.segmentation)
    assert grid.same(volume_grid(parameters.referenceVolume))


def test_segments_carry_terminology_maker_and_what_dicom_seg_asks_for(finished: OpenedModule) -> None:
    import vtk

    segment = finished.parameters.segmentation.GetSegmentation().GetNthSegment(0)

    def tag(name: str) -> str:
        text = vtk.mutable("")
        return str(text) if segment.GetTag(name, text) else ""

    assert "55641003" in tag(segment.GetTerminologyEntryTagName())
    assert tag("StrokeSeg.Model") == "three-planes 2.1" and tag("StrokeSeg.Weights") == "ab" * 32
    assert tag("DICOM.SegmentAlgorithmType") == "AUTOMATIC"
    assert 0 < len(tag("DICOM.SegmentAlgorithmName")) <= 64


def test_the_models_own_version_lies_beside_the_version_to_correct(finished: OpenedModule) -> None:
    parameters = finished.parameters
    assert parameters.modelSegmentation is not parameters.segmentation
    assert parameters.segmentation.GetDisplayNode().GetVisibility()
    assert not parameters.modelSegmentation.GetDisplayNode().GetVisibility()


def test_an_mri_result_is_told_in_volumes_lesions_sides_and_planes(finished: OpenedModule) -> None:
    rows, result = finished.table(), lesion_result()
    assert rows["Lesion volume"] == f"{result.statistics.volume_ml:.1f} ml"
    assert rows["Lesions"] == "2"
    assert "left" in rows["Side"] and "Dice with the vote" in rows["Axial network"]
    assert rows["Ischemic lesion, as it stands"] == rows["Lesion volume"]
    assert "trained without T1" in finished.ui.result.warningsLabel.text


def test_a_sequence_that_was_moved_has_a_row_and_no_other_has() -> None:
    content = summary_of(lesion_result())
    found = {"measured_on": "FLAIR", "shift_mm": 2.46, "angle_deg": 1.23}
    registration = [{"role": "FLAIR", "decision": "moved", **found}, {"role": "T1", "decision": "refused", **found}]
    content["provenance"] = {**content["provenance"], "registration": registration}
    told = dict(rows(ResultRecord.parse(content)))
    assert told["FLAIR"] == "moved by 2.5 mm and 1.2 degrees" and "T1" not in told


def test_a_perfusion_result_is_told_by_route_with_mismatch_and_criteria(perfused_panel: OpenedModule) -> None:
    rows, numbers = perfused_panel.table(), perfused().numbers
    assert numbers is not None
    assert rows["Mismatch volume"] == f"{numbers.mismatch_ml:.1f} ml"
    assert any(name.startswith("\u25b6 Core") for name in rows)
    tree = target(perfused_panel.ui.result.criteriaTree)
    trials = {tree.topLevelItem(index).text(0) for index in range(tree.topLevelItemCount())}
    assert trials == {"DEFUSE 3", "DAWN"}
    assert tree.topLevelItem(0).childCount() > 2
    assert perfused_panel.ui.result.criteriaTree.toolTip.startswith("Criteria of the late-window trials. For research")


def test_core_and_penumbra_are_segments_of_their_own_that_do_not_overlap(perfused_panel: OpenedModule) -> None:
    segmentation = perfused_panel.parameters.segmentation.GetSegmentation()
    names = {segmentation.GetNthSegment(i).GetName() for i in range(segmentation.GetNumberOfSegments())}
    assert names == {"Core", "Penumbra"}
    assert segmentation.GetNumberOfLayers() == 1


def test_no_lesion_is_a_result_with_an_empty_segment(opened: OpenedModule, tmp_path: Path) -> None:
    add_study(opened.slicer.scene)
    opened.run_to(lesion_result(lesion=False), tmp_path / "result")
    assert opened.table()["Lesion volume"] == "0.0 ml"
    labels = labels_of(opened.parameters.segmentation, opened.parameters.referenceVolume)
    assert labels.GetSize() == GRID.size
    assert not target(opened.ui.result.nextLesionButton).isEnabled()


def test_a_second_run_leaves_the_first_segmentation_and_shows_its_own(finished: OpenedModule, tmp_path: Path) -> None:
    first = finished.parameters.segmentation
    finished.runner.calls.clear()
    finished.run_to(lesion_result(), tmp_path / "second")
    second = finished.parameters.segmentation
    assert second is not first and finished.slicer.scene.IsNodePresent(first)
    assert not first.GetDisplayNode().GetVisibility() and second.GetDisplayNode().GetVisibility()


def test_a_damaged_result_is_an_error_and_adds_no_node(opened: OpenedModule, tmp_path: Path) -> None:
    from .studies import written

    add_study(opened.slicer.scene)
    opened.start()
    before = opened.slicer.scene.GetNumberOfNodes()
    record, volumes, report = written(lesion_result(), tmp_path / "result")
    volumes["labels"].write_bytes(volumes["labels"].read_bytes()[:-100])
    opened.runner.listener.finished(record, volumes, report)
    opened.wait(lambda: "release" in opened.runner.calls)
    assert "labels.npz" in opened.ui.run.problemLabel.text
    assert opened.slicer.scene.GetNumberOfNodes() == before and opened.parameters.segmentation is None


@pytest.mark.parametrize("step", ["add_volume", "_add_text"])
def test_a_result_that_cannot_be_loaded_for_any_reason_is_an_error_and_leaves_no_node(
    opened: OpenedModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from StrokeSegLogic.slicer_bridge import results

    scene = opened.slicer.scene
    add_study(scene)
    opened.start()
    before = scene.GetNumberOfNodes()

    def fail(*_arguments: object) -> None:
        raise MemoryError("too little memory")

    monkeypatch.setattr(results, step, fail)
    opened.runner.finish(lesion_result(), tmp_path / "result")
    opened.wait(lambda: "release" in opened.runner.calls)
    said = opened.ui.run.problemLabel.text
    assert "too little memory" in said and "Run it again" in said
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0
    assert scene.GetNumberOfNodes() == before and opened.parameters.segmentation is None


def test_files_that_cannot_be_read_for_any_reason_are_an_error(
    opened: OpenedModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from StrokeSegLogic.worker import volume_files

    add_study(opened.slicer.scene)
    opened.start()

    def fail(_path: Path) -> None:
        raise MemoryError("too little memory")

    monkeypatch.setattr(volume_files, "read_volume", fail)
    opened.runner.finish(lesion_result(), tmp_path / "result")
    opened.wait(lambda: "release" in opened.runner.calls)
    assert "too little memory" in opened.ui.run.problemLabel.text


def test_the_sections_follow_a_result_once(
    opened: OpenedModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_study(opened.slicer.scene)
    opened.start()
    shown: list[object] = []
    usual = opened.panel.export.show
    monkeypatch.setattr(opened.panel.export, "show", lambda parameters: (shown.append(parameters), usual(parameters)))
    opened.runner.finish(lesion_result(), tmp_path / "result")
    opened.wait(lambda: "release" in opened.runner.calls)
    opened.rest()
    assert len(shown) == 1
    assert opened.table()["Lesions"] == "2"


def test_a_panel_without_a_window_does_its_work_and_leaves_the_views_alone(
    open_without_window: Callable[..., OpenedModule], tmp_path: Path
) -> None:
    from .studies import ScriptedRunner

    opened = open_without_window(runner=ScriptedRunner)
    add_study(opened.slicer.scene)
    opened.run_to(lesion_result(), tmp_path / "result")
    opened.press(opened.ui.result.sideBySideButton)
    opened.press(opened.ui.result.nextSliceButton)
    assert opened.table()["Lesions"] == "2"


def test_what_is_unusual_is_the_first_line(opened: OpenedModule, tmp_path: Path) -> None:
    label, body = opened.ui.result.unusualLabel, target(opened.ui.result.resultBody)
    add_study(opened.slicer.scene)
    alarm = Doubt((), Unusual.LARGE, "300 ml are marked")
    opened.run_to(replace(lesion_result(), unusual=(alarm,)), tmp_path / "result")
    assert label.text == "Unusual: 300 ml are marked" and not target(label).isHidden()
    assert body.layout().itemAt(0).widget() is target(label)
