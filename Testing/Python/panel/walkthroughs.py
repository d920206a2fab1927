"""What a user does in the panel, every call that Qt makes into it timed meanwhile.

The tests hold what comes of it, on small studies; benchmarks/promised_times.py measures it on studies of real size.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from perfusion_results import perfused

from StrokeSegLogic.slicer_bridge.volumes import add_volume
from StrokeSegLogic.space.grid import Grid

from .opened import OpenedModule
from .standin.stopwatch import TimedCall, stopwatch
from .studies import add_maps, lesion_result, written

SEQUENCES = ("DWI", "FLAIR", "ADC", "T1", "T2")
REPORTS, LINES = 20, 200
"""Of progress, and of the log for each."""


def run_and_review(opened: OpenedModule, grid: Grid, folder: Path) -> list[TimedCall]:
    """An MRI study from loading to the review of its result."""
    files = written(lesion_result(grid), folder)
    voxels = np.random.default_rng(0).integers(0, 900, grid.shape).astype(np.float32)
    with stopwatch.on() as calls:
        for name in SEQUENCES:
            add_volume(opened.slicer.scene, grid.image(voxels), name)
        opened.assigned(*SEQUENCES)
        opened.start()
        for step in range(REPORTS):
            opened.runner.listener.progressed(step / REPORTS, "axial network")
            for _ in range(LINES):
                opened.runner.listener.logged("a line of the log that is neither short nor long")
            opened.rest(0.02)
        opened.runner.listener.finished(*files)
        opened.wait(lambda: "release" in opened.runner.calls)
        for name in ("nextSlice", "nextLesion", "previousSlice", "sideBySide", "restoreLayout"):
            opened.press(getattr(opened.ui.result, f"{name}Button"))
        opened.ui.result.overlayBox.setCurrentIndex(1)
        opened.rest()
    return calls


def hand_over_series(opened: OpenedModule, frame: Grid, frames: int) -> list[TimedCall]:
    """A 4-D series of CT perfusion, until the worker has it."""
    scene = opened.slicer.scene
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "CTP")
    sequence.SetIndexUnit("s")
    noise = np.random.default_rng(0).integers(0, 90, frame.shape).astype(np.int16)
    for number in range(frames):
        node = add_volume(scene, frame.image(noise), "frame")
        sequence.SetDataNodeAtValue(node, str(number))
        scene.RemoveNode(node)
    opened.press(opened.ui.study.ctpButton)
    with stopwatch.on() as calls:
        opened.assigned("CTP")
        opened.start()
    return calls


def load_perfusion_result(opened: OpenedModule, spacing: tuple[float, float, float], folder: Path) -> list[TimedCall]:
    """A run on perfusion maps whose result brings maps of its own."""
    result = perfused(spacing=spacing)
    files = written(result, folder)
    add_maps(opened.slicer.scene, replace(result, maps={"CBF": result.maps["CBF"]}))
    opened.press(opened.ui.study.ctpButton)
    with stopwatch.on() as calls:
        opened.start()
        opened.runner.listener.finished(*files)
        opened.wait(lambda: "release" in opened.runner.calls)
    return calls


def start_over(finished: OpenedModule) -> list[TimedCall]:
    """A correction that is thrown away, the lesion counted again each time."""
    with stopwatch.on() as calls:
        finished.parameters.segmentation.GetSegmentation().Modified()
        finished.slicer.answers.append(True)
        finished.press(finished.ui.correct.startOverButton)
        finished.rest(0.8)
    return calls


def add_many_nodes(finished: OpenedModule, count: int = 100) -> list[TimedCall]:
    """A scene that another module fills."""
    import slicer

    scene: Any = finished.slicer.scene
    with stopwatch.on() as calls:
        stopwatch.call(lambda: [scene.AddNode(slicer.vtkMRMLTextNode()) for _ in range(count)])
        finished.rest()
    return calls


def clear_scene(finished: OpenedModule) -> list[TimedCall]:
    with stopwatch.on() as calls:
        stopwatch.call(finished.slicer.scene.Clear, False)
        finished.rest()
    return calls
