"""The segmentation as Slicer draws it over the reference. Look at the picture under pytest's --basetemp."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import vtk

from StrokeSegLogic.slicer_bridge.files import write_scene

SIZE = 300


@pytest.fixture
def picture(scene: Any, make_segmentation: Any, tmp_path: Path) -> np.ndarray:
    """The axial view of a written scene, red, green, blue (y down, x, 3)."""
    write_scene(make_segmentation(), tmp_path / "case.mrb")
    assert scene.ReadFromMRB(str(tmp_path / "case.mrb"), True)
    _render(scene, "Red", tmp_path / "axial.png")
    return sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "axial.png"))).astype(int)


def _render(scene: Any, view: str, path: Path) -> None:
    node = scene.GetNodeByID(f"vtkMRMLSliceNode{view}")
    node.SetDimensions(SIZE, SIZE, 1)
    logic = slicer.vtkMRMLSliceLogic()
    logic.SetMRMLScene(scene)
    logic.SetSliceNode(node)

    renderer, window = vtk.vtkRenderer(), vtk.vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetSize(SIZE, SIZE)
    window.AddRenderer(renderer)
    interactor = vtk.vtkGenericRenderWindowInteractor()
    interactor.SetRenderWindow(window)
    mapper = vtk.vtkImageMapper()
    mapper.SetColorWindow(255)
    mapper.SetColorLevel(127.5)
    mapper.SetInputConnection(logic.GetImageDataConnection())
    background = vtk.vtkActor2D()
    background.SetMapper(mapper)
    background.GetProperty().SetDisplayLocationToBackground()
    renderer.AddViewProp(background)

    kind = "vtkMRMLSegmentationsDisplayableManager2D"
    factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
    if not factory.IsDisplayableManagerRegistered(kind):
        factory.RegisterDisplayableManager(kind)
    application = slicer.vtkMRMLApplicationLogic()
    factory.SetMRMLApplicationLogic(application)
    managers = factory.InstantiateDisplayableManagers(renderer)
    managers.SetMRMLDisplayableNode(node)

    window.Render()
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    writer = vtk.vtkPNGWriter()
    writer.SetFileName(str(path))
    writer.SetInputConnection(grab.GetOutputPort())
    writer.Write()

    managers.SetMRMLDisplayableNode(None)
    factory.SetMRMLApplicationLogic(None)
    logic.SetMRMLScene(None)


def test_the_lesion_is_drawn_red_on_the_patients_right(picture: np.ndarray):
    red = picture[..., 0] - picture[..., 1:3].max(axis=2) > 20
    grey = (picture[..., :3].max(axis=2) > 60) & ~red
    rows, columns = np.nonzero(red)
    assert 0.01 < red.mean() < 0.2
    assert columns.mean() < SIZE * 0.45  # radiological view: the patient's right is on the left
    assert rows.mean() > SIZE * 0.52  # and behind is below
    assert grey.mean() > 0.3
    assert np.abs(np.argwhere(grey | red).mean(axis=0) - SIZE / 2).max() < SIZE * 0.05
