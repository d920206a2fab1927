"""A CT perfusion study through the panel and the worker."""

from __future__ import annotations

import json

import slicer

from .application import wait_until
from .base import SlicerCase
from .studies import load_perfusion, load_series, overlap, perfusion


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

    def test_maps_that_were_loaded_are_shown_in_the_usual_colours_with_a_bar(self) -> None:
        self.parameters.modality = "ctp"
        rows = load_perfusion(self.folder)
        self.assigned(rows)
        self.parameters.device = "cpu"
        self.segment()
        for name, palette, window in (("CBF", "flow", (0, 80)), ("TMAX", "time", (0, 12))):
            display = rows[name].GetDisplayNode()
            self.assertEqual(display.GetColorNode().GetName(), f"StrokeSeg {palette}")
            self.assertEqual((display.GetWindowLevelMin(), display.GetWindowLevelMax()), window)
            bar = slicer.modules.colors.logic().GetColorLegendDisplayNode(rows[name])
            self.assertTrue(bar.GetVisibility())

    def test_maps_computed_from_a_series_are_shown_on_the_brain(self) -> None:
        self.parameters.modality = "ctp"
        self.assigned({"CTP": load_series()})
        self.parameters.device = "cpu"
        self.segment()
        self.picture("perfusion-series")
        self.assert_never_held_up()
        nodes = {
            node.GetName(): node.GetDisplayNode() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        }
        for name in ("CT (computed)", "MIP (computed)"):
            self.assertLess(nodes[name].GetWindowLevelMax(), 200, "the window is the brain's and not the skull's")
        for name in ("CBF (computed)", "CBV (computed)"):
            self.assertTrue(nodes[name].GetApplyThreshold())
            self.assertGreater(nodes[name].GetLowerThreshold(), 0, "nothing is drawn outside the brain")

    def test_maps_are_recognised_while_the_panel_stands_on_mri(self) -> None:
        load_perfusion(self.folder)
        wait_until(lambda: "CT perfusion" in self.panel.ui.study.notesLabel.text, "a word on the maps", 30)
        self.panel.ui.study.ctpButton.click()
        wait_until(lambda: "CBF" in {role.value for role in self.panel.presenter.inputs.volumes}, "the rows", 30)

    def test_a_users_own_route_is_taken(self) -> None:
        self.parameters.modality = "ctp"
        self.assigned(load_perfusion(self.folder))
        self.parameters.device = "cpu"
        self.parameters.route = "slow-fusion"
        self.segment()
        self.assertEqual(json.loads(self.parameters.resultText.GetText())["chosen"], "slow-fusion")
