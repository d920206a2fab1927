"""Goes the way of docs/tutorial.md in 3D Slicer, by the panel's own buttons, and takes its pictures on the way.

    Slicer --no-splash --disable-settings --additional-module-paths "$PWD/StrokeSegExtension" \
        --python-script "$PWD/tools/tutorial_pictures.py"

$STROKESEG_PICTURES names another folder than docs/pictures/tutorial, $STROKESEG_STEPS the steps to go, with commas
between (all of `STEPS`). Slicer's Python must hold what StrokeSeg needs (docs/slicer.md). It takes some minutes, and
exits with 0 only if every step did what the tutorial says.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import qt
import slicer

HERE = Path(__file__).resolve().parent
sys.path.extend([str(HERE), str(HERE.parent / "Testing" / "Slicer")])

from strokeseg_cases.application import rest, wait_until  # noqa: E402
from tutorial_tour import Tour, require  # noqa: E402


def mri(tour: Tour) -> None:
    """Loading, rows, Segment, the result, lesion by lesion, correcting, exporting."""
    ui = tour.ui
    tour.load_sample("StrokeSegMRI")
    wait_until(lambda: tour.rows() == {"DWI", "FLAIR", "ADC", "T1", "T2"}, "the rows", 60)
    tour.picture("study")
    tour.segment(lambda: tour.picture("running", ui.frame.runArea))
    require(ui.frame.studySection.collapsed and ui.frame.modelSection.collapsed, "Study and Model are not folded")
    tour.picture("result")
    ui.result.nextSliceButton.click()
    ui.result.overlayBox.setCurrentIndex(1)
    tour.into_sight(ui.result.sideBySideButton)
    tour.picture("doubt")
    ui.result.overlayBox.setCurrentIndex(0)
    lesions(tour)
    correct(tour)
    for button in (ui.export.segNrrdButton, ui.export.niftiButton, ui.export.reportButton):
        require(button.enabled, f"{button.text} cannot be pressed")


def lesions(tour: Tour) -> None:
    """The table of lesions: one is dropped and grown again under the mouse."""
    ui, desk = tour.ui.lesions, tour.panel.lesions.desk
    wait_until(lambda: desk.table is not None and desk.idle, "the table", 30)
    before = int(tour.labels().sum())
    x, y, z = desk.table.rows[0].point_mm
    ui.lesionTable.setFocus()
    ui.lesionTable.setCurrentCell(0, 0)
    ui.dropButton.click()
    wait_until(lambda: desk.idle, "the table", 30)
    require(tour.labels().sum() < before, "Del drops nothing")
    tour.panel.views.look_at((-x, -y, z), tour.panel.parameters.referenceVolume)
    ui.addButton.click()
    slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode").SetCursorPositionRAS([-x, -y, z])
    wait_until(lambda: tour.panel.lesions.growing.part is not None, "the lesion to grow", 20)
    tour.into_sight(tour.ui.frame.lesionsSection)
    tour.picture("lesions")
    ui.takeButton.click()
    wait_until(lambda: desk.idle, "the table", 30)
    require(tour.labels().sum() > 0.8 * before, "nothing has grown")


def correct(tour: Tour) -> None:
    """A stroke of the Segment Editor, with the model's own version as an outline."""
    tour.ui.frame.correctSection.collapsed = False
    tour.ui.correct.modelVersionBox.setChecked(True)
    tour.settle()
    before = tour.labels()
    tour.stroke("Erase", tour.edge_of_lesion(), 2.0)
    require((tour.labels() != before).any(), "the brush erases nothing")
    tour.into_sight(tour.ui.frame.correctSection)
    tour.picture("correct")
    tour.ui.correct.modelVersionBox.setChecked(False)
    tour.panel.ui.correct.editorWidget.undo()
    require((tour.labels() == before).all(), "undo does not bring back what was erased")
    tour.ui.frame.correctSection.collapsed = True


def review(tour: Tour) -> None:
    """From three studies on the disk to a record that verify finds whole."""
    ui, section = tour.ui.review, tour.panel.guests[0]

    def done() -> None:
        wait_until(lambda: not section._standing.busy, "the review", 60)
        tour.settle()

    def sit_down(reader: str, role: str) -> None:
        ui.readerEdit.setText(reader)
        ui.roleEdit.setText(role)
        ui.roleEdit.editingFinished()
        done()

    tour.load_sample("StrokeSegReview")
    folder = tour.folder / "StrokeSegReview"
    require(len(list(folder.glob("*/DWI.nrrd"))) == 3, "there are no three studies")
    tour.tell(f"three studies in {folder}")
    tour.ui.frame.reviewSection.collapsed = False
    tour.ui.frame.studySection.collapsed = tour.ui.frame.modelSection.collapsed = True
    ui.goOnBox.setChecked(False)
    ui.readerEdit.setText("A. Reader")
    ui.roleEdit.setText("neuroradiologist")
    tour.answer("holds no review", lambda: section.open_folder(folder))
    done()
    require(ui.caseTable.rowCount == 3, f"{ui.caseTable.rowCount} cases: {ui.reviewNotice.text}")
    ui.proposeButton.click()
    wait_until(lambda: "%" in ui.countsLabel.text, "progress of proposing", 120)
    wait_until(lambda: section._standing.proposing is None, "the proposals")
    ui.caseTable.setCurrentCell(0, 0)
    tour.tell(f"{ui.countsLabel.text}; {ui.reviewNotice.text}")
    ui.nextCaseButton.click()
    done()
    require(ui.caseLabel.text, ui.reviewNotice.text)
    tour.picture("review-case")
    tour.ui.frame.correctSection.collapsed = False
    tour.stroke("Erase", tour.edge_of_lesion(), 2.0)
    tour.ui.correct.editorWidget.setActiveEffect(None)
    tour.ui.frame.correctSection.collapsed = True
    wait_until(lambda: "in place of" in ui.changedLabel.text, "the changes", 20)
    tour.ui.frame.sectionsArea.verticalScrollBar().setValue(0)
    tour.picture("review-changes")
    ui.saveCaseButton.click()
    done()
    tour.tell(ui.reviewNotice.text)
    ui.nextCaseButton.click()
    done()
    ui.acceptCaseButton.click()
    done()
    tour.tell(ui.reviewNotice.text)
    ui.nextCaseButton.click()
    done()
    ui.rejectCaseButton.click()
    require("Say why" in ui.reviewNotice.text, "a case is rejected without a reason")
    ui.reasonEdit.setText("movement")
    ui.rejectCaseButton.click()
    done()
    tour.tell(f"{ui.countsLabel.text}; {ui.reviewNotice.text}")
    second_reader(tour, sit_down, done)
    finish(tour, folder)
    tour.ui.frame.reviewSection.collapsed = True


def second_reader(tour: Tour, sit_down: Callable[[str, str], None], done: Callable[[], None]) -> None:
    """The first case is read by a second reader, blind, and a third decides between both."""
    ui = tour.ui.review
    ui.caseTable.setCurrentCell(0, 0)
    ui.secondReadButton.click()
    sit_down("B. Reader", "neurologist")
    ui.nextCaseButton.click()
    done()
    require("blind" in ui.caseLabel.text, ui.reviewNotice.text)
    tour.ui.frame.correctSection.collapsed = False
    tour.shrink(4.0)
    tour.ui.frame.correctSection.collapsed = True
    wait_until(lambda: "in place of" in ui.changedLabel.text, "the changes", 20)
    tour.tell(ui.changedLabel.text)
    ui.saveCaseButton.click()
    done()
    tour.tell(ui.reviewNotice.text)
    sit_down("C. Reader", "professor")
    ui.nextCaseButton.click()
    done()
    require("arbitration" in ui.caseLabel.text, f"{ui.caseLabel.text}: {ui.reviewNotice.text}")
    tour.ui.frame.sectionsArea.verticalScrollBar().setValue(0)
    tour.picture("review-arbitration")
    ui.takeFirstButton.click()
    done()
    tour.tell(f"{ui.countsLabel.text}; {ui.reviewNotice.text}")


def finish(tour: Tour, folder: Path) -> None:
    """What the tutorial types into the Python console."""
    from StrokeSegLogic.review.export import export_review
    from StrokeSegLogic.review.folder import ReviewFolder
    from StrokeSegLogic.review.numbers import count
    from StrokeSegLogic.review.report import write_review_report
    from StrokeSegLogic.review.verify import verify

    found = verify(folder)
    require(found.whole, "; ".join(map(str, found.findings)))
    home = ReviewFolder.find(folder)
    write_review_report(count(home), home, folder / "report")
    chosen = export_review(home, folder / "masks").chosen
    tour.tell(f"{found.events} events and {found.files} files are whole; {len(chosen)} cases exported")


def perfusion(tour: Tour) -> None:
    """Perfusion maps with what is known of the patient."""
    ui = tour.ui
    slicer.mrmlScene.Clear(False)
    rest(0.5)
    tour.load_sample("StrokeSegCTPMaps")
    ui.study.ctpButton.click()
    wait_until(lambda: {"CBF", "TMAX"} <= tour.rows(), "the rows", 60)
    ui.study.ageBox.setValue(71)
    ui.study.nihssBox.setValue(14)
    ui.study.onsetBox.setValue(8.0)
    tour.segment(lambda: None)
    ui.result.nextLesionButton.click()
    tour.into_sight(ui.frame.resultSection)
    tour.picture("perfusion")


STEPS = {"mri": mri, "review": review, "perfusion": perfusion}


def main() -> None:
    status = slicer.util.EXIT_FAILURE
    try:
        wanted = [name for name in os.environ.get("STROKESEG_STEPS", "").split(",") if name] or list(STEPS)
        with tempfile.TemporaryDirectory() as scratch:
            tour = Tour(Path(scratch))
            for name in wanted:
                STEPS[name](tour)
            slicer.mrmlScene.Clear(False)
        status = slicer.util.EXIT_SUCCESS
    except BaseException:  # an application that waits for a user who is not there would hang for ever
        traceback.print_exc()
    finally:
        slicer.util.exit(status)


# Not at once: the application is not up before its event loop runs.
qt.QTimer.singleShot(0, main)
