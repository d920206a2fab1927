"""The panel with the worker process behind it: a study becomes a segmentation, and nothing is left."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.slicer_bridge.segmentations import labels_of

from .opened import OpenedModule, target
from .studies import GRID, add_study


def children() -> set[str]:
    """Numbers of this process's own processes, where the system tells them."""
    found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {number for path in found for number in path.read_text().split()}


@pytest.mark.slow
def test_cancel_then_a_whole_run_then_nothing_left(
    open_module: Callable[..., OpenedModule], untrained: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = children()
    opened = open_module()
    add_study(opened.slicer.scene, {"DWI": "dwi", "FLAIR": "flair"})
    opened.assigned("DWI", "FLAIR")
    opened.parameters.model = str(untrained.folder)
    opened.parameters.device = "cpu"
    nodes = opened.slicer.scene.GetNumberOfNodes()

    opened.press(opened.ui.run.segmentButton)
    opened.wait_for("running")
    opened.press(opened.ui.run.segmentButton)
    opened.wait_for("idle")
    assert opened.slicer.scene.GetNumberOfNodes() == nodes and opened.parameters.segmentation is None

    opened.press(opened.ui.run.segmentButton)
    opened.wait_for("done", "failed")
    assert opened.ui.run.problemLabel.text == ""
    opened.wait(lambda: opened.parameters.segmentation is not None, what="the nodes")
    labels = labels_of(opened.parameters.segmentation, opened.parameters.referenceVolume)
    assert labels.GetSize() == GRID.size
    table = target(opened.ui.result.resultTable)
    shown = {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount())}
    volume = np.count_nonzero(sitk.GetArrayViewFromImage(labels)) * GRID.voxel_ml
    assert shown["Lesion volume"] == shown["Ischemic lesion, as it stands"] == f"{volume:.1f} ml"

    opened.close()
    opened.wait(lambda: not list(scratch.iterdir()) and children() <= before, 20, "folders and processes to go")
