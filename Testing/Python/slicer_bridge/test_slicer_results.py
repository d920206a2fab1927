"""A result as the worker hands it over, as nodes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from panel.studies import lesion_result
from perfusion_results import perfused, unknown_scales

from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.slicer_bridge.input_volumes import RESULT_MARK, input_volumes
from StrokeSegLogic.slicer_bridge.results import AddedResult, add_result, maps_of, wanted
from StrokeSegLogic.slicer_bridge.segmentations import labels_of, volumes_ml
from StrokeSegLogic.slicer_bridge.volumes import add_volume, read_volume
from StrokeSegLogic.space.volume import Volume
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.worker.run import images_of, summary_of

EXTRAS = ("probability", "agreement", "maps")


def added(
    scene: Any, result: Any, reference: Any = None, report: str = "", given: dict[Role, Any] | None = None
) -> AddedResult:
    """All steps at once."""
    record = ResultRecord.parse(json.loads(json.dumps(summary_of(result), allow_nan=False)))
    images = {name: image for name, image in images_of(result, EXTRAS).items() if wanted(name)}
    volumes = {name: Volume.of(image) for name, image in images.items() if name not in (given or {})}
    steps = add_result(scene, record, volumes, reference, report, given)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def shown(node: Any) -> tuple[Any, ...]:
    """How a volume node looks: its colours' name, its window, what is see-through, its unit."""
    display = node.GetDisplayNode()
    thresholds = (display.GetLowerThreshold(), display.GetUpperThreshold()) if display.GetApplyThreshold() else None
    window = display.GetWindowLevelMin(), display.GetWindowLevelMax()
    return display.GetColorNode().GetName(), window, thresholds, display.GetInterpolate(), node.GetDescription()


@pytest.mark.parametrize("make", [lesion_result, perfused, unknown_scales])
def test_volumes_look_in_the_users_scene_as_in_the_scene_that_is_written(scene: Any, make: Any) -> None:
    result = make()
    nodes = added(scene, result)
    found = {node.GetName(): node for node in (*nodes.maps, nodes.probability, nodes.agreement) if node is not None}
    layers = {layer.title: layer for layer in result.layers if layer.title in found}
    assert set(layers) == set(found) and len(found) >= 2
    for name, layer in layers.items():
        written = add_volume(scene, layer.image, f"{name} in the file", layer.display)
        assert shown(found[name]) == shown(written), name


def test_flow_is_shown_from_0_to_80_and_nothing_outside_the_brain(scene: Any) -> None:
    flow = next(node for node in added(scene, perfused()).maps if node.GetName() == "CBF")
    colours, window, thresholds, _smooth, words = shown(flow)
    assert (colours, window, words) == ("StrokeSeg flow", (0.0, 80.0), "In ml/100 g/min")
    assert thresholds is not None and 0 < thresholds[0] < 0.01


def test_a_computed_map_is_called_so_in_the_users_scene(scene: Any) -> None:
    result = replace(perfused(), computed=frozenset({Role.CBV, Role.MTT}))
    nodes = {node.GetName(): node.GetDescription() for node in added(scene, result).maps}
    assert {"CBF", "CBV (computed)", "MTT (computed)", "Tmax"} < set(nodes) and "CBV" not in nodes
    assert nodes["CBV (computed)"] == "In ml/100 g, computed from the 4-D series"
    assert nodes["CBF"] == "In ml/100 g/min"


def test_the_users_own_maps_are_shown_as_computed_maps_are_whatever_their_unit(scene: Any) -> None:
    result = replace(perfused(), scales={Role.TMAX: (0.001, 0.0)})
    flow = add_volume(scene, result.maps[Role.CBF], "my flow")
    late = add_volume(scene, result.maps[Role.TMAX] * 1000, "my delay in ms")
    plain = add_volume(scene, result.maps[Role.CT], "my CT")
    added(scene, result, given={Role.CBF: flow, Role.TMAX: late, Role.CT: plain})
    assert shown(flow)[:2] == ("StrokeSeg flow", (0.0, 80.0))
    assert shown(late)[:2] == ("StrokeSeg time", (0.0, 12000.0))
    assert shown(plain)[1] == (0.0, 80.0) and shown(plain)[2] is None
    titles = {name: bar_of(node).GetTitleText() for name, node in (("flow", flow), ("late", late))}
    assert titles == {"flow": "ml/100 g/min", "late": "my delay in ms"}, "a unit that is not theirs is not said"
    assert bar_of(plain) is None
    assert late.GetDescription() in (None, ""), "what the user wrote stays"


def test_every_map_in_colours_has_a_bar_in_scene_and_file(scene: Any) -> None:
    bars = {node.GetName(): bar_of(node) for node in added(scene, perfused()).maps}
    assert {name for name, bar in bars.items() if bar is not None} == {"CBF", "CBV", "MTT", "TTP", "Tmax"}
    assert bars["MTT"].GetTitleText() == "s" and bars["MTT"].GetVisibility()


def bar_of(node: Any) -> Any:
    import slicer

    return slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node)


def test_the_segments_hold_the_labels_and_the_models_own_version_is_hidden(scene: Any) -> None:
    result = lesion_result()
    reference = add_volume(scene, result.case.series[result.reference].image, "DWI")
    nodes = added(scene, result, reference, "<html>")
    for node in (nodes.segmentation, nodes.model_segmentation):
        assert np.array_equal(sitk.GetArrayFromImage(labels_of(node, reference)), result.array())
    assert volumes_ml(nodes.segmentation) == pytest.approx({"Ischemic lesion": result.statistics.volume_ml})
    assert nodes.segmentation.GetDisplayNode().GetVisibility()
    assert not nodes.model_segmentation.GetDisplayNode().GetVisibility()
    assert "Trained on simulated heads. the model was trained without T1" in nodes.segmentation.GetDescription()
    assert nodes.brain is not None and not nodes.brain.GetDisplayNode().GetVisibility()
    assert nodes.reference is reference and nodes.report.GetText() == "<html>"


@pytest.mark.parametrize("make", [lesion_result, perfused])
def test_the_brain_lies_in_a_hidden_segmentation_of_its_own(scene: Any, make: Any) -> None:
    result = make()
    nodes = added(scene, result)
    assert list(nodes.brain.GetSegmentation().GetSegmentIDs()) == ["Brain"]
    display = nodes.brain.GetDisplayNode()
    assert not display.GetVisibility() and display.GetOpacity2DFill() == 0
    brain = sitk.GetArrayFromImage(labels_of(nodes.brain, result.brain)) > 0
    assert np.array_equal(brain, sitk.GetArrayFromImage(result.brain) > 0) and brain.any()
    # Nothing that is counted, corrected or exported knows of it.
    for node in (nodes.segmentation, nodes.model_segmentation):
        assert "Brain" not in node.GetSegmentation().GetSegmentIDs()
    assert "Brain" not in volumes_ml(nodes.segmentation)


def test_the_first_map_stands_for_a_reference_that_is_no_volume(scene: Any) -> None:
    nodes = added(scene, perfused())
    assert nodes.reference is nodes.maps[0] and nodes.report is None
    assert maps_of(nodes.record) == nodes.maps
    scene.RemoveNode(nodes.maps[-1])
    assert maps_of(nodes.record) == nodes.maps[:-1]


def test_what_a_run_has_made_is_no_input_of_the_next(scene: Any) -> None:
    nodes = added(scene, perfused())
    assert all(node.GetAttribute(RESULT_MARK) for node in (*nodes.maps, nodes.record))
    own = add_volume(scene, perfused().maps["CBF"], "CBF of a vendor")
    assert [(volume.handle, volume.name) for volume in input_volumes(scene)] == [(own.GetID(), "CBF of a vendor")]


def test_the_record_in_the_scene_is_read_back(scene: Any) -> None:
    result = perfused()
    again = ResultRecord.parse(json.loads(added(scene, result).record.GetText()))
    assert (again.modality, again.chosen, again.maker) == ("ctp", result.chosen, result.maker)


def test_maps_keep_their_voxels(scene: Any) -> None:
    result = perfused()
    layers = {layer.title: layer for layer in result.layers}
    for node in added(scene, result).maps:
        expected = sitk.GetArrayFromImage(layers[node.GetName()].image)
        assert np.array_equal(np.asarray(read_volume(node).array), expected)
