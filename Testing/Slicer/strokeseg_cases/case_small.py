"""A window of 1280 x 800, as on a small screen; with a window only."""

from __future__ import annotations

import slicer

from .application import rest, wait_until
from .base import SlicerCase
from .studies import load_mri

WIDTH, HEIGHT = 1280, 800


class SmallWindowCase(SlicerCase):
    def setUp(self) -> None:
        super().setUp()
        self.require_window()
        window = slicer.util.mainWindow()
        size = window.size
        self.addCleanup(window.resize, size.width(), size.height())
        window.resize(WIDTH, HEIGHT)
        rest(0.3)

    def seen(self, widget: object) -> bool:
        """Whether the whole of a widget is in sight."""
        return bool(widget.visibleRegion().boundingRect().height() == widget.height)  # type: ignore[attr-defined]

    def test_panel_and_views_of_a_result_fit_into_the_window(self) -> None:
        rows = load_mri(self.folder, ("DWI", "FLAIR", "ADC", "T1", "T2"))
        self.assigned(rows)
        self.parameters.device = "cpu"
        self.assertTrue(self.seen(self.panel.ui.run.segmentButton), "Segment is below the fold")
        self.picture("small-study")
        self.segment()
        rest(0.5)
        self.picture("small-result")
        window = slicer.util.mainWindow()
        self.assertLessEqual(window.width, WIDTH)
        self.assertLessEqual(self.panel.ui.frame.root.width, 400)
        manager = slicer.app.layoutManager()
        bars = [manager.sliceWidget(f"StrokeSeg{number}").sliceController() for number in range(1, 6)]
        for bar in bars:
            label = bar.viewLabel()
            self.assertGreaterEqual(label.width, label.fontMetrics().width(label.text), f"{label.text} is cut")
        self.assertTrue(self.seen(self.panel.ui.run.segmentButton), "Segment is below the fold")
        self.assertFalse(self.panel.ui.result.resultTable.visibleRegion().isEmpty(), "the numbers are below the fold")
        self.panel.ui.frame.correctSection.collapsed = False
        rest(0.5)
        self.picture("small-correct")
        self.assertLessEqual(window.width, WIDTH, "the Segment Editor makes the window wider")

    def test_after_the_scene_is_closed_the_panel_begins_at_its_top(self) -> None:
        self.assigned(load_mri(self.folder))
        self.parameters.device = "cpu"
        self.segment()
        self.panel.ui.frame.exportSection.collapsed = False
        rest(0.3)
        bar = self.panel.ui.frame.sectionsArea.verticalScrollBar()
        bar.setValue(bar.maximum)
        slicer.mrmlScene.Clear(False)
        wait_until(lambda: bar.value == 0, "the top", 5)
        self.picture("small-closed")
        self.assertFalse(self.panel.ui.study.assignButton.visibleRegion().isEmpty())
