"""An MRI study through the panel and the worker."""

from __future__ import annotations

import time

import slicer

from .application import files_of, nodes, rest, wait_until
from .base import SlicerCase
from .studies import load_mri, mri, overlap


class MriCase(SlicerCase):
    def test_loaded_volumes_are_assigned_segmented_and_lie_where_the_reference_lies(self) -> None:
        rows = load_mri(self.folder)
        self.assigned(rows)
        self.parameters.device = "cpu"
        segmentation = self.segment()
        self.picture("mri-result")
        self.assert_never_held_up()

        dwi = rows["DWI"]
        role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
        self.assertIs(segmentation.GetNodeReference(role), dwi)
        segment = segmentation.GetSegmentation().GetNthSegmentID(0)
        array = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, segment, dwi)
        self.assertEqual(array.shape, slicer.util.arrayFromVolume(dwi).shape)
        self.assertGreater(overlap(self.labels(segmentation, dwi), mri().truth), 0.6)
        self.assertEqual((array > 0).sum(), (self.voxels(segmentation, dwi) > 0).sum())
        for volume in (self.parameters.probabilityVolume, self.parameters.agreementVolume):
            self.assertEqual(slicer.util.arrayFromVolume(volume).shape, slicer.util.arrayFromVolume(dwi).shape)
        self.assertIn("55641003", self.terminology(segmentation.GetSegmentation().GetNthSegment(0)))
        self.assertIn("esearch use only", segmentation.GetDescription())
        self.assertGreater(self.panel.ui.result.resultTable.rowCount, 0)
        self.assert_nothing_left()

    def test_a_second_case_is_served_by_the_same_worker(self) -> None:
        rows = load_mri(self.folder)
        self.assigned(rows)
        self.parameters.device = "cpu"
        self.segment()
        worker = self.panel.presenter.runner.worker_pid
        began = time.monotonic()
        first = self.voxels(self.parameters.segmentation, rows["DWI"])
        second = self.voxels(self.segment(), rows["DWI"])
        print(f"a warm worker took {time.monotonic() - began:.1f} s")
        self.assertEqual(self.panel.presenter.runner.worker_pid, worker)
        self.assert_never_held_up()
        self.assertTrue((first == second).all(), "the same volumes give the same voxels")
        self.assert_nothing_left()

    def test_a_cancelled_run_leaves_nothing_and_the_next_run_works(self) -> None:
        self.assigned(load_mri(self.folder))
        self.parameters.device = "cpu"
        before = nodes()
        self.press("segmentButton")
        wait_until(lambda: "plane" in self.panel.ui.run.stageLabel.text, "a network at work")
        began = time.monotonic()
        self.press("segmentButton")
        wait_until(lambda: not self.panel.state.busy, "the end", 30)
        print(f"cancelled within {time.monotonic() - began:.1f} s")
        self.assertEqual(str(self.panel.state), "idle")
        self.assertEqual(nodes(), before)
        self.assertEqual(files_of(self.panel.presenter.runner), [])
        self.segment()

    def test_closing_the_scene_during_a_run_ends_it(self) -> None:
        self.assigned(load_mri(self.folder))
        self.parameters.device = "cpu"
        self.press("segmentButton")
        wait_until(lambda: str(self.panel.state) == "running", "the start")
        slicer.mrmlScene.Clear(False)
        self.assertEqual(str(self.panel.state), "idle")
        rest(8.0)
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode"), 0)
        self.assert_nothing_left()

    def test_a_volume_under_a_transform_is_segmented_where_it_is_seen(self) -> None:
        import vtk

        rows = load_mri(self.folder, suffix=".nrrd")
        turn = vtk.vtkTransform()
        turn.Translate(30, -20, 10)
        turn.RotateZ(10)
        transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Moved")
        transform.SetMatrixTransformToParent(turn.GetMatrix())
        for node in rows.values():
            node.SetAndObserveTransformNodeID(transform.GetID())
        self.assigned(rows)
        self.parameters.device = "cpu"
        labels = self.labels(self.segment(), rows["DWI"])
        # On the volume's own grid, where it was before it was moved.
        labels.CopyInformation(mri().truth)
        self.assertGreater(overlap(labels, mri().truth), 0.6)

    def test_a_volume_that_cannot_be_used_is_named_with_what_to_do(self) -> None:
        rows = load_mri(self.folder, ("T1",))
        self.assigned(rows)
        self.press("segmentButton")
        wait_until(lambda: not self.panel.state.busy, "the refusal", 120)
        self.assertEqual(str(self.panel.state), "failed")
        self.assertIn("Add at least one of", self.panel.ui.run.problemLabel.text)
