"""Core and penumbra as nodes, .seg.nrrd and .mrb, on oblique grids too. See `test_slicer_files` for what both share."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import vtk
from hypothesis import given, settings
from hypothesis import strategies as st
from perfusion_results import SIMULATED, by_network, perfused, unknown_scales

from StrokeSegLogic.ctp.result import PerfusionSegmentation
from StrokeSegLogic.ctp.tissue.thresholds import CORE, PENUMBRA
from StrokeSegLogic.result.looks import CORE_STYLE, PALETTES, PENUMBRA_STYLE
from StrokeSegLogic.slicer_bridge.files import write_scene, write_segmentation
from StrokeSegLogic.slicer_bridge.runtime import headless_scene
from StrokeSegLogic.slicer_bridge.segmentations import add_segmentation, labels_of
from StrokeSegLogic.slicer_bridge.volumes import add_volume, read_volume
from StrokeSegLogic.space.grid import Grid

from .slicer_grids import grids


def laid_on(grid: Grid, seed: int) -> PerfusionSegmentation:
    """A result of random labels and maps on any grid."""
    rng = np.random.default_rng(seed)
    result = perfused()
    labels = grid.image(rng.integers(0, 3, grid.shape).astype(np.uint8))
    routes = tuple(replace(route, labels=labels) for route in result.routes)
    maps = {name: grid.image(rng.random(grid.shape, np.float32) * 5) for name in ("CT", "CBF", "TMAX")}
    return replace(result, routes=routes, maps=maps, brain=grid.image(np.ones(grid.shape, np.uint8)))


def tag(segment: Any, key: str) -> str:
    value = vtk.reference("")
    assert segment.GetTag(key, value), key
    return str(value)


def read_scene(scene: Any, path: Path) -> None:
    messages = slicer.vtkMRMLMessageCollection()
    assert scene.ReadFromMRB(str(path), True, messages), messages.GetAllMessagesAsString()


def test_core_and_penumbra_are_two_segments_with_stable_names(scene: Any) -> None:
    result = perfused()
    node = add_segmentation(scene, result, add_volume(scene, result.maps["CBF"], "CBF"))
    segmentation = node.GetSegmentation()
    assert [segmentation.GetNthSegmentID(k) for k in range(segmentation.GetNumberOfSegments())] == [
        "IschemicCore",
        "IschemicPenumbra",
    ]
    for style, value in ((CORE_STYLE, CORE), (PENUMBRA_STYLE, PENUMBRA)):
        segment = segmentation.GetSegment(style.id)
        assert segment.GetName() == style.name
        assert segment.GetColor() == pytest.approx(style.colour)
        assert segment.GetLabelValue() == value and tag(segment, "StrokeSeg.Label") == str(value)
        assert tag(segment, "TerminologyEntry") == style.slicer_terminology_string()
    assert np.array_equal(sitk.GetArrayFromImage(labels_of(node, result.labels)), result.array())


def test_a_networks_labels_say_that_it_was_trained_on_simulated_perfusion(scene: Any) -> None:
    reference = add_volume(scene, perfused().maps["CBF"], "CBF")
    node = add_segmentation(scene, by_network(), reference)
    assert "Research use only, not a medical device. Trained on simulated perfusion" in node.GetDescription()
    for style in (CORE_STYLE, PENUMBRA_STYLE):
        segment = node.GetSegmentation().GetSegment(style.id)
        assert tag(segment, "StrokeSeg.TrainedOn") == SIMULATED
        assert tag(segment, "StrokeSeg.Model") == "sf-compact 1.0"
        assert tag(segment, "StrokeSeg.Weights") == "cd" * 32


def test_thresholds_have_learned_from_nothing(scene: Any) -> None:
    node = add_segmentation(scene, perfused(), add_volume(scene, perfused().maps["CBF"], "CBF"))
    segment = node.GetSegmentation().GetSegment(CORE_STYLE.id)
    assert tag(segment, "StrokeSeg.Model") == "thresholds"
    assert "rained on" not in node.GetDescription()
    assert tag(segment, "DICOM.SegmentAlgorithmName").endswith(" thresholds")


@settings(max_examples=12, deadline=None)
@given(grids(), st.integers(0, 2**32 - 1))
def test_the_segmentation_file_holds_both_labels_on_any_grid(grid: Grid, seed: int) -> None:
    result = laid_on(grid, seed)
    with tempfile.TemporaryDirectory() as folder, headless_scene() as scene:
        path = Path(folder) / "case.seg.nrrd"
        write_segmentation(result, path)
        image = sitk.ReadImage(str(path))
        node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
        storage.SetFileName(str(path))
        assert storage.ReadData(node)
        back = labels_of(node, image)
    assert Grid.of(image).same(grid)
    assert np.array_equal(sitk.GetArrayFromImage(image), result.array())
    assert np.array_equal(sitk.GetArrayFromImage(back), result.array())
    assert {image.GetMetaData(f"Segment{k}_ID") for k in range(2)} == {CORE_STYLE.id, PENUMBRA_STYLE.id}


@settings(max_examples=3, deadline=None)
@given(grids(), st.integers(0, 2**32 - 1))
def test_the_scene_brings_maps_and_segments_back_in_place(grid: Grid, seed: int) -> None:
    result = laid_on(grid, seed)
    with tempfile.TemporaryDirectory() as folder, headless_scene() as scene:
        write_scene(result, Path(folder) / "case.mrb")
        read_scene(scene, Path(folder) / "case.mrb")
        for layer in result.layers:
            name, image = layer.title, layer.image
            read = read_volume(scene.GetFirstNodeByName(name)).image()
            # Slicer reads left-handed volumes with their slices in reverse order: other indices, same places.
            back = sitk.Resample(read, image, sitk.Transform(), sitk.sitkNearestNeighbor, -1.0)
            assert np.array_equal(sitk.GetArrayFromImage(back), sitk.GetArrayFromImage(image)), name
        node = scene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
        assert node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()).GetName() == "CT"
        assert np.array_equal(sitk.GetArrayFromImage(labels_of(node, result.labels)), result.array())


def test_a_tilted_scan_opens_with_maps_in_colour_and_fitting_windows(scene: Any, tmp_path: Path) -> None:
    result = perfused()  # its gantry is tilted
    write_scene(result, tmp_path / "case.mrb")
    read_scene(scene, tmp_path / "case.mrb")
    for name, window, palette, unit in (("CBF", (0, 80), "flow", "ml/100 g/min"), ("Tmax", (0, 12), "time", "s")):
        node = scene.GetFirstNodeByName(name)
        display = node.GetDisplayNode()
        assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == window
        table = display.GetColorNode()
        assert table.GetName() == f"StrokeSeg {palette}" and table.GetNumberOfColors() == 256
        colour = [0.0] * 4
        table.GetColor(255, colour)
        assert colour[:3] == pytest.approx(np.array(PALETTES[palette][-1]) / 255, abs=0.01)
        assert display.GetApplyThreshold() and display.GetLowerThreshold() > 0  # see-through outside the brain
        assert node.GetDescription() == f"In {unit}"
    ct = scene.GetFirstNodeByName("CT").GetDisplayNode()
    assert (ct.GetWindowLevelMin(), ct.GetWindowLevelMax()) == (0, 80)
    assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == len(result.maps)


def test_the_views_show_the_lesion_on_ct_with_tmax_in_front(scene: Any, tmp_path: Path) -> None:
    result = perfused()
    write_scene(result, tmp_path / "case.mrb")
    read_scene(scene, tmp_path / "case.mrb")
    assert result.focus_mm is not None
    for view in ("Red", "Green", "Yellow"):
        composite = scene.GetNodeByID(f"vtkMRMLSliceCompositeNode{view}")
        assert scene.GetNodeByID(composite.GetBackgroundVolumeID()).GetName() == "CT"
        assert scene.GetNodeByID(composite.GetForegroundVolumeID()).GetName() == "Tmax"
        assert composite.GetForegroundOpacity() == 0
        # The plane shown goes through the lesion's centre, in the scan's own tilt.
        to_ras = scene.GetNodeByID(f"vtkMRMLSliceNode{view}").GetSliceToRAS()
        matrix = np.array([[to_ras.GetElement(row, column) for column in range(4)] for row in range(4)])
        focus = np.array(result.focus_mm) * (-1, -1, 1)
        assert abs(matrix[:3, 2] @ (focus - matrix[:3, 3])) < 0.01


def test_the_other_routes_lie_beside_the_chosen_route_hidden(scene: Any, tmp_path: Path) -> None:
    result = perfused()
    write_scene(result, tmp_path / "case.mrb")
    read_scene(scene, tmp_path / "case.mrb")
    # And the brain, which is no finding of any route.
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == len(result.routes) + 1 == 4
    for route in result.routes:
        chosen = route.name == result.chosen
        node = scene.GetFirstNodeByName("StrokeSeg" if chosen else f"StrokeSeg {route.name}")
        assert bool(node.GetDisplayNode().GetVisibility()) is chosen
        found = sitk.GetArrayFromImage(labels_of(node, route.labels))
        assert np.array_equal(found, sitk.GetArrayFromImage(route.labels))
        assert ("Trained on simulated perfusion" in node.GetDescription()) is bool(route.trained_on)


def test_a_patient_without_stroke_has_two_empty_segments_to_draw_in(scene: Any, tmp_path: Path) -> None:
    write_scene(perfused("WIS", 1), tmp_path / "case.mrb")
    read_scene(scene, tmp_path / "case.mrb")
    node = scene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    assert node.GetSegmentation().GetNumberOfSegments() == 2
    assert not sitk.GetArrayFromImage(labels_of(node, perfused("WIS", 1).labels)).any()


def test_maps_of_unknown_scale_take_windows_of_their_own(scene: Any, tmp_path: Path) -> None:
    result = unknown_scales()
    write_scene(result, tmp_path / "case.mrb")
    read_scene(scene, tmp_path / "case.mrb")
    display = scene.GetFirstNodeByName("Tmax").GetDisplayNode()
    assert display.GetWindowLevelMax() > 100  # scaled by 20
    assert scene.GetFirstNodeByName("Tmax").GetDescription() == "In unknown scale"
    node = scene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    assert scene.GetNodeByID(node.GetBackgroundVolumeID()).GetName() == "CBF"
