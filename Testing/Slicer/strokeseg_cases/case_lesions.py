"""Lesion by lesion: the table, its keys, the slider, growing under the mouse, and painting beside another segment."""

from __future__ import annotations

from typing import Any

import qt
import slicer

from .application import Ticks, rest, wait_until
from .base import SlicerCase
from .studies import load_mri, mri_result


class LesionsCase(SlicerCase):
    def setUp(self) -> None:
        super().setUp()
        from StrokeSegExtensionLib.qt_clock import QtClock
        from StrokeSegExtensionLib.result_folder import ResultOpener

        from StrokeSegLogic.outputs.files import write_outputs

        self.rows = load_mri(self.folder, ("DWI", "FLAIR", "ADC"))
        self.assigned(self.rows)
        write_outputs(mri_result(), self.folder / "result")
        opener = ResultOpener(self.panel, QtClock())
        opener.open(self.folder / "result")
        wait_until(lambda: self.parameters.resultText is not None, "the result in the scene", 120)
        self.segmentation = self.parameters.segmentation
        self.segment_id = self.segmentation.GetSegmentation().GetNthSegmentID(0)
        self.ui = self.panel.ui.lesions
        self.settle()
        wait_until(lambda: not self.panel.views.settling, "the views' sizes", 10)

    def settle(self) -> Any:
        """Waits until the table is counted; the table."""
        desk = self.panel.lesions.desk
        for _again in range(2):
            wait_until(lambda: desk.table is not None and desk.idle, "the table of lesions", 60)
            rest(0.1)
        return desk.table

    def now(self) -> Any:
        return self.voxels(self.segmentation, self.rows["DWI"]) == 1

    def picture(self, name: str) -> None:
        """With the table in sight."""
        window = slicer.util.mainWindow()
        if window is not None:
            self.panel.ui.frame.resultSection.collapsed = True
            rest(0.2)
            for area in slicer.util.findChildren(window, className="QScrollArea"):
                area.ensureWidgetVisible(self.ui.root)
        super().picture(name)

    def choose(self, row: int) -> None:
        self.ui.lesionTable.setCurrentCell(row, 0)

    def test_the_table_is_that_of_the_result_and_its_keys_belong_to_it(self) -> None:
        self.assertIs(self.parameters.referenceVolume, self.rows["DWI"])
        told = self.panel.result.record.lesion.table
        self.assertGreaterEqual(len(told), 3)
        table = self.settle()
        self.assertEqual([row.lesion for row in table.rows], list(told))
        self.assertEqual(self.ui.lesionTable.rowCount, len(told))
        self.assertTrue(any(lesion.dwi_ratio is not None for lesion in told))
        self.picture("lesions-table")
        for key in (*self.panel.lesions._keys, *self.panel.lesions._undo_keys):
            self.assertEqual(key.context, qt.Qt.WidgetShortcut)
            self.assertEqual(key.parent(), self.ui.lesionTable)

    def test_a_lesion_is_kept_and_dropped_and_undo_brings_it_back(self) -> None:
        before = self.now()
        self.choose(0)
        self.ui.keepButton.click()
        self.settle()
        self.assertEqual(self.ui.lesionTable.item(0, 1).text(), "kept")
        self.choose(0)
        with Ticks() as ticks:
            self.ui.dropButton.click()
            self.settle()
        print(f"dropping held the window up for {1000 * ticks.longest_s:.0f} ms at most")
        self.assertLess(self.now().sum(), before.sum())
        self.picture("lesions-dropped")
        self.panel.editor.undo()
        self.assertTrue((self.now() == before).all())
        self.settle()
        self.assertEqual(self.ui.lesionTable.item(0, 1).text(), "kept")
        self.panel.editor.undo()
        self.settle()
        self.assertEqual(self.ui.lesionTable.item(0, 1).text(), "")

    def test_the_slider_hides_and_gives_back(self) -> None:
        before = self.now()
        rows = self.settle().rows
        small = rows[-1].lesion.volume_ml
        self.parameters.hiddenBelow = small + 0.01
        wait_until(lambda: self.now().sum() < before.sum(), "the slider to act", 20)
        self.settle()
        self.picture("lesions-hidden")
        self.assertLess(self.ui.lesionTable.rowCount, len(rows))
        self.assertIn("hidden", self.ui.hiddenLabel.text)
        self.parameters.hiddenBelow = 0.0
        wait_until(lambda: (self.now() == before).all(), "the lesions to come back", 20)
        self.assertEqual(self.segmentation.GetSegmentation().GetNumberOfSegments(), 1)

    def test_a_lesion_grows_under_the_mouse(self) -> None:
        self.require_window()
        before = self.now()
        row = self.settle().rows[0]
        self.choose(0)
        self.ui.dropButton.click()
        self.settle()
        self.assertFalse((self.now() == before).all())
        dropped = self.now()
        self.ui.addButton.click()
        x, y, z = row.point_mm
        self.panel.views.look_at((-x, -y, z), self.rows["DWI"])
        crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        crosshair.SetCursorPositionRAS([-x, -y, z])
        growing = self.panel.lesions.growing
        wait_until(lambda: growing.part is not None, "the lesion to grow", 10)
        rest(0.2)
        self.picture("lesions-growing")
        manager = slicer.app.layoutManager()
        names = [name for name in manager.sliceViewNames() if name.startswith("StrokeSeg")]
        widget = manager.sliceWidget(names[0])
        offset, first = widget.sliceLogic().GetSliceOffset(), growing.threshold
        with Ticks() as ticks:
            for _turn in range(4):
                widget.sliceView().interactor().InvokeEvent("MouseWheelForwardEvent")
                rest(0.2)
        print(f"growing held the window up for {1000 * ticks.longest_s:.0f} ms at most")
        self.assertLess(growing.threshold, first)
        self.assertEqual(widget.sliceLogic().GetSliceOffset(), offset, "the wheel turned to another slice, too")
        self.picture("lesions-grown")
        self.ui.takeButton.click()
        self.assertGreater(self.now().sum(), dropped.sum())
        self.assertIsNone(slicer.mrmlScene.GetFirstNodeByName("StrokeSeg preview"))
        widget.sliceView().interactor().InvokeEvent("MouseWheelForwardEvent")
        self.panel.editor.undo()
        self.assertTrue((self.now() == dropped).all())

    def test_an_effect_of_the_segment_editor_eats_no_other_segment(self) -> None:
        self.require_window()
        self.panel.ui.frame.correctSection.collapsed = False
        drawn = self.now()
        mine = drawn.copy()
        mine[:] = False
        mine[:, :, ::2] = True
        mine &= ~drawn
        segmentation = self.segmentation.GetSegmentation()
        other = segmentation.AddEmptySegment("mine", "Mine")
        dwi = self.rows["DWI"]
        slicer.util.updateSegmentBinaryLabelmapFromArray(mine.astype("uint8"), self.segmentation, other, dwi)
        editor = self.panel.ui.correct.editorWidget
        editor.setCurrentSegmentID(self.segment_id)
        editor.setActiveEffectByName("Margin")
        effect = editor.activeEffect()
        effect.setParameter("MarginSizeMm", "6")
        effect.self().onApply()
        rest(0.3)
        grown = slicer.util.arrayFromSegmentBinaryLabelmap(self.segmentation, self.segment_id, dwi) > 0
        others = slicer.util.arrayFromSegmentBinaryLabelmap(self.segmentation, other, dwi) > 0
        self.picture("lesions-painted")
        self.assertGreater(grown.sum(), drawn.sum())
        self.assertTrue((others == mine).all(), "another segment was eaten")
        self.assertFalse((grown & others).any(), "segments overlap")
        editor.setActiveEffect(None)

    def test_nothing_is_left_when_the_scene_is_closed_while_a_lesion_grows(self) -> None:
        self.ui.addButton.click()
        row = self.settle().rows[0]
        crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        x, y, z = row.point_mm
        crosshair.SetCursorPositionRAS([-x, -y, z])
        wait_until(lambda: self.panel.lesions.growing.part is not None, "the lesion to grow", 10)
        self.assert_nothing_left()
        self.assertFalse(self.panel.lesions.growing.on)
