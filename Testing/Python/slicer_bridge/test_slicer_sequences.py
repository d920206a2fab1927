"""Sequences and their files: as series over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.slicer_bridge.runtime import load_slicer, quiet_vtk
from StrokeSegLogic.slicer_bridge.sequences import read_input, read_series
from StrokeSegLogic.slicer_bridge.volumes import add_volume
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case

from .slicer_grids import AXES

GRID = Grid((12, 10, 4), (0.9, 0.8, 5.0), (-10.0, 20.0, 30.0), AXES)
HU = np.random.default_rng(0).integers(-100, 100, (6, *GRID.shape)).astype(np.int16)
TIMES = (0.0, 1.5, 3.0, 4.5, 6.0, 9.0)


def sequence(scene: Any, unit: str = "s", factor: float = 1.0, grids: tuple[Grid, ...] = (GRID,) * 6) -> Any:
    slicer = load_slicer()
    node = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "CTP")
    node.SetIndexName("time")
    node.SetIndexUnit(unit)
    node.SetIndexType(slicer.vtkMRMLSequenceNode.NumericIndex)
    for frame, time, grid in zip(HU, TIMES, grids, strict=True):
        volume = add_volume(scene, grid.image(frame), "frame")
        node.SetDataNodeAtValue(volume, f"{time * factor:g}")
        scene.RemoveNode(volume)
    return node


@pytest.mark.parametrize(("unit", "factor"), [("s", 1.0), ("ms", 1000.0)])
def test_a_sequence_becomes_frames_with_their_times_in_seconds(scene: Any, unit: str, factor: float):
    series = read_series(sequence(scene, unit, factor))
    assert np.array_equal(np.asarray(series.array), HU) and series.array.dtype == np.int16
    assert series.times_s == TIMES and series.grid.same(GRID) and series.name == "CTP"


def test_a_sequence_lies_where_the_volume_that_shows_it_lies(scene: Any):
    node = sequence(scene)
    scene.RegisterNodeClass(load_slicer().vtkMRMLSequenceBrowserNode())
    browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", "browser")
    browser.SetAndObserveMasterSequenceNodeID(node.GetID())
    moved = Grid(GRID.size, GRID.spacing, (0.0, 5.0, 30.0), AXES)
    browser.AddProxyNode(add_volume(scene, moved.image(HU[0]), "shown"), node, False)
    assert read_series(node).grid.same(moved)


def test_an_input_is_a_volume_or_a_sequence_that_is_still_there(scene: Any):
    plain = add_volume(scene, GRID.image(HU[0]), "plain")
    assert np.array_equal(np.asarray(read_input(scene, plain.GetID()).array), HU[0])
    assert read_input(scene, sequence(scene).GetID()).array.shape == HU.shape
    with pytest.raises(InputError, match="no longer in the scene"):
        read_input(scene, "vtkMRMLScalarVolumeNode99")


@pytest.mark.parametrize("name", ["CTP.seq.nrrd", "CTP.seq.nhdr"])
def test_a_file_that_slicer_wrote_of_a_sequence_is_read_back(scene: Any, tmp_path: Path, name: str):
    node = sequence(scene)
    storage = load_slicer().vtkMRMLVolumeSequenceStorageNode()
    scene.AddNode(storage)
    storage.SetFileName(str(tmp_path / name))
    with quiet_vtk():
        assert storage.WriteData(node)
    series = load_case(tmp_path).series[Role.CTP]
    assert np.array_equal(sitk.GetArrayViewFromImage(series.image), HU)
    assert series.times_s == TIMES and series.image.GetPixelID() == sitk.sitkInt16
    assert Grid.of(series.image).same(GRID)


def test_what_is_no_series_of_one_place_and_time_is_refused(scene: Any):
    with pytest.raises(InputError, match="not numbered by seconds or milliseconds"):
        read_series(sequence(scene, "mm"))
    moved = Grid(GRID.size, GRID.spacing, (-10.0, 25.0, 30.0), AXES)
    with pytest.raises(InputError, match="frame 6 lies on another grid than the first"):
        read_series(sequence(scene, grids=(*(GRID,) * 5, moved)))
    single = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "single")
    single.SetDataNodeAtValue(add_volume(scene, GRID.image(HU[0]), "frame"), "0")
    with pytest.raises(InputError, match="single: has 1 frames"):
        read_series(single)
