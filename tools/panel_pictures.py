"""Makes the pictures of docs/tutorial.md: python tools/panel_pictures.py [folder]

The module's own code runs here on the tests' stand-in for 3D Slicer: the panel is drawn by Qt, the slice views by
Slicer's own libraries, and both studies are segmented by the worker. It takes some minutes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Python")]
sys.path.append(str(ROOT / "StrokeSegExtension"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from types import SimpleNamespace  # noqa: E402

from panel.gallery import DOCK_WIDTH, SCREEN, dock, save, use_theme  # noqa: E402
from panel.opened import OpenedModule, target  # noqa: E402
from panel.slice_pictures import side_by_side  # noqa: E402
from panel.standin.install import Slicer, standin  # noqa: E402
from PySide6 import QtCore, QtGui  # noqa: E402

MODULE = ROOT / "StrokeSegExtension" / "StrokeSegExtension.py"
FOLDER = ROOT / "docs" / "pictures" / "panel"


def panel_picture(opened: OpenedModule, shown: object, height: int) -> QtGui.QImage:
    """The panel in its dock, scrolled until a widget is at its top."""
    area = dock(opened, height)
    try:
        opened.rest(0.1)
        inner, sections = target(opened.ui.frame.sectionsArea), target(opened.ui.frame.sections)
        top = target(shown).mapTo(sections, QtCore.QPoint(0, 0)).y() if sections.isAncestorOf(target(shown)) else 0
        inner.verticalScrollBar().setValue(max(0, top - 8))
        opened.rest(0.05)
        return area.grab().toImage()
    finally:
        area.takeWidget()
        area.deleteLater()


def window_picture(opened: OpenedModule, shown: object) -> QtGui.QImage:
    """Panel and views together, 1280 x 800."""
    logics = opened.slice_views()
    views = QtCore.QSize(SCREEN.width() - DOCK_WIDTH, SCREEN.height())
    picture = QtGui.QImage(SCREEN, QtGui.QImage.Format.Format_RGB888)
    painter = QtGui.QPainter(picture)
    painter.drawImage(0, 0, panel_picture(opened, shown, SCREEN.height()))
    painter.drawImage(DOCK_WIDTH, 0, side_by_side(logics, opened.slicer.app.applicationLogic(), views))
    painter.end()
    return picture


def write(picture: QtGui.QImage, path: Path) -> None:
    save(QtGui.QPixmap.fromImage(picture), path)
    print(path.name, path.stat().st_size // 1024, "KiB", flush=True)


def mri(slicer: Slicer, folder: Path) -> None:
    """The study of the tutorial, from the rows to the correction."""
    opened = OpenedModule(slicer)
    slicer.samples[0]["customDownloader"](None)
    opened.assigned("DWI", "FLAIR", "ADC", "T1", "T2")
    ui = opened.ui
    ui.frame.resultSection.collapsed = True
    write(panel_picture(opened, ui.frame.researchUseLabel, 560), folder / "mri-study.png")
    opened.press(ui.run.segmentButton)
    opened.wait(lambda: ui.run.progressBar.value > 300, what="progress", seconds=600)
    write(panel_picture(opened, ui.frame.optionsSection, 200), folder / "mri-running.png")
    opened.wait(lambda: opened.parameters.segmentation is not None, what="the result", seconds=600)
    opened.rest(1.0)
    ui.frame.modelSection.collapsed = True
    opened.press(ui.result.nextLesionButton)
    write(window_picture(opened, ui.frame.researchUseLabel), folder / "mri-result.png")
    ui.result.overlayBox.setCurrentIndex(1)
    opened.press(ui.result.nextSliceButton)
    use_theme(dark=True)
    ui.frame.correctSection.collapsed = False
    ui.frame.exportSection.collapsed = False
    write(window_picture(opened, ui.frame.resultSection), folder / "mri-review-dark.png")
    use_theme(dark=False)
    opened.close()


def ctp(slicer: Slicer, folder: Path) -> None:
    """Perfusion maps with what is known of the patient."""
    opened = OpenedModule(slicer)
    slicer.samples[1]["customDownloader"](None)
    ui = opened.ui
    opened.press(ui.study.ctpButton)
    opened.wait(lambda: {"CBF", "TMAX"} <= set(opened.rows()), what="the maps")
    ui.study.ageBox.setValue(71)
    ui.study.nihssBox.setValue(14)
    ui.study.onsetBox.setValue(8.0)
    opened.press(ui.run.segmentButton)
    opened.wait(lambda: opened.parameters.segmentation is not None, what="the result", seconds=600)
    opened.rest(1.0)
    opened.press(ui.result.nextLesionButton)
    write(window_picture(opened, ui.frame.resultSection), folder / "ctp-result.png")
    opened.close()


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch, standin(Path(scratch), MODULE) as slicer:
        from StrokeSegExtension import StrokeSegExtension

        use_theme(dark=False)
        StrokeSegExtension(SimpleNamespace(path=str(MODULE)))
        slicer.app._emit("startupCompleted()")
        mri(slicer, folder)
        slicer.scene.Clear(False)
        ctp(slicer, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
