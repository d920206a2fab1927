"""The section "Study": rows, offers, and what the user chooses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import vtk
from perfusion_results import perfused
from PySide6 import QtCore, QtTest

from StrokeSegLogic.slicer_bridge.files import write_scene
from StrokeSegLogic.slicer_bridge.runtime import quiet_vtk
from StrokeSegLogic.study.case import ClinicalData, Role

from .opened import OpenedModule, target
from .studies import GRID, MRI_STUDY, add_study


def test_volumes_that_are_loaded_fill_the_rows_by_themselves(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    assert opened.rows() == MRI_STUDY


def test_a_row_says_why_its_volume_is_there_and_how_sure_that_is(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene, {"FLAIR": "axial_flair"})
    opened.assigned("FLAIR")
    tip = opened.ui.study.selectorFLAIR.toolTip
    assert "axial_flair" in tip and "flair" in tip and "confidence 9" in tip
    assert opened.ui.study.markFLAIR.text == ""


def test_a_doubtful_volume_gets_a_warning_mark_with_the_reason(opened: OpenedModule) -> None:
    # Two volumes whose names say the same: either may be meant.
    add_study(opened.slicer.scene, {"DWI": "dwi", "ADC": "dwi_again"})
    opened.wait(lambda: opened.ui.study.markDWI.text != "", what="a mark")
    assert "check" in opened.ui.study.markDWI.toolTip.lower()


def test_what_the_user_chose_stays_when_data_come_and_when_assign_is_pressed(opened: OpenedModule) -> None:
    nodes = add_study(opened.slicer.scene, {"DWI": "dwi_b1000", "T1": "t1"})
    opened.assigned("DWI", "T1")
    opened.ui.study.selectorDWI.setCurrentNode(nodes["T1"])
    opened.ui.study.selectorT1.setCurrentNode(None)
    add_study(opened.slicer.scene, {"FLAIR": "flair"})
    opened.wait(lambda: "FLAIR" in opened.rows(), what="the new volume")
    assert opened.rows() == {"DWI": "t1", "FLAIR": "flair"}
    opened.press(opened.ui.study.assignButton)
    opened.rest()
    assert opened.rows()["DWI"] == "t1"


def test_a_row_whose_volume_is_deleted_becomes_empty(opened: OpenedModule) -> None:
    nodes = add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    opened.slicer.scene.RemoveNode(nodes["FLAIR"])
    opened.assigned("DWI", "T1")
    opened.rest()
    # Nobody asked for an empty row: the next volume that fits takes it.
    add_study(opened.slicer.scene, {"FLAIR": "another flair"})
    opened.assigned("DWI", "FLAIR", "T1")


def test_a_row_that_the_user_emptied_stays_empty(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    opened.ui.study.selectorFLAIR.setCurrentNode(None)
    opened.rest()
    add_study(opened.slicer.scene, {"T2": "t2_tse"})
    opened.assigned("DWI", "T1", "T2")


def test_results_hidden_volumes_and_label_maps_are_not_offered(opened: OpenedModule) -> None:
    from StrokeSegLogic.slicer_bridge.input_volumes import RESULT_MARK
    from StrokeSegLogic.slicer_bridge.volumes import add_volume

    scene = opened.slicer.scene
    image = GRID.image(np.ones(GRID.shape, np.uint8))
    labels = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "dwi_label")
    labels.SetAndObserveImageData(add_volume(scene, image, "dwi_hidden").GetImageData())
    scene.GetFirstNodeByName("dwi_hidden").SetHideFromEditors(True)
    add_volume(scene, image, "dwi_probability").SetAttribute(RESULT_MARK, "probability")
    opened.rest(0.5)
    assert opened.rows() == {}


def test_the_modality_shows_its_rows_and_only_those(opened: OpenedModule) -> None:
    study = opened.ui.study
    opened.press(study.ctpButton)
    assert target(study.selectorDWI).isHidden() and not target(study.selectorCBF).isHidden()
    assert opened.parameters.modality == "ctp"
    opened.press(study.mriButton)
    assert not target(study.selectorDWI).isHidden() and target(study.selectorCBF).isHidden()


def test_age_score_and_onset_reach_the_run_and_unknown_values_do_not(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    opened.ui.study.ageBox.setValue(71)
    opened.ui.study.nihssBox.setValue(14)
    opened.start()
    assert opened.runner.runs[0][0].clinical == ClinicalData(age=71, nihss=14, onset_hours=None)


@pytest.mark.parametrize(
    ("section", "name", "parameter", "typed", "expected"),
    [
        ("study", "onsetBox", "onset", "4.5", 4.5),
        ("study", "ageBox", "age", "64", 64.0),
        ("study", "nihssBox", "nihss", "12", 12),
        ("options", "thresholdBox", "threshold", "0.35", 0.35),
        ("options", "minimumLesionBox", "minimumLesion", "12.25", 12.25),
    ],
)
def test_a_number_is_taken_as_it_was_typed(
    opened: OpenedModule, section: str, name: str, parameter: str, typed: str, expected: float
) -> None:
    box = target(getattr(getattr(opened.ui, section), name))
    before = getattr(opened.parameters, parameter)
    box.selectAll()
    for key in typed:
        QtTest.QTest.keyClicks(box, key)
        # Whatever else happens shows all parameters again.
        opened.parameters.parameterNode.Modified()
        opened.rest(0.01)
    assert box.cleanText() == typed and getattr(opened.parameters, parameter) == before
    QtTest.QTest.keyClick(box, QtCore.Qt.Key_Return)
    assert getattr(opened.parameters, parameter) == expected and box.value() == expected


def test_a_number_that_is_still_being_typed_counts_when_the_run_begins(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    for box, typed in ((opened.ui.study.onsetBox, "4.5"), (opened.ui.options.thresholdBox, "0.35")):
        target(box).selectAll()
        QtTest.QTest.keyClicks(target(box), typed)
    opened.start()
    inputs, settings, _voxels = opened.runner.runs[0]
    assert inputs.clinical.onset_hours == 4.5 and settings.threshold == pytest.approx(0.35)


def test_the_reference_can_be_any_volume_that_is_chosen(opened: OpenedModule) -> None:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    box = opened.ui.study.referenceBox
    names = [target(box).itemText(index) for index in range(target(box).count())]
    assert names == ["Automatic", "DWI", "FLAIR", "T1"], "as the rows are"
    box.setCurrentIndex(names.index("FLAIR"))
    opened.start()
    assert opened.runner.runs[0][0].reference is Role.FLAIR


def test_the_voxels_that_are_handed_over_lie_where_the_volume_is_seen(opened: OpenedModule) -> None:
    nodes = add_study(opened.slicer.scene)
    transform = opened.slicer.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 12.0)
    transform.SetMatrixTransformToParent(matrix)
    nodes["DWI"].SetAndObserveTransformNodeID(transform.GetID())
    opened.start()
    voxels = opened.runner.runs[0][2][nodes["DWI"].GetID()]
    # To the patient's right, which is +x in Slicer and -x in files.
    assert np.allclose(voxels.grid.origin, (GRID.origin[0] - 12.0, *GRID.origin[1:]))
    assert voxels.array.shape == GRID.shape and voxels.grid.spacing == GRID.spacing


def test_a_sequence_is_a_4d_series_with_its_times_and_its_shown_frame_is_no_study(opened: OpenedModule) -> None:
    from StrokeSegLogic.slicer_bridge.volumes import add_volume

    scene = opened.slicer.scene
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "CTP")
    sequence.SetIndexName("time")
    sequence.SetIndexUnit("ms")
    for number in range(3):
        frame = add_volume(scene, GRID.image(np.full(GRID.shape, number, np.int16)), f"frame {number}")
        sequence.SetDataNodeAtValue(frame, str(1500 * number))
        scene.RemoveNode(frame)
    browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode")
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    shown = browser.GetProxyNode(sequence)
    assert shown is not None
    opened.press(opened.ui.study.ctpButton)
    opened.assigned("CTP")
    opened.start()
    voxels = opened.runner.runs[0][2][sequence.GetID()]
    assert voxels.times_s == (0.0, 1.5, 3.0)
    assert voxels.array.shape == (3, *GRID.shape) and [int(frame.max()) for frame in np.asarray(voxels.array)] == [
        0,
        1,
        2,
    ]


def test_maps_of_a_scene_that_was_written_by_strokeseg_are_recognised_while_the_panel_stands_on_mri(
    opened: OpenedModule, tmp_path: Path
) -> None:
    write_scene(perfused(), tmp_path / "scene.mrb")
    with quiet_vtk():
        opened.slicer.scene.ReadFromMRB(str(tmp_path / "scene.mrb"), True)
    opened.wait(lambda: "choose CT perfusion" in opened.ui.study.notesLabel.text, what="a word on the maps")
    opened.press(opened.ui.study.ctpButton)
    opened.assigned("CT", "CBF", "CBV", "MTT", "TTP", "TMAX", "MIP")
    assert opened.ui.study.notesLabel.text == ""
