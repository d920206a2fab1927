"""`segment` of the module's logic, in the stand-in's application with a real worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import Cancelled, InputError, StrokeSegError
from StrokeSegLogic.nets.models.bundle import Bundle

from .studies import GRID, add_study, ellipsoid

if TYPE_CHECKING:
    from .standin.install import Slicer


@pytest.fixture
def logic(running: Slicer) -> Iterator[Any]:
    import StrokeSegExtension

    yield StrokeSegExtension.StrokeSegExtensionLogic()
    from StrokeSegExtensionLib.console_api import console

    console().close()


@pytest.fixture
def study(running: Slicer) -> dict[str, Any]:
    add_study(running.scene)
    scene = running.scene
    nodes = [scene.GetNthNodeByClass(n, "vtkMRMLScalarVolumeNode") for n in range(3)]
    return dict(zip(("DWI", "FLAIR", "T1"), nodes, strict=True))


def wait_for(run: Any, running: Slicer, seconds: float = 120.0) -> None:
    wait_until(running, lambda: run.over, seconds)


def wait_until(running: Slicer, so: Callable[[], bool], seconds: float = 120.0) -> None:
    """Lets the event loop run until something is so; the time bounds a hang."""
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end
        running.app.processEvents()
        time.sleep(0.005)


def of_class(running: Slicer, kind: str) -> int:
    return running.scene.GetNumberOfNodesByClass(kind)


@pytest.mark.slow
def test_with_wait_the_segmentation_node_comes_back_and_lies_on_the_reference(
    running: Slicer, logic: Any, study: dict, untrained: Bundle
) -> None:
    from StrokeSegLogic.slicer_bridge.segmentations import labels_of

    options = {"model": str(untrained.folder), "device": "cpu"}
    told: list[float] = []
    node = logic.segment(study, wait=True, progressed=lambda fraction, _stage: told.append(fraction), **options)
    assert node.IsA("vtkMRMLSegmentationNode")
    assert node.GetScene() is running.scene
    assert labels_of(node, study["DWI"]).GetSize() == study["DWI"].GetImageData().GetDimensions()
    assert told[-1] > 0.9
    volumes = of_class(running, "vtkMRMLScalarVolumeNode")
    assert volumes == 3, "extra volumes are added where they are asked for"

    began: list[Any] = []
    run = logic.segment(study, done=began.append, probability=True, nihss=7, reference="FLAIR", **options)
    assert not run.over
    wait_for(run, running)
    assert began == [run.segmentation]
    assert run.error is None
    assert run.record["reference"] == "FLAIR"
    assert of_class(running, "vtkMRMLScalarVolumeNode") == volumes + 1
    assert run.nodes.probabilityVolume.GetImageData().GetDimensions() == study["FLAIR"].GetImageData().GetDimensions()


@pytest.mark.slow
def test_a_run_can_be_cancelled_and_a_second_run_waits_its_turn(
    running: Slicer, logic: Any, study: dict, untrained: Bundle
) -> None:
    heard: list[StrokeSegError] = []
    run = logic.segment(study, failed=heard.append, model=str(untrained.folder), device="cpu")
    with pytest.raises(StrokeSegError, match="under way"):
        logic.segment(study)
    nodes = running.scene.GetNumberOfNodes()
    run.cancel()
    wait_for(run, running)
    assert isinstance(run.error, Cancelled)
    assert heard == [run.error]
    assert running.scene.GetNumberOfNodes() == nodes


@pytest.mark.slow
def test_functions_of_the_script_that_fail_do_not_end_the_run(
    running: Slicer, logic: Any, study: dict, untrained: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: Any) -> None:
        raise ValueError("a mistake of the script")

    options = {"model": str(untrained.folder), "device": "cpu"}
    run = logic.segment(study, done=fail, progressed=fail, **options)
    wait_for(run, running)
    assert run.error is None and run.segmentation is not None
    assert "a mistake of the script" in caplog.text


@pytest.mark.slow
def test_closing_the_scene_ends_the_run(running: Slicer, logic: Any, study: dict, untrained: Bundle) -> None:
    run = logic.segment(study, model=str(untrained.folder), device="cpu")
    running.scene.Clear(False)
    assert run.over
    with pytest.raises(Cancelled):
        run.wait()
    from StrokeSegExtensionLib.console_api import console

    wait_until(running, lambda: console()._runner._job is None)
    assert of_class(running, "vtkMRMLSegmentationNode") == 0


@pytest.mark.slow
def test_a_brain_mask_may_be_a_segmentation(running: Slicer, logic: Any, study: dict, untrained: Bundle) -> None:
    import numpy as np

    from StrokeSegLogic.slicer_bridge.runtime import nodes_of_class
    from StrokeSegLogic.slicer_bridge.segmentations import add_brain, labels_of
    from StrokeSegLogic.space.volume import Volume

    half = ellipsoid(GRID, (0.5, 0.5, 0.5), 0.9).astype(np.uint8)
    half[: len(half) // 2] = 0
    mask = add_brain(running.scene, Volume(half, GRID), "", study["DWI"])
    mask.SetName("lower half")
    run = logic.segment(study, brain_mask=mask, model=str(untrained.folder), device="cpu")
    wait_for(run, running)
    assert run.error is None
    assert run.record["brain"]["how"] == "given by the user: lower half"
    segmentations = nodes_of_class(running.scene, "vtkMRMLSegmentationNode")
    (brain,) = (node for node in segmentations if node.GetName().startswith("StrokeSeg brain"))
    found = sitk.GetArrayFromImage(labels_of(brain, study["DWI"])) > 0
    assert 2 * (found & (half > 0)).sum() / (found.sum() + half.sum()) > 0.95


def test_a_run_that_fails_raises_with_what_to_do(running: Slicer, logic: Any, study: dict) -> None:
    with pytest.raises(StrokeSegError, match="no model is called 'none such'"):
        logic.segment(study, wait=True, model="none such")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: ({}, {}), "no volume is given"),
        (lambda s: ({"XYZ": s["DWI"]}, {}), "'XYZ' is no sequence or map"),
        (lambda s: ({"DWI": None}, {}), "not a node of the scene"),
        (lambda s: ({"DWI": s["DWI"], "ADC": s["DWI"]}, {}), "DWI and ADC"),
        (lambda s: ({"DWI": s["DWI"], "CBF": s["T1"]}, {}), "of MRI and of CT perfusion"),
        (lambda s: ({"CTP": s["DWI"]}, {}), "no vtkMRMLSequenceNode"),
        (lambda s: ({"DWI": s["DWI"]}, {"reference": "FLAIR"}), "not among the volumes"),
        (lambda s: ({"DWI": s["DWI"]}, {"colour": "red"}), "no option is called 'colour'"),
        (lambda s: ({"DWI": s["DWI"]}, {"brain_mask": s["T1"]}), "neither a segmentation nor a label map"),
        (lambda s: ({"CBF": s["DWI"], "TMAX": s["T1"]}, {"brain_mask": s["FLAIR"]}), "no meaning for CT perfusion"),
    ],
)
def test_what_cannot_be_used_is_refused_at_once(logic: Any, study: dict, change: Any, words: str) -> None:
    volumes, options = change(study)
    with pytest.raises(InputError, match=words):
        logic.segment(volumes, **options)


def test_a_volume_without_voxels_is_named(running: Slicer, logic: Any) -> None:
    empty = running.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "hollow")
    with pytest.raises(InputError, match="hollow"):
        logic.segment({"DWI": empty})
