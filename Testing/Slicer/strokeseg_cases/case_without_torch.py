"""A Slicer whose Python has neither torch nor what else a fresh Slicer lacks: results are opened and reviewed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from importlib.metadata import Distribution, DistributionFinder
from typing import Any

import numpy as np
import slicer

from .application import rest, wait_until
from .base import SlicerCase
from .studies import load_mri, mri_result

LACKING = ("torch", "monai", "lightning_fabric", "nibabel", "safetensors", "typer", "rich", "dask", "matplotlib")


class _Without(MetaPathFinder):
    """Finds what Python's own finder finds, but for some packages: neither they nor that they are installed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return None if name.partition(".")[0] in LACKING else PathFinder.find_spec(name, path, target)

    def find_distributions(self, context: Any = DistributionFinder.Context()) -> Iterable[Distribution]:  # noqa: B008
        return () if context.name in LACKING else PathFinder.find_distributions(context)


@contextmanager
def without_them() -> Iterator[None]:
    """Takes these packages from the application's Python, and gives them back."""
    loaded = {name: part for name, part in sys.modules.items() if name.partition(".")[0] in LACKING}
    at = sys.meta_path.index(PathFinder)
    for name in loaded:
        del sys.modules[name]
    sys.meta_path[at] = _Without()
    try:
        yield
    finally:
        sys.meta_path[at] = PathFinder
        sys.modules.update(loaded)


class WithoutTorchCase(SlicerCase):
    def setUp(self) -> None:
        super().setUp()
        from StrokeSegLogic.batch.beginning import begin_review
        from StrokeSegLogic.outputs.files import write_outputs

        study = self.folder / "studies" / "patient"
        study.mkdir(parents=True)
        self.rows = load_mri(study, ("DWI", "FLAIR", "ADC"), ".nrrd")
        write_outputs(mri_result(), self.folder / "results" / "patient")
        begin_review(self.folder / "review", self.folder / "studies", self.folder / "results")
        taken = without_them()
        taken.__enter__()
        self.addCleanup(taken.__exit__, None, None, None)

    def open_review(self) -> None:
        """Until the list is this review's: that of a case before may still be there."""
        section, folder = self.panel.guests[0], str(self.folder / "review")
        section.open_folder(self.folder / "review")
        wait_until(lambda: section._standing.folder == folder and not section._standing.busy, "the worklist", 30)
        self.assertEqual(self.panel.ui.review.caseTable.rowCount, 1, self.panel.ui.review.reviewNotice.text)

    def assert_still_without(self) -> None:
        self.assertEqual([name for name in LACKING if name in sys.modules], [])

    def test_a_result_is_opened_and_gone_through_lesion_by_lesion(self) -> None:
        from StrokeSegExtensionLib.qt_clock import QtClock
        from StrokeSegExtensionLib.result_folder import ResultOpener

        self.assigned(self.rows)
        ResultOpener(self.panel, QtClock()).open(self.folder / "results" / "patient")
        desk, ui = self.panel.lesions.desk, self.panel.ui
        wait_until(lambda: desk.table is not None and desk.idle, "the table of lesions", 60)
        self.assertIs(self.parameters.referenceVolume, self.rows["DWI"])
        count = ui.lesions.lesionTable.rowCount
        self.assertGreaterEqual(count, 3)
        ui.lesions.lesionTable.setCurrentCell(0, 0)
        ui.lesions.dropButton.click()
        wait_until(lambda: desk.idle, "the table of lesions", 30)
        self.assertEqual(ui.lesions.lesionTable.rowCount, count - 1)
        ui.result.nextSliceButton.click()
        self.assertTrue(ui.result.placeLabel.text.startswith("slice "))
        self.picture("without-torch-result")
        self.assert_still_without()

    def test_a_case_is_reviewed_saved_and_verified(self) -> None:
        from StrokeSegLogic.review.verify import verify

        slicer.mrmlScene.Clear(False)
        rest(0.3)
        ui = self.panel.ui.review
        ui.readerEdit.setText("Anna")
        self.open_review()
        ui.nextCaseButton.click()
        wait_until(lambda: ui.saveCaseButton.enabled or ui.reviewNotice.text, "the case", 60)
        self.assertTrue(ui.saveCaseButton.enabled, ui.reviewNotice.text)
        self.assertEqual(self.parameters.volumeDWI.GetName(), "patient DWI")
        node, reference = self.parameters.segmentation, self.parameters.referenceVolume
        labels = (self.voxels(node, reference) > 0).astype(np.uint8)
        labels[:, :, : int(np.argwhere(labels)[:, 2].mean())] = 0
        slicer.util.updateSegmentBinaryLabelmapFromArray(
            labels, node, node.GetSegmentation().GetNthSegmentID(0), reference
        )
        wait_until(lambda: "in place of" in ui.changedLabel.text, "the changes", 20)
        self.picture("without-torch-review")
        ui.saveCaseButton.click()
        wait_until(lambda: "1 edited" in ui.countsLabel.text, ui.reviewNotice.text, 30)
        self.assertTrue(verify(self.folder / "review").whole)
        self.assert_still_without()

    def test_segmenting_and_proposing_say_what_is_missing(self) -> None:
        self.assigned(self.rows)
        self.press("segmentButton")
        wait_until(lambda: not self.panel.state.busy, "an answer", 30)
        self.assertEqual(str(self.panel.state), "failed")
        self.assertIn("torch", self.panel.ui.run.problemLabel.text)
        ui = self.panel.ui.review
        self.open_review()
        ui.proposeButton.click()
        rest(0.5)
        self.assertIn("torch", ui.reviewNotice.text)
        self.assertEqual(ui.proposeButton.text, "Propose")
        self.assert_still_without()
