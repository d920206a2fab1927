"""Segment, Cancel, progress, errors and the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from StrokeSegLogic.worker.protocol import Fault

from .opened import OpenedModule, target
from .studies import add_study, lesion_result


@pytest.fixture
def ready(opened: OpenedModule) -> OpenedModule:
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    return opened


def test_the_button_becomes_cancel_and_the_inputs_are_locked_while_it_runs(ready: OpenedModule) -> None:
    ui = ready.ui
    ready.start()
    assert ui.run.segmentButton.text == "Cancel"
    locked = (ui.study.selectorDWI, ui.study.assignButton, ui.options.deviceBox, ui.model.modelBox)
    assert not any(target(widget).isEnabled() for widget in locked)
    ready.runner.listener.cancelled()
    assert ui.run.segmentButton.text == "Segment"
    assert all(target(widget).isEnabled() for widget in locked)


def test_progress_is_shown_with_the_stage_in_words(ready: OpenedModule) -> None:
    ready.start()
    ready.runner.listener.progressed(0.42, "axial network")
    ready.wait(lambda: ready.ui.run.progressBar.value > 0)
    assert ready.ui.run.stageLabel.text == "42 %: axial network"
    assert ready.ui.run.progressBar.value == round(0.42 * ready.ui.run.progressBar.maximum)
    assert not target(ready.ui.run.progressBar).isHidden()


def test_cancel_asks_the_runner_and_waits_for_its_answer(ready: OpenedModule) -> None:
    before = ready.slicer.scene.GetNumberOfNodes()
    ready.start()
    ready.press(ready.ui.run.segmentButton)
    assert ready.runner.calls == ["cancel"] and str(ready.panel.state) == "cancelling"
    assert not target(ready.ui.run.segmentButton).isEnabled()
    ready.runner.listener.cancelled()
    assert str(ready.panel.state) == "idle"
    assert ready.slicer.scene.GetNumberOfNodes() == before


def test_a_failure_says_what_is_wrong_and_what_to_do_and_opens_the_log(ready: OpenedModule) -> None:
    ready.start()
    assert target(ready.ui.run.logText).isHidden()
    ready.runner.listener.failed(Fault("the worker died", fix="Close other programs", log=("Killed", "out of memory")))
    assert ready.ui.run.problemLabel.text == "the worker died. Close other programs."
    assert ready.ui.run.logText.toPlainText().splitlines()[-2:] == ["Killed", "out of memory"]
    assert not target(ready.ui.run.logText).isHidden()


def test_the_next_run_takes_the_error_and_the_old_log_away(ready: OpenedModule) -> None:
    ready.start()
    ready.runner.listener.failed(Fault("the worker died", log=("old line",)))
    ready.start()
    assert target(ready.ui.run.problemLabel).isHidden()
    assert "old line" not in ready.ui.run.logText.toPlainText()


def test_the_last_lines_of_a_worker_that_died_are_said_once(ready: OpenedModule) -> None:
    ready.start()
    for line in ("loading", "axial network", "Killed"):
        ready.runner.listener.logged(line)
    ready.runner.listener.failed(Fault("the worker died", log=("axial network", "Killed", "said at the very end")))
    lines = ready.ui.run.logText.toPlainText().splitlines()
    assert lines == ["loading", "axial network", "Killed", "said at the very end"]


def test_a_log_that_a_failure_opened_folds_when_the_error_goes(ready: OpenedModule) -> None:
    ready.start()
    ready.runner.listener.failed(Fault("the worker died", log=("Killed",)))
    ready.start()
    assert target(ready.ui.run.logText).isHidden(), "it would stand there open and empty"
    ready.press(ready.ui.run.logButton)
    ready.runner.listener.failed(Fault("the worker died", log=("Killed",)))
    ready.start()
    assert not target(ready.ui.run.logText).isHidden(), "what the user has opened stays open"


def test_nothing_chosen_is_an_error_that_says_so(opened: OpenedModule) -> None:
    opened.press(opened.ui.run.segmentButton)
    opened.wait_for("failed")
    assert "volume" in opened.ui.run.problemLabel.text.lower()


def test_a_volume_without_voxels_is_named(opened: OpenedModule) -> None:
    node = opened.slicer.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "DWI")
    opened.ui.study.selectorDWI.setCurrentNode(node)
    opened.press(opened.ui.run.segmentButton)
    opened.wait_for("failed")
    assert opened.ui.run.problemLabel.text.startswith("DWI: the volume is empty")


def test_a_flood_of_log_lines_leaves_no_more_than_a_thousand(ready: OpenedModule) -> None:
    for number in range(1100):
        ready.panel.append_log(f"line {number}")
    lines = ready.ui.run.logText.toPlainText().splitlines()
    assert len(lines) == 1000 and lines[-1] == "line 1099"


def test_closing_the_scene_during_a_run_stops_it_and_leaves_nothing(ready: OpenedModule, tmp_path: Path) -> None:
    ready.start()
    listener = ready.runner.listener
    ready.slicer.scene.Clear(False)
    assert "cancel" in ready.runner.calls and str(ready.panel.state) == "idle"
    ready.rest()
    nodes = ready.slicer.scene.GetNumberOfNodes()
    from .studies import written

    listener.finished(*written(lesion_result(), tmp_path / "late"))
    ready.rest(0.5)
    assert ready.slicer.scene.GetNumberOfNodes() == nodes
    assert ready.runner.calls[-1] == "release"


def test_a_run_goes_on_while_another_module_is_shown(ready: OpenedModule, tmp_path: Path) -> None:
    ready.start()
    ready.widget.exit()
    ready.runner.finish(lesion_result(), tmp_path / "result")
    ready.wait(lambda: ready.parameters.segmentation is not None)
    ready.widget.enter()
    assert ready.ui.run.stageLabel.text == "Done"


def test_options_reach_the_run(ready: OpenedModule) -> None:
    options = ready.ui.options
    options.deviceBox.setCurrentIndex(1)
    options.voteBox.setCurrentIndex(2)
    options.registerBox.setCurrentIndex(1)
    options.thresholdBox.setValue(0.35)
    options.minimumLesionBox.setValue(0.5)
    options.flipsBox.setChecked(True)
    options.agreementBox.setChecked(False)
    ready.start()
    settings = ready.runner.runs[0][1]
    assert (settings.device, settings.vote, settings.flips, settings.agreement) == ("cpu", "mean", True, False)
    assert (settings.threshold, settings.minimum_lesion_ml) == (pytest.approx(0.35), pytest.approx(0.5))
    assert settings.register == "off"
    assert settings.probability and settings.report


def test_the_models_say_what_they_need_and_learned_from(ready: OpenedModule) -> None:
    model = ready.ui.model
    assert "DWI" in model.needsLabel.text
    assert model.trainedLabel.text.startswith("Trained on")
    assert not target(model.removeButton).isEnabled()  # it came with StrokeSeg
