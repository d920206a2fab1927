"""Correcting a result with the Segment Editor, with undo, and exporting it."""

from __future__ import annotations

import slicer

from .application import wait_until
from .base import SlicerCase
from .studies import load_mri


class EditingCase(SlicerCase):
    def setUp(self) -> None:
        super().setUp()
        self.rows = load_mri(self.folder)
        self.assigned(self.rows)
        self.parameters.device = "cpu"
        self.segmentation = self.segment()
        self.segment_id = self.segmentation.GetSegmentation().GetNthSegmentID(0)
        self.editor = self.panel.ui.correct.editorWidget

    def now(self) -> object:
        return self.voxels(self.segmentation, self.rows["DWI"]) > 0

    def test_an_edit_is_undone_and_redone_and_the_models_own_version_stays(self) -> None:
        drawn = self.now()
        own = self.voxels(self.parameters.modelSegmentation, self.rows["DWI"]) > 0
        self.assertTrue((own == drawn).all())
        changed = drawn.astype("uint8")
        changed[2:4, 10:20, 10:20] = 1
        self.editor.saveStateForUndo()
        slicer.util.updateSegmentBinaryLabelmapFromArray(changed, self.segmentation, self.segment_id, self.rows["DWI"])
        self.assertTrue((self.now() == (changed > 0)).all())
        self.editor.undo()
        self.assertTrue((self.now() == drawn).all())
        self.editor.redo()
        self.assertTrue((self.now() == (changed > 0)).all())
        self.assertTrue(((self.voxels(self.parameters.modelSegmentation, self.rows["DWI"]) > 0) == own).all())

    def test_the_volumes_follow_undo_and_redo(self) -> None:
        before = self.volume()
        self.editor.saveStateForUndo()
        changed = self.now().astype("uint8")
        changed[2:4, 10:20, 10:20] = 1
        slicer.util.updateSegmentBinaryLabelmapFromArray(changed, self.segmentation, self.segment_id, self.rows["DWI"])
        wait_until(lambda: self.volume() != before, "the volume after an edit", 10)
        after = self.volume()
        self.editor.undo()
        wait_until(lambda: self.volume() == before, "the volume after undo", 10)
        self.editor.redo()
        wait_until(lambda: self.volume() == after, "the volume after redo", 10)

    def test_the_models_own_outline_is_told_from_the_version_that_is_edited(self) -> None:
        own = self.parameters.modelSegmentation
        box = self.panel.ui.correct.modelVersionBox
        box.setChecked(True)
        self.assertTrue(own.GetDisplayNode().GetVisibility())
        colours = [
            node.GetDisplayNode().GetSegmentColor(node.GetSegmentation().GetNthSegmentID(0))
            for node in (own, self.segmentation)
        ]
        self.assertGreater(max(abs(a - b) for a, b in zip(*colours, strict=True)), 0.3)
        self.picture("model-outline")
        box.setChecked(False)

    def volume(self) -> str:
        """Of the edited version, as the table says it: its last row."""
        table = self.panel.ui.result.resultTable
        return str(table.item(table.rowCount - 1, 1).text())

    def test_an_effect_of_the_segment_editor_works_in_the_panel(self) -> None:
        self.require_window()
        self.panel.ui.frame.correctSection.collapsed = False
        drawn = self.now()
        self.editor.setCurrentSegmentID(self.segment_id)
        self.editor.setActiveEffectByName("Margin")
        effect = self.editor.activeEffect()
        self.assertIsNotNone(effect)
        effect.setParameter("MarginSizeMm", "6")
        effect.self().onApply()
        self.assertGreater(self.now().sum(), drawn.sum())
        self.picture("editing")
        self.editor.undo()
        self.assertTrue((self.now() == drawn).all())
        self.editor.setActiveEffect(None)

    def test_what_was_corrected_is_exported(self) -> None:
        import SimpleITK as sitk

        from StrokeSegLogic.slicer_bridge.exports import export_labels, export_segments

        dwi = self.rows["DWI"]
        changed = self.now().astype("uint8")
        changed[2:4, 10:20, 10:20] = 1
        slicer.util.updateSegmentBinaryLabelmapFromArray(changed, self.segmentation, self.segment_id, dwi)
        export_labels(self.segmentation, dwi, self.folder / "labels.nii.gz")
        export_segments(self.segmentation, self.folder / "labels.seg.nrrd")
        written = sitk.ReadImage(str(self.folder / "labels.nii.gz"))
        self.assertEqual(written.GetSize(), tuple(dwi.GetImageData().GetDimensions()))
        self.assertEqual(int(sitk.GetArrayFromImage(written).astype(bool).sum()), int(changed.sum()))
        again = slicer.util.loadSegmentation(str(self.folder / "labels.seg.nrrd"))
        self.assertTrue(((self.voxels(again, dwi) > 0) == (changed > 0)).all())
        self.assertIn("55641003", self.terminology(again.GetSegmentation().GetNthSegment(0)))
        self.assertIn("<html", self.parameters.reportText.GetText().lower())
