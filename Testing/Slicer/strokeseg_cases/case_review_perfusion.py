"""A review of CT perfusion: proposed by the panel's button, opened, corrected in both its segments, signed."""

from __future__ import annotations

import numpy as np
import slicer

from .application import rest, wait_until
from .reviewing import ReviewingCase
from .studies import perfusion

CASE = "Fall ä, CT"


class PerfusionReviewCase(ReviewingCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.begin_with(CASE, {str(role): image for role, image in perfusion().images.items()}, ".nii.gz")

    def test_a_study_is_proposed_in_the_background_corrected_and_signed(self) -> None:
        self.assertEqual(self.states(), {CASE: "waiting"})
        self.propose()
        self.assertEqual(self.states(), {CASE: "proposed"}, self.remark())
        self.open(CASE)
        self.assertEqual(self.parameters.modality, "ctp")
        self.picture("review-perfusion")
        proposal = self.now()
        self.assertEqual(set(np.unique(proposal)), {0, 1, 2})
        segmentation = self.parameters.segmentation.GetSegmentation()
        names = [segmentation.GetNthSegment(number).GetName() for number in range(segmentation.GetNumberOfSegments())]
        self.assertEqual(len(names), 2, names)
        # The upper half of the core is taken away, and with it nothing of the other segment.
        core = proposal == 2
        core[: int(np.argwhere(core)[:, 0].mean()) + 1] = False
        self.panel.editor.save_undo()
        slicer.util.updateSegmentBinaryLabelmapFromArray(
            core.astype(np.uint8),
            self.parameters.segmentation,
            segmentation.GetNthSegmentID(0),
            self.parameters.referenceVolume,
        )
        wait_until(lambda: "in place of" in self.ui.changedLabel.text, "the changes", 20)
        rest(0.5)
        self.picture("review-perfusion-changes")
        edited = self.now()
        counts = [int((labels == value).sum()) for labels in (proposal, edited) for value in (1, 2)]
        self.assertTrue(np.array_equal(edited == 2, core), f"{names}: {counts}, {int(core.sum())}")
        self.assertTrue(np.array_equal(edited == 1, proposal == 1), f"{names}: {counts}")
        self.ui.saveCaseButton.click()
        self.settle()
        self.assertEqual(self.states(), {CASE: "edited"}, self.ui.reviewNotice.text)
        from StrokeSegLogic.review.verify import verify

        self.assertTrue(verify(self.review).whole)
        self.open(CASE)
        self.assertTrue(np.array_equal(self.now(), edited), "what was signed is what is opened again")
