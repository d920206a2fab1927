"""A scene that is saved, closed and loaded again."""

from __future__ import annotations

import slicer
import vtk

from .application import errors_since, rest, wait_until
from .base import SlicerCase
from .studies import load_mri, overlap


class SceneCase(SlicerCase):
    def test_a_saved_scene_brings_study_options_and_result_back(self) -> None:
        rows = load_mri(self.folder)
        self.assigned(rows)
        self.parameters.device = "cpu"
        self.parameters.nihss = 11
        self.parameters.minimumLesion = 0.05
        segmentation = self.segment()
        before = self.labels(segmentation, rows["DWI"])
        lines = self.panel.ui.result.resultTable.rowCount
        bundle = self.folder / "scene.mrb"
        self.assertTrue(slicer.util.saveScene(str(bundle)))

        slicer.mrmlScene.Clear(False)
        rest(0.5)
        self.assertIsNone(self.parameters.segmentation)
        self.assertEqual(self.parameters.nihss, -1)

        self.assertTrue(slicer.util.loadScene(str(bundle)))
        wait_until(lambda: self.parameters is not None and self.parameters.segmentation is not None, "the result", 60)
        rest(1.0)
        dwi = slicer.util.getNode("DWI")
        self.assertEqual((self.parameters.nihss, self.parameters.device), (11, "cpu"))
        self.assertAlmostEqual(self.parameters.minimumLesion, 0.05)
        self.assertIs(self.parameters.volumeDWI, dwi)
        self.assertIs(self.panel.ui.study.selectorDWI.currentNode(), dwi, "the row shows the volume")
        self.assertEqual(overlap(self.labels(self.parameters.segmentation, dwi), before), 1.0)
        self.assertEqual(self.panel.ui.result.resultTable.rowCount, lines)
        self.assertEqual({role.value for role in self.panel.presenter.inputs.volumes}, {"DWI", "FLAIR"})
        # And the panel goes on from there.
        self.segment()

    def test_a_scene_that_takes_the_place_of_the_open_scene_fills_the_rows(self) -> None:
        rows = load_mri(self.folder)
        self.assigned(rows)
        self.parameters.nihss = 11
        bundle = self.folder / "scene.mrb"
        self.assertTrue(slicer.util.saveScene(str(bundle)))

        # As "Load scene" does: closing and filling are one batch.
        self.assertTrue(slicer.mrmlScene.ReadFromMRB(str(bundle), True))
        wait_until(lambda: self.parameters is not None and self.parameters.volumeDWI is not None, "the rows", 60)
        rest(1.0)
        self.assertEqual(self.parameters.nihss, 11)
        for role in rows:
            selector = getattr(self.panel.ui.study, f"selector{role}")
            self.assertIsNotNone(selector.currentNode(), f"the row {role} is empty")
            self.assertIs(selector.currentNode(), getattr(self.parameters, f"volume{role}"))

    def test_a_scene_left_side_by_side_comes_back_so_without_a_complaint(self) -> None:
        self.require_window()
        turned = {}
        for role, node in load_mri(self.folder).items():
            matrix = vtk.vtkMatrix4x4()
            node.GetIJKToRASDirectionMatrix(matrix)
            turn = vtk.vtkTransform()
            turn.RotateX(15)
            turn.Concatenate(matrix)
            node.SetIJKToRASDirectionMatrix(turn.GetMatrix())
            turned[role] = node
        self.assigned(turned)
        self.parameters.device = "cpu"
        self.segment()
        bundle = self.folder / "scene.mrb"
        self.assertTrue(slicer.util.saveScene(str(bundle)))
        slicer.mrmlScene.Clear(False)
        rest(0.5)
        self.assertFalse(self.panel.views.shown)
        said = slicer.app.errorLogModel().logEntryCount()
        self.assertTrue(slicer.util.loadScene(str(bundle)))
        wait_until(lambda: self.panel.views.shown and not self.panel.views.settling, "our layout", 60)
        rest(0.5)
        self.picture("scene-side-by-side")
        self.assertEqual([line for line in errors_since(said) if "orientation preset" in line], [])

    def test_data_that_come_later_do_not_overrule_the_user(self) -> None:
        rows = load_mri(self.folder, ("DWI", "FLAIR"))
        self.assigned(rows)
        self.panel.ui.study.selectorDWI.setCurrentNode(rows["FLAIR"])
        rest(0.5)
        more = load_mri(self.folder, ("ADC",))
        self.assigned({"DWI": rows["FLAIR"], **more})
