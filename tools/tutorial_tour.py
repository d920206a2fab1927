"""3D Slicer's window with the module, as docs/tutorial.md has it: looked at, pressed and drawn in."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import qt
import slicer
import vtk
from strokeseg_cases.application import MODULE, rest, wait_until

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("STROKESEG_PICTURES") or ROOT / "docs" / "pictures" / "tutorial")
WIDTH, HEIGHT = 1280, 800
COLOURS = 200
"""Of a picture: fewer are seen in the grey of the images."""


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
