"""How a result is shown: views, overlays, places to look at, maps in colours."""

from __future__ import annotations

import numpy as np
import pytest

from StrokeSegLogic.slicer_bridge.volumes import numpy_voxels

from .opened import OpenedModule
from .studies import GRID, add_study, lesion_result


def foregrounds(opened: OpenedModule) -> set[str]:
    """Names of the volumes that lie over the slice views."""
    found = set()
    for logic in opened.slice_views():
        node_id = logic.GetSliceCompositeNode().GetForegroundVolumeID()
        found.add("" if node_id is None else opened.slicer.scene.GetNodeByID(node_id).GetName())
    return found


def test_every_sequence_gets_a_linked_view_of_its_own_in_the_references_planes(finished: OpenedModule) -> None:
    logics = finished.slice_views()
    labels = [logic.GetSliceNode().GetLayoutLabel() for logic in logics]
    assert labels == ["DWI", "FLAIR", "T1"], "the reference first, then as the rows stand"
    shown = [logic.GetSliceCompositeNode() for logic in logics]
    names = [finished.slicer.scene.GetNodeByID(view.GetBackgroundVolumeID()).GetName() for view in shown]
    assert names == [finished.rows()[label] for label in labels]
    assert all(view.GetLinkedControl() for view in shown)


def test_the_first_result_of_a_session_shows_the_largest_lesion_and_the_whole_brain_at_one_scale(
    finished: OpenedModule,
) -> None:
    """New views have neither their size nor their place before the event loop has run."""
    logics = finished.slice_views()
    largest = lesion_result().statistics.lesions[0].centre_mm[2]
    scales = set()
    for logic in logics:
        node = logic.GetSliceNode()
        assert abs(logic.GetSliceOffset() - largest) <= GRID.spacing[2] / 2 + 1e-6
        (columns, rows), field = node.GetDimensions()[:2], node.GetFieldOfView()
        scales.add((round(field[0] / columns, 4), round(field[1] / rows, 4)))
        assert field[0] >= GRID.size[0] * GRID.spacing[0] - 1e-3
        assert field[1] >= GRID.size[1] * GRID.spacing[1] - 1e-3
    assert len(scales) == 1 and len(set(scales.pop())) == 1, "pixels of one size, and square"


def test_the_users_layout_comes_back_on_request(finished: OpenedModule) -> None:
    from StrokeSegExtensionLib.view_layout import LAYOUT

    finished.slice_views()
    node = finished.slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    assert node.GetViewArrangement() == LAYOUT
    finished.press(finished.ui.result.restoreLayoutButton)
    assert node.GetViewArrangement() == node.SlicerLayoutFourUpView
    node.SetViewArrangement(node.SlicerLayoutOneUpRedSliceView)
    finished.press(finished.ui.result.sideBySideButton)
    assert node.GetViewArrangement() == LAYOUT
    assert finished.parameters.sideBySide
    finished.press(finished.ui.result.restoreLayoutButton)
    assert not finished.parameters.sideBySide
    assert node.GetViewArrangement() == node.SlicerLayoutOneUpRedSliceView


def test_the_layout_is_not_touched_before_there_is_a_result(opened: OpenedModule) -> None:
    node = opened.slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    before = node.GetViewArrangement()
    add_study(opened.slicer.scene)
    opened.assigned("DWI", "FLAIR", "T1")
    opened.widget.exit()
    opened.widget.enter()
    assert node.GetViewArrangement() == before


def test_probability_and_agreement_can_be_laid_over_the_views(finished: OpenedModule) -> None:
    box = finished.ui.result.overlayBox
    assert foregrounds(finished) == {""}
    box.setCurrentIndex(1)
    assert foregrounds(finished) == {"Probability"}
    box.setCurrentIndex(2)
    assert foregrounds(finished) == {"Agreement"}
    box.setCurrentIndex(0)
    assert foregrounds(finished) == {""}


def test_probability_keeps_its_values_and_is_see_through_where_there_is_none(finished: OpenedModule) -> None:
    import SimpleITK as sitk

    node = finished.parameters.probabilityVolume
    expected = sitk.GetArrayFromImage(lesion_result().probability)
    assert np.array_equal(numpy_voxels(node.GetImageData()), expected)
    display = node.GetDisplayNode()
    assert display.GetApplyThreshold() and display.GetLowerThreshold() == pytest.approx(0.05)


@pytest.mark.parametrize("buttons", ["Slice", "Lesion"])
def test_next_and_previous_go_through_the_places_and_move_the_views_there(finished: OpenedModule, buttons: str) -> None:
    ui = finished.ui.result
    go_on, go_back = getattr(ui, f"next{buttons}Button"), getattr(ui, f"previous{buttons}Button")
    logic = finished.slice_views()[0]
    finished.press(go_on)
    first, words = logic.GetSliceOffset(), ui.placeLabel.text
    finished.press(go_on)
    second = logic.GetSliceOffset()
    finished.press(go_back)
    assert logic.GetSliceOffset() == first != second
    assert ui.placeLabel.text == words and buttons.lower() in words


def test_the_first_lesion_is_the_largest_and_its_middle_is_in_the_view(finished: OpenedModule) -> None:
    finished.press(finished.ui.result.nextLesionButton)
    offsets = {logic.GetSliceOffset() for logic in finished.slice_views()}
    largest = lesion_result().statistics.lesions[0]
    slices = GRID.origin[2] + GRID.spacing[2] * np.arange(GRID.size[2])
    nearest = float(slices[np.abs(slices - largest.centre_mm[2]).argmin()])
    # All views show the one slice of the reference, whatever grid their own volume has.
    assert [pytest.approx(nearest, abs=1e-4)] * len(offsets) == sorted(offsets)
    assert f"{largest.volume_ml:.1f} ml" in finished.ui.result.placeLabel.text


def test_the_maps_that_were_loaded_are_shown_in_colours_with_a_bar(perfused_panel: OpenedModule) -> None:
    import slicer

    flow, late = perfused_panel.parameters.volumeCBF, perfused_panel.parameters.volumeTMAX
    assert flow.GetName() == "perfusion_CBF"
    for node, palette, window in ((flow, "flow", (0, 80)), (late, "time", (0, 12))):
        display = node.GetDisplayNode()
        assert display.GetColorNode().GetName() == f"StrokeSeg {palette}"
        assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == window
        assert slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node).GetVisibility()
