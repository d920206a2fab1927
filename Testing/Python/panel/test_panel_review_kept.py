"""What a reader has drawn in a review is kept, whatever comes in between; what is gone is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from .opened import OpenedModule
from .review_cases import ANNA, BERND, CASES, desk, proposed, states, without_part
from .review_desk import Reading


@pytest.mark.parametrize("how", ["next", "give back", "scene", "module"])
@pytest.mark.quick(2)
def test_what_is_drawn_is_there_again(reading: Reading, how: str) -> None:
    edited = without_part(proposed())
    reading.open(CASES[0])
    reading.draw(edited)
    opened = reading.opened
    if how == "next":
        reading.press("nextCaseButton")
        reading.wait_for(CASES[1])
    elif how == "give back":
        reading.press("leaveCaseButton")
    elif how == "scene":
        opened.slicer.scene.Clear(False)
        opened.rest(0.3)
    else:
        opened.close()
        assert states(reading.review)[CASES[0]] == "proposed"
        session = desk(reading.review).start(CASES[0])
        draft = session.draft()
        assert draft is not None and np.array_equal(session.draft_labels(draft).labels, edited)
        return
    assert states(reading.review)[CASES[0]] == "proposed"
    reading.open(CASES[0])
    assert np.array_equal(reading.now(), edited)
    assert "not saved is open again" in reading.notice


def test_what_undo_brings_back_after_a_reset_is_kept_again(reading: Reading) -> None:
    edited = without_part(proposed())
    reading.open(CASES[0])
    reading.draw(edited)
    reading.press("leaveCaseButton")
    reading.open(CASES[0])
    reading.press("resetCaseButton")
    assert np.array_equal(reading.now(), proposed())
    reading.draw(edited)
    reading.press("leaveCaseButton")
    reading.open(CASES[0])
    assert np.array_equal(reading.now(), edited)


def test_a_case_whose_segmentation_was_deleted_can_be_left(reading: Reading) -> None:
    edited = without_part(proposed())
    reading.open(CASES[0])
    reading.draw(edited)
    reading.opened.slicer.scene.RemoveNode(reading.opened.parameters.segmentation)
    reading.press("leaveCaseButton")
    assert states(reading.review)[CASES[0]] == "proposed"
    reading.open(CASES[0])
    assert np.array_equal(reading.now(), edited), "what was drawn last"


def test_a_case_that_was_only_looked_at_leaves_no_draft(reading: Reading) -> None:
    reading.open(CASES[0])
    reading.press("leaveCaseButton")
    assert desk(reading.review).start(CASES[0]).draft() is None


def test_a_case_begun_before_a_crash_is_told_and_comes_first(opened: OpenedModule, review: Path) -> None:
    desk(review).start(CASES[1])
    reading = Reading(opened, review)
    assert f"begun and not decided: {CASES[1]}" in reading.notice
    reading.press("nextCaseButton")
    reading.wait_for(CASES[1])


def test_a_drawing_that_a_quit_left_behind_is_told_at_the_next_start(reading: Reading) -> None:
    reading.open(CASES[0])
    reading.draw(without_part(proposed()))
    reading.opened.slicer.scene.Clear(False)
    reading.opened.rest(0.3)
    row = next(k for k in range(3) if reading.cells(k)[0].endswith(CASES[0]))
    assert reading.cells(row)[4] == "your drawing is kept, not decided"
    reading.sit_down(BERND)
    assert "not decided" not in reading.notice + reading.cells(row)[4], "another reader's"
    reading.sit_down(ANNA)
    assert f"begun and not decided: {CASES[0]}." in reading.notice
    reading.open(CASES[0])
    reading.press("saveCaseButton")
    assert reading.cells(row)[4] == ANNA.name
    reading.sit_down(ANNA)
    assert reading.notice == ""


def test_a_case_that_was_taken_over_records_nothing_and_is_not_lost(reading: Reading) -> None:
    reading.open(CASES[0])
    reading.draw(without_part(proposed()))
    desk(reading.review, BERND).start(CASES[0], take_over=True)
    reading.press("saveCaseButton")
    assert "was taken over by Bernd" in reading.notice
    assert np.array_equal(reading.now(), without_part(proposed()))


def test_small_lesions_that_are_hidden_are_kept_in_the_draft_and_asked_about(reading: Reading) -> None:
    reading.open(CASES[0])
    opened = reading.opened
    opened.wait(lambda: opened.panel.lesions.desk.table is not None, what="the lesions")
    small = min(row.lesion.volume_ml for row in opened.panel.lesions.desk.table.rows)
    opened.parameters.hiddenBelow = small + 0.5
    opened.wait(lambda: "in place of" in reading.ui.changedLabel.text, 20, "the lesion to be hidden")
    opened.slicer.answers.append(False)
    reading.press("saveCaseButton")
    assert "would not be in what you save" in opened.slicer.displayed[-1][1]
    assert states(reading.review)[CASES[0]] == "in review"
    reading.press("leaveCaseButton")
    assert desk(reading.review).start(CASES[0]).draft() is None, "nothing was drawn"


def test_images_that_are_gone_are_told_and_the_case_can_be_read(reading: Reading) -> None:
    shutil.rmtree(reading.review.parent / "studies" / CASES[0])
    reading.open(CASES[0])
    assert "images cannot be shown" in reading.notice
    assert np.array_equal(reading.now(), proposed())
    shutil.rmtree(reading.review.parent / "results")
    reading.open(CASES[1])
    assert "result is not there any more" in reading.notice
    shutil.rmtree(reading.review.parent / "studies" / CASES[1])
    reading.press("leaveCaseButton")
    reading.open(CASES[1])
    assert np.array_equal(reading.now(), proposed()), "without any image there is a grid to draw on"


def test_images_that_the_proposal_was_not_made_of_are_told(reading: Reading) -> None:
    reading.open(CASES[0])
    assert "not the images" not in reading.notice
    reading.press("leaveCaseButton")
    path = reading.review.parent / "studies" / CASES[0] / "DWI.nii.gz"
    sitk.WriteImage(sitk.ReadImage(str(path)) + 1, str(path))
    reading.open(CASES[0])
    assert "DWI: not the images that the proposal was made of" in reading.notice


def test_a_folder_that_is_gone_loses_nothing(reading: Reading, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import tempfile

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    reading.open(CASES[0])
    edited = without_part(proposed())
    reading.draw(edited)
    reading.review.rename(reading.review.with_name("away"))
    reading.review.write_text("in the way", encoding="utf-8")
    reading.press("leaveCaseButton")
    assert "what was drawn is in" in reading.notice
    (kept,) = (tmp_path / "temporary").glob("*/labels.seg.nrrd")
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(kept))), edited)
    assert np.array_equal(reading.now(), edited), "the case stays"
