"""Slice views drawn without a window: volumes, overlay and segments, as Slicer draws them."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk
from PySide6 import QtCore, QtGui
from vtk.util.numpy_support import vtk_to_numpy

from StrokeSegLogic.slicer_bridge.runtime import quiet_vtk

_MANAGERS = ("vtkMRMLSegmentationsDisplayableManager2D",)


def slice_picture(logic: Any, application_logic: Any, width: int, height: int) -> QtGui.QImage:
    """A slice view of that size, fitted to its background.

    Args:
        logic: the view's vtkMRMLSliceLogic.
        application_logic: of the scene.
        width, height: in pixels.
    """
    node = logic.GetSliceNode()
    offset = logic.GetSliceOffset()
    logic.ResizeSliceNode(width, height)
    logic.FitSliceToBackground()
    logic.SetSliceOffset(offset)
    for layer in (logic.GetBackgroundLayer(), logic.GetForegroundLayer()):
        if layer is not None:
            layer.UpdateTransforms()
    if not application_logic.GetSliceLogics().IsItemPresent(logic):
        application_logic.GetSliceLogics().AddItem(logic)
    with quiet_vtk():
        return _drawn(logic, application_logic, node, width, height)


def _drawn(logic: Any, application_logic: Any, node: Any, width: int, height: int) -> QtGui.QImage:
    window, renderer = vtk.vtkRenderWindow(), vtk.vtkRenderer()
    window.SetOffScreenRendering(1)
    window.SetSize(width, height)
    window.AddRenderer(renderer)
    interactor = vtk.vtkGenericRenderWindowInteractor()  # the displayable managers show nothing without it
    interactor.SetRenderWindow(window)
    mapper, actor = vtk.vtkImageMapper(), vtk.vtkActor2D()
    mapper.SetColorWindow(255)
    mapper.SetColorLevel(127.5)
    logic.UpdateImageData()
    mapper.SetInputConnection(logic.GetImageDataConnection())
    actor.SetMapper(mapper)
    actor.GetProperty().SetDisplayLocationToBackground()
    renderer.AddActor2D(actor)
    factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
    factory.SetMRMLApplicationLogic(application_logic)
    for name in _MANAGERS:
        if not factory.IsDisplayableManagerRegistered(name):
            factory.RegisterDisplayableManager(name)
    group = factory.InstantiateDisplayableManagers(renderer)
    group.SetMRMLDisplayableNode(node)
    window.Render()
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    rgb = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, 3)[::-1]
    group.SetMRMLDisplayableNode(None)
    pixels = np.ascontiguousarray(rgb)
    return QtGui.QImage(pixels.data, width, height, 3 * width, QtGui.QImage.Format.Format_RGB888).copy()


def side_by_side(logics: list[Any], application_logic: Any, size: QtCore.QSize) -> QtGui.QImage:
    """All views of a layout in two columns, as on a small screen, each with its name, as Slicer's layout puts them."""
    rows = -(-len(logics) // 2)
    columns = -(-len(logics) // rows)
    picture = QtGui.QImage(size, QtGui.QImage.Format.Format_RGB888)
    picture.fill(QtGui.QColor("#202020"))
    painter = QtGui.QPainter(picture)
    bar = 18
    for number, logic in enumerate(logics):
        row, column = divmod(number, columns)
        in_row = min(columns, len(logics) - row * columns)
        width, height = size.width() // in_row, size.height() // rows
        left, top = column * width, row * height
        view = slice_picture(logic, application_logic, width - 2, height - bar - 2)
        painter.drawImage(left + 1, top + bar, view)
        painter.fillRect(left + 1, top, width - 2, bar, QtGui.QColor("#56B4E9"))
        painter.setPen(QtGui.QColor("black"))
        words = f"{logic.GetSliceNode().GetLayoutLabel()}   {logic.GetSliceOffset():.1f} mm"
        painter.drawText(left + 6, top + 13, words)
    painter.end()
    return picture
