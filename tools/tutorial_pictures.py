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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import qt
import slicer
import vtk

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("STROKESEG_PICTURES") or ROOT / "docs" / "pictures" / "tutorial")
WIDTH, HEIGHT = 1280, 800
COLOURS = 200
"""Of a picture: fewer are seen in the grey of the images."""

sys.path.append(str(ROOT / "Testing" / "Slicer"))

from strokeseg_cases.application import MODULE, rest, wait_until  # noqa: E402


class Tour:
    """The main window with the module, as a user has it.

    Args:
        folder: for files that a user would keep.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.window = slicer.util.mainWindow()
        self.window.resize(WIDTH, HEIGHT)
        slicer.mrmlScene.GetCacheManager().SetRemoteCacheDirectory(str(folder))
        slicer.util.selectModule(MODULE)
        slicer.util.findChild(self.window, "DataProbeCollapsibleWidget").collapsed = True
        rest(0.5)
        self.panel = slicer.util.getModuleWidget(MODULE).panel
        self.ui = self.panel.ui

    # -- looking

    def picture(self, name: str, widget: Any = None) -> None:
        """Keeps a picture of the window, or of a part of it."""
        from PIL import Image

        self.window.statusBar().clearMessage()
        rest(0.5)
        slicer.util.forceRenderAllViews()
        rest(0.2)
        path = FOLDER / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        (widget or self.window).grab().save(str(path))
        with Image.open(path) as image:
            few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        self.tell(f"{path.name} {few.width} x {few.height}, {path.stat().st_size // 1024} KiB")

    def tell(self, words: str) -> None:
        print(words, flush=True)

    def into_sight(self, widget: Any) -> None:
        """Scrolls the sections until a widget is at their top."""
        sections = self.ui.frame.sections
        bar = self.ui.frame.sectionsArea.verticalScrollBar()
        rest(0.3)
        bar.setValue(widget.mapTo(sections, qt.QPoint(0, 0)).y() - 4)

    # -- doing

    def load_sample(self, name: str) -> None:
        """Presses a button of the module Sample Data, and comes back."""
        slicer.util.selectModule("SampleData")
        slicer.util.findChild(slicer.util.getModuleWidget("SampleData").parent, f"{name}PushButton").click()
        rest(0.5)
        slicer.util.selectModule(MODULE)
        rest(0.5)

    def rows(self) -> set[str]:
        return {role.value for role in self.panel.presenter.inputs.volumes}

    def segment(self, half_way: Callable[[], None]) -> None:
        """Presses Segment and waits for the result; when it is under way something else is done."""
        before = self.panel.parameters.segmentation
        self.ui.run.segmentButton.click()
        wait_until(lambda: self.ui.run.progressBar.value > 300 or not self.panel.state.busy, "progress")
        half_way()
        wait_until(lambda: not self.panel.state.busy, "the end of the run")
        require(str(self.panel.state) == "done", self.ui.run.problemLabel.text)
        wait_until(lambda: self.panel.parameters.segmentation is not before, "the result", 60)
        self.settle()

    def answer(self, words: str, do: Callable[[], None]) -> None:
        """Does what asks a question, and agrees."""
        asked: list[str] = []

        def agree() -> None:
            box = slicer.app.activeModalWidget()
            if box is not None:
                asked.append(box.text)
                box.button(qt.QMessageBox.Ok).click()

        timer = qt.QTimer()
        timer.connect("timeout()", agree)
        timer.start(300)
        do()
        timer.stop()
        require(any(words in text for text in asked), f"nobody asked {words!r}, but {asked}")

    def settle(self) -> None:
        rest(0.3)
        wait_until(lambda: not self.panel.views.settling, "the views", 30)
        rest(1.0)

    def stroke(self, effect: str, points_ras: Sequence[tuple[float, float, float]], percent: float) -> None:
        """A stroke of a brush in the first view, in the slice that is shown."""
        editor = self.ui.correct.editorWidget
        editor.setActiveEffectByName(effect)
        brush = editor.activeEffect()
        brush.setCommonParameter("BrushRelativeDiameter", percent)
        widget = slicer.app.layoutManager().sliceWidget("StrokeSeg1")
        inverse = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(widget.mrmlSliceNode().GetXYToRAS(), inverse)
        interactor = widget.sliceView().interactor()
        places = [tuple(round(value) for value in inverse.MultiplyPoint((*ras, 1.0))[:2]) for ras in points_ras]
        interactor.SetEventInformation(*places[0], 0, 0, "\0", 0, None)
        interactor.InvokeEvent("MouseMoveEvent")
        interactor.InvokeEvent("LeftButtonPressEvent")
        for place in places:
            interactor.SetEventInformation(*place, 0, 0, "\0", 0, None)
            interactor.InvokeEvent("MouseMoveEvent")
            rest(0.05)
        interactor.InvokeEvent("LeftButtonReleaseEvent")
        rest(0.3)

    def shrink(self, by_mm: float) -> None:
        """The Segment Editor's effect Margin."""
        editor = self.ui.correct.editorWidget
        editor.setActiveEffectByName("Margin")
        editor.activeEffect().setParameter("MarginSizeMm", str(-by_mm))
        editor.activeEffect().self().onApply()
        editor.setActiveEffect(None)

    def labels(self) -> np.ndarray:
        """What is drawn, on the reference's grid."""
        import SimpleITK as sitk

        from StrokeSegLogic.slicer_bridge.segmentations import labels_of

        parameters = self.panel.parameters
        return sitk.GetArrayFromImage(labels_of(parameters.segmentation, parameters.referenceVolume))

    def edge_of_lesion(self) -> list[tuple[float, float, float]]:
        """Points down the left edge of what is drawn in the first view's slice, mm RAS."""
        from StrokeSegLogic.slicer_bridge.volumes import to_ras, volume_grid

        grid = volume_grid(self.panel.parameters.referenceVolume)
        offset = slicer.app.layoutManager().sliceWidget("StrokeSeg1").sliceLogic().GetSliceOffset()
        drawn = np.argwhere(self.labels() > 0)
        world = np.array([to_ras(tuple(point)) for point in grid.to_world(drawn[:, ::-1].astype(float))])
        here = world[np.abs(world[:, 2] - offset) < 4.0]
        edge = here[here[:, 0] < here[:, 0].min() + 4.0]
        edge = edge[np.argsort(edge[:, 1])]
        return [(float(x), float(y), float(z)) for x, y, z in edge]


def require(what: Any, words: str) -> None:
    """Ends the way where it is not as the tutorial says."""
    if not what:
        raise RuntimeError(words)


# -- the steps, as the tutorial has them


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
