"""A CT perfusion study through the panel and the worker."""

from __future__ import annotations

import json

from .base import SlicerCase
from .studies import load_perfusion, overlap, perfusion


class PerfusionCase(SlicerCase):
    def test_maps_become_core_and_penumbra_with_numbers_and_criteria(self) -> None:
        self.parameters.modality = "ctp"
        rows = load_perfusion(self.folder)
        self.assigned(rows)
        self.parameters.device = "cpu"
        self.parameters.age, self.parameters.nihss, self.parameters.onset = 71.0, 17, 8.0
        segmentation = self.segment()
        self.picture("perfusion-result")
        names = [
            segmentation.GetSegmentation().GetNthSegment(number).GetName()
            for number in range(segmentation.GetSegmentation().GetNumberOfSegments())
        ]
        self.assertEqual(len(names), 2)
        self.assertGreater(overlap(self.labels(segmentation, rows["CBF"]), perfusion().truth), 0.6)
        record = json.loads(self.parameters.resultText.GetText())
        self.assertEqual((record["chosen"], len(record["criteria"])), ("thresholds", 2))
        self.assertGreater(record["numbers"]["mismatch_ml"], 0)
        self.assertGreater(self.panel.ui.result.criteriaTree.topLevelItemCount, 1)
        self.assert_nothing_left()

    def test_a_users_own_route_is_taken(self) -> None:
        self.parameters.modality = "ctp"
        self.assigned(load_perfusion(self.folder))
        self.parameters.device = "cpu"
        self.parameters.route = "slow-fusion"
        self.segment()
        self.assertEqual(json.loads(self.parameters.resultText.GetText())["chosen"], "slow-fusion")
