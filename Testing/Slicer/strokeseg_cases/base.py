"""What all cases begin and end with."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import slicer
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleTest

from .application import MODULE, Ticks, files_of, nodes, rest, wait_until
from .suite import output_folder

RUNNING_S, SHOWING_S = 0.2, 0.75
"""Longest time that the window may be held up while a run goes on, and while its result is shown. The aims are 0.1 s
and 0.5 s; the rest is for a machine that others use, too."""


class SlicerCase(ScriptedLoadableModuleTest):
    """A case with an empty scene, the module's widget and a folder of its own."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="slicer-case-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        slicer.mrmlScene.Clear(False)
        if slicer.util.mainWindow() is not None:
            # Enters the module, as a user does.
            slicer.util.selectModule(MODULE)
        self.widget = slicer.util.getModuleWidget(MODULE)
        rest(0.3)
        self.empty_scene = nodes()

    def tearDown(self) -> None:
        if self.widget.panel is not None and str(self.panel.state) in ("checking", "running"):
            self.press("segmentButton")
            wait_until(lambda: not self.panel.state.busy, "the end of a run that a case had left", 60)
        slicer.mrmlScene.Clear(False)
        rest(0.2)

    # -- the panel

    @property
    def panel(self) -> Any:
        return self.widget.panel

    @property
    def parameters(self) -> Any:
        return self.panel.parameters

    def press(self, button: str) -> None:
        """Clicks a button of the section "Run"."""
        getattr(self.panel.ui.run, button).click()

    def assigned(self, rows: dict[str, Any]) -> None:
        """Waits until the rows hold these nodes."""
        wanted = {name: node.GetID() for name, node in rows.items()}

        def rows_now() -> dict[str, str]:
            return {role.value: handle for role, handle in self.panel.presenter.inputs.volumes.items()}

        try:
            wait_until(lambda: rows_now() == wanted, "assignment", 30)
        except TimeoutError as error:
            raise AssertionError(f"rows are {rows_now()}, not {wanted}") from error

    def segment(self) -> Any:
        """Presses Segment and waits for the result; the segmentation node."""
        before = self.parameters.segmentation
        with Ticks() as running:
            self.press("segmentButton")
            self.assertTrue(self.panel.state.busy, self.said())
            wait_until(lambda: not self.panel.state.busy, "the end of the run")
        self.assertEqual(str(self.panel.state), "done", self.said())
        with Ticks() as showing:
            wait_until(lambda: self.parameters.segmentation is not before, "the result in the scene", 60)
            wait_until(lambda: self.parameters.resultText is not None, "the record in the scene", 60)
            rest(0.1)
            wait_until(lambda: not self.panel.views.settling, "the views", 60)
            rest(0.3)
        self.held_up = running.longest_s, showing.longest_s
        running_ms, showing_ms = (round(1000 * seconds) for seconds in self.held_up)
        print(f"{self.id()}: held up for {running_ms} ms while running, {showing_ms} ms when showing, at most")
        return self.parameters.segmentation

    def assert_never_held_up(self) -> None:
        """After `segment`: the window had its turn in time."""
        running, showing = self.held_up
        self.assertLess(running, RUNNING_S, "while running")
        self.assertLess(showing, SHOWING_S, "when showing")

    def said(self) -> str:
        """State, error and the log's end, for the message of a case that failed."""
        run = self.panel.ui.run
        return f"{self.panel.state}: {run.problemLabel.text} {run.logText.toPlainText()[-1000:]}"

    # -- what is looked at

    def labels(self, segmentation: Any, reference: Any) -> Any:
        """The labels of a segmentation node on a volume's grid, a SimpleITK image."""
        from StrokeSegLogic.slicer_bridge.segmentations import labels_of

        return labels_of(segmentation, reference)

    def voxels(self, segmentation: Any, reference: Any) -> Any:
        """The same as an array (z, y, x)."""
        import SimpleITK as sitk

        return sitk.GetArrayFromImage(self.labels(segmentation, reference))

    def terminology(self, segment: Any) -> str:
        """The terminology entry of a segment, as Slicer writes it."""
        import vtk

        entry = vtk.reference("")
        segment.GetTag(segment.GetTerminologyEntryTagName(), entry)
        return str(entry)

    def require_window(self) -> None:
        """Skips a case that needs views where there are none."""
        if slicer.app.layoutManager() is None:
            self.skipTest("runs with a window only")

    def picture(self, name: str) -> None:
        """Keeps a picture of the main window, where there is any."""
        window = slicer.util.mainWindow()
        if window is not None:
            slicer.app.processEvents()
            slicer.util.forceRenderAllViews()
            window.grab().save(str(output_folder() / f"{name}.png"))

    def assert_nothing_left(self) -> None:
        """After the scene is closed: no node that was not there before, and no temporary file."""
        slicer.mrmlScene.Clear(False)
        rest(1.0)
        self.assertEqual(nodes() - self.empty_scene, {}, "nodes stay behind")
        self.assertEqual(files_of(self.panel.presenter.runner), [], "files stay behind")
