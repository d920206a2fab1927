"""A review in the panel: worklist, cases, decisions, a second reader, arbitration."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.review.verify import verify
from StrokeSegLogic.slicer_bridge.segmentations import labels_of

from .opened import OpenedModule, target
from .review_cases import ANNA, BERND, CASES, CLARA, desk, proposed, states, without_part
from .review_desk import Reading
from .standin.qt_module import FileDialog
from .studies import GRID


def nodes(opened: OpenedModule) -> set[str]:
    scene = opened.slicer.scene
    found = [scene.GetNthNode(k) for k in range(scene.GetNumberOfNodes())]
    # A table of colours is added to a scene once; a slice of a view stands in 3-D as a model.
    left = (
        "vtkMRMLColorTable",
        "vtkMRMLSlice",
        "vtkMRMLModel",
        "vtkMRMLView",
        "vtkMRMLCamera",
        "vtkMRMLLinearTransform",
    )
    return {node.GetID() for node in found if not node.GetClassName().startswith(left)}


def test_the_worklist_says_where_each_case_stands(reading: Reading) -> None:
    assert [reading.cells(row)[:2] for row in range(3)] == [
        [CASES[0], "proposed"],
        [CASES[1], "proposed"],
        [CASES[2], "waiting"],
    ]
    assert float(reading.cells(0)[2]) > 0
    assert reading.ui.countsLabel.text == "2 proposed, 1 waiting"
    reading.ui.orderBox.setCurrentIndex(2)
    assert reading.cells(2)[0] == CASES[2], "what is not known comes last"


def test_a_case_comes_with_its_images_the_proposal_and_the_first_doubt(reading: Reading) -> None:
    reading.press("nextCaseButton")
    reading.wait_for(CASES[0])
    opened = reading.opened
    assert np.array_equal(reading.now(), proposed())
    assert opened.parameters.volumeDWI.GetName() == "case 2 DWI"
    assert opened.parameters.referenceVolume is opened.parameters.volumeDWI
    assert opened.parameters.volumeFLAIR is not None
    assert opened.parameters.probabilityVolume is not None
    opened.wait(lambda: opened.ui.result.placeLabel.text.startswith("slice "), 10, "the first doubt")
    assert states(reading.review)[CASES[0]] == "in review"
    assert reading.cells(0)[0] == f"\u25b6 {CASES[0]}"


def test_what_is_drawn_is_counted_coloured_and_saved(reading: Reading) -> None:
    reading.open(CASES[0])
    edited = without_part(proposed())
    reading.draw(edited)
    added = int(((edited > 0) & (proposed() == 0)).sum())
    removed = int(((edited == 0) & (proposed() > 0)).sum())
    assert reading.ui.changedLabel.text.startswith(f"+{added} and \u2212{removed} voxels")
    colours = reading.opened.slicer.scene.GetFirstNodeByName("Added and removed")
    found = sitk.GetArrayFromImage(labels_of(colours, reading.opened.parameters.referenceVolume))
    assert (int((found == 1).sum()), int((found == 2).sum())) == (added, removed)
    assert not colours.GetSaveWithScene()
    reading.ui.changesBox.setChecked(False)
    assert not colours.GetDisplayNode().GetVisibility()
    target(reading.ui.commentEdit).setText("rim corrected")
    reading.press("saveCaseButton")
    (entry,) = (entry for entry in desk(reading.review).worklist() if entry.name == CASES[0])
    assert entry.state == "edited" and entry.first is not None and entry.first.comment == "rim corrected"
    assert entry.first.content["to_proposal"]["added"] == added
    assert entry.first.active_s is not None
    assert reading.opened.slicer.scene.GetFirstNodeByName("Added and removed") is None
    assert verify(desk(reading.review).folder.path).whole


def test_a_case_leaves_nothing_in_the_scene(reading: Reading) -> None:
    before = nodes(reading.opened)
    reading.open(CASES[0])
    assert nodes(reading.opened) > before
    reading.press("acceptCaseButton")
    assert "accepted" in reading.notice
    assert nodes(reading.opened) == before
    assert states(reading.review)[CASES[0]] == "accepted"


def test_after_a_decision_the_next_case_comes(reading: Reading) -> None:
    reading.ui.goOnBox.setChecked(True)
    reading.open(CASES[0])
    reading.press("acceptCaseButton")
    reading.wait_for(CASES[1])
    reading.press("previousCaseButton")
    reading.wait_for(CASES[0])
    assert states(reading.review)[CASES[1]] == "proposed", "the other was given back"


def test_accepting_never_throws_away_what_was_drawn(reading: Reading) -> None:
    reading.open(CASES[0])
    reading.press("saveCaseButton")
    assert "nothing was changed" in reading.notice
    reading.draw(without_part(proposed()))
    reading.press("acceptCaseButton")
    assert "you have changed the proposal" in reading.notice
    assert states(reading.review)[CASES[0]] == "in review"
    reading.press("resetCaseButton")
    assert np.array_equal(reading.now(), proposed())
    reading.press("acceptCaseButton")
    assert states(reading.review)[CASES[0]] == "accepted"


def test_a_case_is_rejected_for_a_reason(reading: Reading) -> None:
    reading.open(CASES[0])
    reading.press("rejectCaseButton")
    assert states(reading.review)[CASES[0]] == "in review" and "Say why" in reading.notice
    target(reading.ui.reasonEdit).setText("movement")
    target(reading.ui.reasonEdit).returnPressed.emit()
    assert states(reading.review)[CASES[0]] == "rejected"
    assert reading.cells(0)[4].endswith("movement")


def test_a_case_of_another_reader_is_asked_for(reading: Reading) -> None:
    desk(reading.review, BERND).start(CASES[0])
    reading.opened.slicer.answers.append(False)
    table = target(reading.ui.caseTable)
    table.setCurrentCell(0, 0)
    table.cellActivated.emit(0, 0)
    assert states(reading.review)[CASES[0]] == "in review" and not reading.ui.caseLabel.text
    reading.opened.slicer.answers.append(True)
    reading.open(CASES[0])
    assert "Bernd" in reading.opened.slicer.displayed[-1][1]


def test_a_second_reader_is_blind_and_a_third_decides_between_both(reading: Reading) -> None:
    target(reading.ui.caseTable).setCurrentCell(0, 0)
    reading.press("secondReadButton")
    reading.open(CASES[0])
    first = without_part(proposed())
    reading.draw(first)
    reading.press("saveCaseButton")
    reading.sit_down(BERND)
    assert reading.cells(0)[1] == "second read" and "Anna" not in " ".join(reading.cells(0))
    reading.open(CASES[0])
    assert "blind" in reading.ui.caseLabel.text
    assert np.array_equal(reading.now(), proposed())
    second = 0 * proposed()
    second[8:10, 20:24, 20:24] = 1
    reading.draw(second)
    reading.press("saveCaseButton")
    assert "readers disagree" in reading.cells(0)[4]
    reading.sit_down(CLARA)
    reading.open(CASES[0])
    assert "Anna" in reading.ui.disputeLabel.text and "Bernd" in reading.ui.disputeLabel.text
    scene, reference = reading.opened.slicer.scene, reading.opened.parameters.referenceVolume
    for name, labels in (("First reader: Anna Kühn", first), ("Second reader: Bernd", second)):
        node = scene.GetFirstNodeByName(name)
        assert np.array_equal(sitk.GetArrayFromImage(labels_of(node, reference)) > 0, labels > 0)
    reading.press("takeSecondButton")
    (entry,) = (entry for entry in desk(reading.review, CLARA).worklist() if entry.name == CASES[0])
    assert entry.final is not None and entry.final.content["chosen"] == "second"
    assert target(reading.ui.takeFirstButton).isHidden()


def test_a_folder_of_studies_becomes_a_review_once_that_is_agreed_to(
    opened: OpenedModule, made_review: Path, tmp_path: Path
) -> None:
    shutil.copytree(made_review / "results", tmp_path / "results")
    shutil.copytree(made_review / "review", tmp_path / "results" / "of last year")
    section = opened.panel.guests[0]
    target(section.ui.readerEdit).setText("Anna")
    opened.slicer.answers.extend([False, True])
    for _answer in range(2):
        FileDialog.answers.append(str(tmp_path / "results"))
        opened.press(section.ui.openReviewButton)
    opened.wait(lambda: section.ui.caseTable.rowCount == 2, 20, "the worklist")
    assert (tmp_path / "results" / "review" / "worklist.json").is_file()
    assert "of last year" in section.ui.reviewNotice.text, "what was left aside"


def test_what_is_no_reader_and_no_folder_is_told(opened: OpenedModule, review: Path) -> None:
    section = opened.panel.guests[0]
    target(section.ui.readerEdit).setText(" ")
    section.open_folder(review)
    opened.wait(lambda: bool(section.ui.reviewNotice.text), 10, "words")
    assert "Reader" in section.ui.reviewNotice.text
    (review / "records.jsonl").write_text("{}\n", encoding="utf-8")
    target(section.ui.readerEdit).setText("Anna")
    section.open_folder(review)
    opened.wait(lambda: "verify" in section.ui.reviewNotice.text, 10, "words")


def test_reader_and_folder_are_remembered_for_the_next_start(
    open_module: Callable[..., OpenedModule], review: Path
) -> None:
    from StrokeSegExtensionLib.review_memory import ReviewMemory

    from .studies import ScriptedRunner

    first = open_module(runner=ScriptedRunner)
    Reading(first, review)
    first.close()
    again = open_module(runner=ScriptedRunner).panel.guests[0]
    assert again.ui.readerEdit.text == ANNA.name and again.ui.roleEdit.text == ANNA.role
    assert ReviewMemory().folder == str(review)


def test_no_case_is_begun_while_a_run_is_under_way(reading: Reading) -> None:
    from .studies import add_study

    add_study(reading.opened.slicer.scene, grid=GRID)
    reading.opened.start()
    reading.press("nextCaseButton")
    reading.opened.wait(lambda: "a run is under way" in reading.notice, 10, "words")
    assert states(reading.review)[CASES[0]] == "proposed"


def test_no_run_takes_the_place_of_a_case_that_is_before_its_reader(reading: Reading) -> None:
    reading.open(CASES[0])
    reading.opened.press(reading.opened.ui.run.segmentButton)
    assert "is before its reader" in reading.opened.ui.run.problemLabel.text
    assert not reading.opened.panel.state.busy
    reading.press("leaveCaseButton")
    assert reading.section.holds() == ""


def test_a_decision_is_recorded_under_the_name_that_is_shown_or_not_at_all(reading: Reading) -> None:
    reading.open(CASES[0])
    target(reading.ui.readerEdit).setText(BERND.name)
    reading.press("acceptCaseButton")
    assert states(reading.review)[CASES[0]] == "proposed", "Anna's case went back"
    reading.open(CASES[0])
    reading.press("acceptCaseButton")
    (entry,) = (entry for entry in desk(reading.review, CLARA).worklist() if entry.name == CASES[0])
    assert entry.first is not None and entry.first.reader == BERND.name
    target(reading.ui.readerEdit).setText(" ")
    reading.press("nextCaseButton")
    assert "Type your name" in reading.notice and not reading.ui.caseLabel.text


def test_a_damaged_proposal_is_in_nobodys_way(reading: Reading) -> None:
    (damaged,) = (desk(reading.review).entry(CASES[0]).proposal,)
    assert damaged is not None
    with (reading.review / damaged.file).open("ab") as file:
        file.write(b"x")
    reading.press("nextCaseButton")
    reading.opened.wait(lambda: "changed" in reading.notice, 20, "the fault")
    reading.press("nextCaseButton")
    reading.wait_for(CASES[1])
    assert states(reading.review)[CASES[0]] == "proposed"


def test_who_is_to_read_a_case_blind_cannot_take_the_blindness_away(reading: Reading) -> None:
    target(reading.ui.caseTable).setCurrentCell(0, 0)
    reading.press("secondReadButton")
    reading.open(CASES[0])
    reading.press("acceptCaseButton")
    reading.sit_down(BERND)
    target(reading.ui.caseTable).setCurrentCell(0, 0)
    reading.press("secondReadButton")
    assert "waits for a second reader" in reading.notice
    assert reading.cells(0)[1] == "second read" and "Anna" not in " ".join(reading.cells(0))
