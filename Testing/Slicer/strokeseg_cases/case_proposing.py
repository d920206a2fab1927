"""Proposals of a review, made by Slicer's Python beside the window."""

from __future__ import annotations

from .base import RUNNING_S
from .reviewing import ReviewingCase
from .studies import mri

CASE = "patient"


class ProposingCase(ReviewingCase):
    @classmethod
    def setUpClass(cls) -> None:
        from StrokeSegLogic.study.case import Role

        cls.begin_with(CASE, {role.value: mri().images[role] for role in (Role.DWI, Role.FLAIR)}, ".nrrd")

    def test_what_has_no_proposal_is_proposed_beside_the_window(self) -> None:
        from StrokeSegLogic.review.verify import verify

        stood_still_s = self.propose()
        self.assertEqual(self.states(), {CASE: "proposed"}, self.remark())
        self.assertIn("1 proposed", self.ui.countsLabel.text)
        self.assertLess(stood_still_s, RUNNING_S)
        self.assertTrue(verify(self.review).whole)
