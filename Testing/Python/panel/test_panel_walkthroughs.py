"""What comes of a user's way through the panel; that no call holds the window up is measured in benchmarks."""

from __future__ import annotations

from pathlib import Path

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Role

from .opened import OpenedModule
from .studies import GRID
from .walkthroughs import (
    LINES,
    REPORTS,
    add_many_nodes,
    clear_scene,
    hand_over_series,
    load_perfusion_result,
    run_and_review,
    start_over,
)

FRAME = Grid((32, 36, 6), (7.0, 7.0, 8.0), (115.0, -115.0, -60.0), (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))


def test_a_run_from_loading_to_the_review(opened: OpenedModule, tmp_path: Path) -> None:
    calls = run_and_review(opened, GRID, tmp_path / "result")
    # In many short calls: the event loop has its turn between them.
    assert len(calls) > 20
    assert opened.parameters.segmentation is not None
    inputs, _, voxels = opened.runner.runs[0]
    assert set(inputs.volumes) == {Role.DWI, Role.FLAIR, Role.ADC, Role.T1, Role.T2}
    assert set(voxels) == set(inputs.handles)
    assert opened.runner.calls == ["release"]
    said = opened.ui.run.logText.toPlainText()
    assert 0 < said.count("neither short nor long") <= REPORTS * LINES


def test_a_4d_series_is_handed_over_whole(opened: OpenedModule) -> None:
    assert hand_over_series(opened, FRAME, frames=30)
    inputs, _, voxels = opened.runner.runs[0]
    assert voxels[inputs.volumes[Role.CTP]].array.shape == (30, *FRAME.shape)


def test_a_perfusion_result_with_its_maps(opened: OpenedModule, tmp_path: Path) -> None:
    assert load_perfusion_result(opened, (4.0, 4.0, 8.0), tmp_path / "result")
    assert opened.parameters.segmentation is not None
    assert opened.runner.calls == ["release"]


def test_a_correction_is_thrown_away_and_the_lesion_counted_again(finished: OpenedModule) -> None:
    assert start_over(finished)
    assert not finished.slicer.answers, "it was asked first"
    assert finished.parameters.segmentation is not None


def test_nodes_that_others_add_leave_the_result_alone(finished: OpenedModule) -> None:
    assert add_many_nodes(finished)
    assert finished.parameters.segmentation is not None


def test_a_scene_that_is_cleared_leaves_no_result(finished: OpenedModule) -> None:
    assert clear_scene(finished)
    assert finished.parameters.segmentation is None
