"""Views, layouts and shortcuts; with a window only."""

from __future__ import annotations

import slicer

from .application import MODULE, rest
from .base import SlicerCase
from .studies import load_mri


def shown_views() -> list[str]:
    """Names of our views that are shown; Slicer names every view that it ever made."""
    manager = slicer.app.layoutManager()
    ours = [name for name in manager.sliceViewNames() if name.startswith("StrokeSeg")]
    return [name for name in ours if manager.sliceWidget(name).visible]


class ViewsCase(SlicerCase):
    def setUp(self) -> None:
        super().setUp()
        self.require_window()

    def layout(self) -> int:
        return slicer.app.layoutManager().layout

    def test_opening_the_module_leaves_the_users_layout_alone(self) -> None:
        slicer.util.selectModule("Data")
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView)
        slicer.util.selectModule(MODULE)
        rest(0.3)
        self.assertEqual(self.layout(), slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView)

    def test_a_result_is_shown_side_by_side_and_gone_through_and_the_users_layout_comes_back(self) -> None:
        manager = slicer.app.layoutManager()
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        rows = load_mri(self.folder)
        self.assigned(rows)
        self.parameters.device = "cpu"
        self.segment()
        rest(1.0)
        self.assertTrue(self.panel.views.shown)
        logics = [manager.sliceWidget(name).sliceLogic() for name in shown_views()]
        shown = {logic.GetSliceCompositeNode().GetBackgroundVolumeID() for logic in logics}
        self.assertTrue({node.GetID() for node in rows.values()} <= shown)
        users = slicer.mrmlScene.GetSingletonNode("Red", "vtkMRMLSliceNode").GetViewGroup()
        self.assertNotIn(users, {logic.GetSliceNode().GetViewGroup() for logic in logics}, "they are not linked")
        for logic in logics:
            logic.SetSliceOffset(logic.GetSliceOffset() + 30)
        offsets = {logic.GetSliceOffset() for logic in logics}
        self.panel.presenter.next_lesion()
        rest(0.5)
        self.picture("views-lesion")
        self.assertNotEqual({logic.GetSliceOffset() for logic in logics}, offsets)
        self.panel.views.restore()
        rest(0.5)
        self.assertEqual(self.layout(), slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)

    def test_the_first_result_shows_the_largest_lesion_and_the_whole_reference_at_one_scale(self) -> None:
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        rows = load_mri(self.folder)
        self.assigned(rows)
        self.parameters.device = "cpu"
        self.segment()
        rest(1.0)
        self.picture("views-first")
        counts, spacing = rows["DWI"].GetImageData().GetDimensions(), rows["DWI"].GetSpacing()
        sides = [count * mm for count, mm in zip(counts, spacing, strict=True)]
        largest = self.panel.result.record.lesions[0].point_lps_mm[2]
        widgets = [slicer.app.layoutManager().sliceWidget(name) for name in shown_views()]
        for node in (widget.mrmlSliceNode() for widget in widgets):
            columns, rows_shown = node.GetDimensions()[:2]
            field = node.GetFieldOfView()
            self.assertAlmostEqual(field[0] / columns, field[1] / rows_shown, delta=1e-3)
            self.assertGreaterEqual(field[0] + 0.1, sides[0])
            self.assertGreaterEqual(field[1] + 0.1, sides[1])
            self.assertLessEqual(abs(node.GetSliceOffset() - largest), rows["DWI"].GetSpacing()[2])

    def test_views_come_as_the_rows_stand_with_the_reference_first(self) -> None:
        rows = load_mri(self.folder, ("T1", "T2", "ADC", "DWI", "FLAIR"))
        self.assigned(rows)
        self.parameters.device = "cpu"
        self.parameters.reference = "FLAIR"
        self.segment()
        self.picture("views-five")
        manager = slicer.app.layoutManager()
        labels = [manager.sliceWidget(f"StrokeSeg{number}").mrmlSliceNode().GetLayoutLabel() for number in range(1, 6)]
        self.assertEqual(labels, ["FLAIR", "DWI", "ADC", "T1", "T2"])

    def test_a_sample_is_seen_once_it_is_loaded(self) -> None:
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        sources = slicer.modules.sampleDataSources["StrokeSeg"]
        nodes = next(data for data in sources if data.sampleName == "StrokeSegMRI").customDownloader(None)
        rest(0.5)
        self.picture("views-sample")
        red = slicer.app.layoutManager().sliceWidget("Red").sliceLogic().GetSliceCompositeNode()
        self.assertEqual(red.GetBackgroundVolumeID(), nodes[0].GetID())

    def test_leaving_the_module_takes_the_segment_editors_effect_away(self) -> None:
        self.assigned(load_mri(self.folder))
        self.parameters.device = "cpu"
        self.segment()
        self.panel.ui.frame.correctSection.collapsed = False
        editor = self.panel.ui.correct.editorWidget
        editor.setActiveEffectByName("Paint")
        slicer.util.selectModule("Data")
        rest(0.3)
        self.assertIsNone(editor.activeEffect())
