"""The window never freezes: no call on its thread takes longer than a tenth of a second, on studies of real size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from perfusion_results import perfused

from StrokeSegLogic.slicer_bridge.volumes import add_volume
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Role

from .opened import OpenedModule
from .standin.stopwatch import TimedCall, stopwatch
from .studies import add_maps, lesion_result, written

LIMIT_S = 0.1
MRI = Grid((256, 256, 48), (0.9, 0.9, 3.0), (115.0, -115.0, -70.0), (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
FRAME = Grid((256, 256, 16), (0.9, 0.9, 8.0), (115.0, -115.0, -60.0), (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
FRAMES = 30


def slow(calls: list[TimedCall]) -> list[str]:
    """The calls over the limit, for a message; at least one call must have been timed."""
    assert calls
    return [f"{one.name} {1000 * one.seconds:.0f} ms" for one in calls if one.seconds > LIMIT_S]


def add_volumes(scene: Any, names: tuple[str, ...], grid: Grid) -> None:
    voxels = np.random.default_rng(0).integers(0, 900, grid.shape).astype(np.float32)
    for name in names:
        add_volume(scene, grid.image(voxels), name)


def test_a_run_from_loading_to_the_review(opened: OpenedModule, tmp_path: Path) -> None:
    files = written(lesion_result(MRI), tmp_path / "result")
    with stopwatch.on() as calls:
        add_volumes(opened.slicer.scene, ("DWI", "FLAIR", "ADC", "T1", "T2"), MRI)
        opened.assigned("DWI", "FLAIR", "ADC", "T1", "T2")
        opened.start()
        for step in range(20):
            opened.runner.listener.progressed(step / 20, "axial network")
            for _ in range(200):
                opened.runner.listener.logged("a line of the log that is neither short nor long")
            opened.rest(0.02)
        opened.runner.listener.finished(*files)
        opened.wait(lambda: "release" in opened.runner.calls)
        for name in ("nextSlice", "nextLesion", "previousSlice", "sideBySide", "restoreLayout"):
            opened.press(getattr(opened.ui.result, f"{name}Button"))
        opened.ui.result.overlayBox.setCurrentIndex(1)
        opened.rest()
    assert slow(calls) == []
    assert len(calls) > 20


def test_a_4d_series_is_handed_over_without_a_pause(opened: OpenedModule) -> None:
    scene = opened.slicer.scene
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "CTP")
    sequence.SetIndexUnit("s")
    noise = np.random.default_rng(0).integers(0, 90, FRAME.shape).astype(np.int16)
    for number in range(FRAMES):
        frame = add_volume(scene, FRAME.image(noise), "frame")
        sequence.SetDataNodeAtValue(frame, str(number))
        scene.RemoveNode(frame)
    opened.press(opened.ui.study.ctpButton)
    with stopwatch.on() as calls:
        opened.assigned("CTP")
        opened.start()
    assert slow(calls) == []
    voxels = opened.runner.runs[0][2][Role.CTP]
    assert voxels.array.shape == (FRAMES, *FRAME.shape)


def test_a_perfusion_result_with_its_maps(opened: OpenedModule, tmp_path: Path) -> None:
    result = perfused(spacing=(1.5, 1.5, 6.0))
    files = written(result, tmp_path / "result")
    add_maps(opened.slicer.scene, replace(result, maps={"CBF": result.maps["CBF"]}))
    opened.press(opened.ui.study.ctpButton)
    with stopwatch.on() as calls:
        opened.start()
        opened.runner.listener.finished(*files)
        opened.wait(lambda: "release" in opened.runner.calls)
    assert slow(calls) == []


def test_correcting_and_counting_again(finished: OpenedModule, tmp_path: Path) -> None:
    with stopwatch.on() as calls:
        finished.parameters.segmentation.GetSegmentation().Modified()
        finished.slicer.answers.append(True)
        finished.press(finished.ui.correct.startOverButton)
        finished.rest(0.8)
    assert slow(calls) == []


@pytest.mark.parametrize("event", ["Clear", "AddNode"])
def test_the_scenes_events_do_not_hold_the_window_up(finished: OpenedModule, event: str) -> None:
    import slicer

    scene = finished.slicer.scene
    with stopwatch.on() as calls:
        if event == "Clear":
            stopwatch.call(scene.Clear, False)
        else:
            stopwatch.call(lambda: [scene.AddNode(slicer.vtkMRMLTextNode()) for _ in range(100)])
        finished.rest()
    assert slow(calls) == []
