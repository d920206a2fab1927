"""The module's logic from the Python console."""

from __future__ import annotations

import slicer

from .application import MODULE, wait_until
from .base import SlicerCase
from .studies import load_mri, mri, overlap


class ConsoleCase(SlicerCase):
    def test_segment_comes_back_with_the_segmentation_node(self) -> None:
        rows = load_mri(self.folder)
        logic = slicer.util.getModuleLogic(MODULE)
        node = logic.segment(rows, wait=True, device="cpu")
        self.assertTrue(node.IsA("vtkMRMLSegmentationNode"))
        self.assertGreater(overlap(self.labels(node, rows["DWI"]), mri().truth), 0.6)

    def test_segment_calls_back_and_can_be_cancelled(self) -> None:
        from StrokeSegLogic.base.errors import Cancelled

        rows = load_mri(self.folder)
        logic = slicer.util.getModuleLogic(MODULE)
        came: list[object] = []
        run = logic.segment(rows, done=came.append, failed=came.append, device="cpu")
        wait_until(lambda: run.over, "the result")
        self.assertEqual(came, [run.segmentation])
        run = logic.segment(rows, done=came.append, failed=came.append, device="cpu")
        run.cancel()
        wait_until(lambda: run.over, "the end", 60)
        self.assertIsInstance(came[-1], Cancelled)

    def test_what_cannot_be_used_is_refused_in_words(self) -> None:
        from StrokeSegLogic.base.errors import InputError

        with self.assertRaisesRegex(InputError, "no sequence or map"):
            slicer.util.getModuleLogic(MODULE).segment({"XYZ": None})
