"""Proposals of a review, made by Slicer's Python beside the window."""

from __future__ import annotations

from .application import Ticks, rest, wait_until
from .base import RUNNING_S, SlicerCase
from .studies import mri


class ProposingCase(SlicerCase):
    def test_what_has_no_proposal_is_proposed_beside_the_window(self) -> None:
        import SimpleITK as sitk

        from StrokeSegLogic.review.beginning import begin_review
        from StrokeSegLogic.review.verify import verify
        from StrokeSegLogic.study.case import Role

        study = self.folder / "studies" / "patient"
        study.mkdir(parents=True)
        for role in (Role.DWI, Role.FLAIR):
            sitk.WriteImage(mri().images[role], str(study / f"{role.value}.nrrd"))
        begin_review(self.folder / "review", self.folder / "studies")
        section, ui = self.panel.guests[0], self.panel.ui.review
        section.open_folder(self.folder / "review")
        wait_until(lambda: ui.caseTable.rowCount == 1, "the worklist", 30)
        self.parameters.device = "cpu"
        with Ticks() as ticks:
            ui.proposeButton.click()
            self.assertEqual(ui.proposeButton.text, "Stop", ui.reviewNotice.text)
            wait_until(lambda: ui.proposeButton.text == "Propose", "the end of proposing")
        rest(0.3)
        self.assertIn("1 proposed", ui.countsLabel.text, f"{ui.reviewNotice.text} {ui.caseTable.item(0, 4).text()}")
        self.assertLess(ticks.longest_s, RUNNING_S)
        self.assertTrue(verify(self.folder / "review").whole)
