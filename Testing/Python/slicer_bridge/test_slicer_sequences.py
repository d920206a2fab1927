"""Sequences, their browsers and files, and multi-volumes: as series over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.case import Role
from StrokeSegLogic.grid import Grid
from StrokeSegLogic.series import load_case
from StrokeSegLogic.slicer_bridge.case import case_from_nodes
from StrokeSegLogic.slicer_bridge.geometry import set_volume_geometry
from StrokeSegLogic.slicer_bridge.runtime import load_slicer, load_vtk, quiet_vtk
from StrokeSegLogic.slicer_bridge.volumes import add_volume

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
def test_a_sequence_becomes_the_series_of_a_case(scene: Any, unit: str, factor: float):
    series = case_from_nodes({"CTP": sequence(scene, unit, factor)}).series[Role.CTP]
    assert series.image.GetPixelID() == sitk.sitkInt16
    assert np.array_equal(sitk.GetArrayViewFromImage(series.image), HU)
    assert series.times_s == TIMES and Grid.of(series.image).same(GRID)
    assert (series.source, series.confidence) == ("CTP", 1.0)


def test_the_browser_and_the_volume_that_it_shows_stand_for_their_sequence(scene: Any):
    node = sequence(scene)
    scene.RegisterNodeClass(load_slicer().vtkMRMLSequenceBrowserNode())
    browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", "browser")
    browser.SetAndObserveMasterSequenceNodeID(node.GetID())
    proxy = add_volume(scene, GRID.image(HU[0]), "shown")
    browser.AddProxyNode(proxy, node, False)
    for chosen in (browser, browser.GetProxyNode(node)):
        series = case_from_nodes({Role.CTP: chosen}).series[Role.CTP]
        assert np.array_equal(sitk.GetArrayViewFromImage(series.image), HU) and series.times_s == TIMES


def test_a_multi_volume_becomes_the_series_of_a_case(scene: Any):
    vtk = load_vtk()
    from vtk.util.numpy_support import numpy_to_vtk

    node = scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "multi")
    data = vtk.vtkImageData()
    data.SetDimensions(GRID.size)
    data.GetPointData().SetScalars(numpy_to_vtk(np.moveaxis(HU, 0, -1).reshape(-1, 6).copy(), deep=True))
    set_volume_geometry(node, GRID)
    node.SetAndObserveImageData(data)
    node.SetAttribute("MultiVolume.FrameLabels", ",".join(f"{1000 * time:g}" for time in TIMES))
    series = case_from_nodes({Role.CTP: node}).series[Role.CTP]
    assert np.array_equal(sitk.GetArrayViewFromImage(series.image), HU) and series.times_s == TIMES
    node.SetAttribute("MultiVolume.FrameLabels", "0,1")
    with pytest.raises(InputError, match="multi: has 2 times and 6 frames"):
        case_from_nodes({Role.CTP: node})


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
    plain = add_volume(scene, GRID.image(HU[0]), "plain")
    with pytest.raises(InputError, match="plain: is neither a sequence of volumes nor a multi-volume"):
        case_from_nodes({Role.CTP: plain})
    with pytest.raises(InputError, match="no volume is chosen as CTP"):
        case_from_nodes({Role.CTP: None})
    with pytest.raises(InputError, match="not numbered by seconds or milliseconds"):
        case_from_nodes({Role.CTP: sequence(scene, "mm")})
    moved = Grid(GRID.size, GRID.spacing, (-10.0, 25.0, 30.0), AXES)
    with pytest.raises(InputError, match="frame 6 lies on another grid than the first"):
        case_from_nodes({Role.CTP: sequence(scene, grids=(*(GRID,) * 5, moved))})
    with pytest.raises(InputError, match=r"the roles are of two kinds: DWI of MRI, CTP of CT perfusion"):
        case_from_nodes({Role.CTP: sequence(scene), Role.DWI: plain})
