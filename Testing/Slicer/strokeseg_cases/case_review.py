"""A review: worklist, a case under review, added and removed voxels, drafts, and what is left of it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import qt
import slicer

from .application import Ticks, nodes, rest, wait_until
from .reviewing import ReviewingCase

CASES = ("case 2", "case 10", "Fall ä")


def simple_study() -> tuple[dict[str, Any], Any]:
    """DWI and FLAIR of an egg with a bright lesion in it, and the lesion: quickly made, and of a usual size."""
    from StrokeSegLogic.space.grid import Grid

    upright = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    grid = Grid((128, 128, 30), (1.8, 1.8, 5.0), (-115.0, -115.0, -75.0), upright)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, count) for count in grid.shape), indexing="ij")
    noise = np.random.default_rng(0).normal(0, 12, grid.shape)
    head = (x / 0.7) ** 2 + (y / 0.85) ** 2 + (z / 0.9) ** 2 < 1
    fluid = (np.abs(x) / 0.12) ** 2 + (y / 0.3) ** 2 + (z / 0.4) ** 2 < 1
    lesion = ((x + 0.38) / 0.16) ** 2 + ((y - 0.1) / 0.25) ** 2 + ((z - 0.1) / 0.35) ** 2 < 1
    images = {
        "DWI": head * (220 + noise - 140 * fluid + 230 * lesion),
        "FLAIR": head * (180 + noise - 120 * fluid + 120 * lesion),
    }
    made = {role: grid.image(np.maximum(voxels, 0).astype(np.float32)) for role, voxels in images.items()}
    return made, grid.image(lesion.astype(np.uint8))


class ReviewCase(ReviewingCase):
    @classmethod
    def setUpClass(cls) -> None:
        """Three studies, of two of which there are results with the phantom's own lesion as the proposal."""
        import SimpleITK as sitk

        from StrokeSegLogic.batch.beginning import begin_review

        cls.data = Path(tempfile.mkdtemp(prefix="slicer-review-"))
        cls.addClassCleanup(shutil.rmtree, cls.data, True)
        images, lesion = simple_study()
        for name in CASES:
            (cls.data / "studies" / name).mkdir(parents=True)
            for role, image in images.items():
                sitk.WriteImage(image, str(cls.data / "studies" / name / f"{role}.nii"))
        for name in CASES[:2]:
            cls.write_result(cls.data / "results" / name, name, images["DWI"], lesion)
        begin_review(cls.data / "review", cls.data / "studies", cls.data / "results")

    @staticmethod
    def write_result(folder: Path, name: str, dwi: Any, truth: Any) -> None:
        import SimpleITK as sitk

        from StrokeSegLogic.mri.result import Segmentation, measure
        from StrokeSegLogic.outputs.files import write_outputs
        from StrokeSegLogic.space.grid import Grid
        from StrokeSegLogic.study.case import Case, Role, Series

        grid = Grid.of(dwi)
        labels = (sitk.GetArrayFromImage(truth) > 0).astype(np.uint8)
        soft = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(sitk.Cast(truth, sitk.sitkFloat32), 2.0))
        probability = np.clip(soft, 0, 1).astype(np.float32)
        brain = (sitk.GetArrayFromImage(dwi) > 50).astype(np.uint8)
        planes = {"axial": labels > 0, "coronal": probability > 0.4, "sagittal": probability > 0.6}
        count = dict.fromkeys(planes, grid.shape[0])
        statistics = measure(labels, probability, planes, brain > 0, grid, count, dict.fromkeys(planes, 1.0))
        inputs = [{"role": role, "source": f"{role}.nii.gz", "sha256": "cd" * 32} for role in ("DWI", "FLAIR")]
        model = {"name": "phantom's own", "version": "1", "weights_sha256": "ab" * 32, "trained_on": "phantoms"}
        result = Segmentation(
            case=Case.of(name, [Series(Role.DWI, dwi, "DWI.nii.gz", "its name", 1.0, "cd" * 32)]),
            reference=Role.DWI,
            labels=grid.image(labels),
            probability=grid.image(probability),
            agreement=grid.image(3 * labels),
            brain=grid.image(brain),
            statistics=statistics,
            provenance={"strokeseg": "0.1.0", "model": model, "inputs": inputs},
        )
        write_outputs(result, folder)

    def draw(self) -> Any:
        """Takes a part of the lesion and adds another; the labels."""
        labels = self.now()
        k, j, i = (round(float(value)) for value in np.argwhere(labels).mean(axis=0))
        labels[:, :, :i] = 0
        labels[k - 1 : k + 2, j - 12 : j - 6, i : i + 12] = 1
        node, reference = self.parameters.segmentation, self.parameters.referenceVolume
        segment = node.GetSegmentation().GetNthSegmentID(0)
        self.panel.editor.save_undo()
        slicer.util.updateSegmentBinaryLabelmapFromArray((labels == 1).astype(np.uint8), node, segment, reference)
        wait_until(lambda: "in place of" in self.ui.changedLabel.text, "the changes", 20)
        rest(0.5)
        return self.now()

    # -- the cases

    def test_a_case_is_read_edited_and_saved(self) -> None:
        self.picture("review-worklist")
        with Ticks() as ticks:
            self.open("case 2")
        print(f"bringing a case held the window up for {1000 * ticks.longest_s:.0f} ms at most")
        self.picture("review-case")
        proposal = self.now()
        self.assertEqual(self.parameters.volumeDWI.GetName(), "case 2 DWI")
        self.assertTrue(self.panel.ui.result.placeLabel.text.startswith("slice "), "the first doubt is shown")
        edited = self.draw()
        self.assertFalse(np.array_equal(edited, proposal))
        self.picture("review-changes")
        colours = slicer.mrmlScene.GetFirstNodeByName("Added and removed")
        shown = self.voxels(colours, self.parameters.referenceVolume)
        self.assertTrue(np.array_equal(shown == 1, (edited > 0) & (proposal == 0)))
        self.assertTrue(np.array_equal(shown == 2, (edited == 0) & (proposal > 0)))
        with Ticks() as ticks:
            self.ui.saveCaseButton.click()
            self.settle()
        print(f"saving held the window up for {1000 * ticks.longest_s:.0f} ms at most")
        self.assertEqual(self.states()["case 2"], "edited", self.ui.reviewNotice.text)
        self.picture("review-saved")
        from StrokeSegLogic.review.verify import verify

        self.assertTrue(verify(self.review).whole)

    def test_undo_of_the_segment_editor_is_counted(self) -> None:
        self.open("case 2")
        self.draw()
        self.panel.editor.undo()
        wait_until(lambda: "As proposed" in self.ui.changedLabel.text, "the undo to be counted", 10)

    def test_a_draft_is_written_by_itself_and_survives_a_closed_scene(self) -> None:
        from StrokeSegLogic.review import drafts

        self.open("case 2")
        edited = self.draw()
        at_hand = self.section.presenter.at_hand
        at_hand.session._autosave._written -= drafts.AUTOSAVE_S
        with Ticks() as ticks:
            wait_until(lambda: not at_hand._dirty, "the draft", 20)
        print(f"a draft held the window up for {1000 * ticks.longest_s:.0f} ms at most")
        slicer.mrmlScene.Clear(False)
        rest(1.0)
        self.assertEqual(self.states()["case 2"], "proposed")
        self.assertEqual(nodes() - self.empty_scene, {}, "nodes stay behind")
        self.open("case 2")
        self.assertTrue(np.array_equal(self.now(), edited))
        self.assertIn("open again", self.ui.reviewNotice.text)

    def test_two_readers_disagree_and_a_third_sees_both(self) -> None:
        self.ui.caseTable.setCurrentCell(0, 0)
        self.ui.secondReadButton.click()
        self.open("case 2")
        self.draw()
        self.ui.saveCaseButton.click()
        self.settle()
        self.sit_down("Bernd")
        self.open("case 2")
        self.assertIn("blind", self.ui.caseLabel.text)
        self.ui.reasonEdit.setText("movement")
        self.ui.rejectCaseButton.click()
        self.settle()
        self.sit_down("Clara")
        self.open("case 2")
        self.picture("review-arbitration")
        self.assertIn("Anna", self.ui.disputeLabel.text)
        self.assertIsNotNone(slicer.mrmlScene.GetFirstNodeByName("First reader: Anna Kühn"))
        self.ui.takeFirstButton.click()
        self.settle()
        self.assertEqual(self.states()["case 2"], "edited", self.ui.reviewNotice.text)

    def test_its_keys_are_nobody_elses(self) -> None:
        self.require_window()
        from StrokeSegExtensionLib.assembly import KEYS
        from StrokeSegExtensionLib.review_section import EVERYWHERE

        self.open("case 2")
        window = slicer.util.mainWindow()
        keys = {*EVERYWHERE, *KEYS.values()}
        taken = {action.shortcut.toString() for action in window.findChildren(qt.QAction)}
        self.assertEqual(taken & keys, set())
        # Those of hidden tool bars, too: the bar of the sequences comes with the first series over time.
        mine = [each for each in window.findChildren(qt.QShortcut) if each.key.toString() in keys]
        self.assertEqual(sorted(each.key.toString() for each in mine), sorted(keys), "no key has two meanings")
        next(each for each in mine if each.key.toString() == "Ctrl+Shift+Return").activated()
        self.settle()
        self.assertEqual(self.states()["case 2"], "accepted", self.ui.reviewNotice.text)
