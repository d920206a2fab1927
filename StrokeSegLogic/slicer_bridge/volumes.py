"""Volumes to and from scalar volume nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..result.outcome import Display
from ..space.volume import Volume, storable
from .geometry import set_volume_geometry, volume_grid
from .layers import show_layer
from .runtime import Scene, VolumeNode, load_vtk


def add_volume(scene: Scene, image: sitk.Image | Volume, name: str, display: Display | None = None) -> VolumeNode:
    """Adds a volume to the scene, in place exactly.

    Args:
        scene: any MRML scene.
        image: 3-D, one component; mm, LPS. Voxel types that Slicer cannot save (64-bit integers) are cast to the
            nearest one that holds every value.
        name: the node's name.
        display: how it is shown; as Slicer sees fit if None.

    Returns:
        A vtkMRMLScalarVolumeNode with a display node.

    Raises:
        InputError: if the image is not 3-D with one number a voxel.
        OutputError: if slicer is not installed.
    """
    vtk = load_vtk()
    volume = image if isinstance(image, Volume) else Volume.of(image, name)
    array = storable(np.asarray(volume.array))
    data = vtk.vtkImageData()
    data.SetDimensions(volume.grid.size)
    data.GetPointData().SetScalars(vtk_scalars(array))
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    set_volume_geometry(node, volume.grid)
    if display is not None and display.window is not None:
        # Before there are voxels: an automatic window would count all of them on the GUI thread.
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().AutoWindowLevelOff()
    node.SetAndObserveImageData(data)
    node.CreateDefaultDisplayNodes()
    if display is not None:
        show_layer(scene, node, display, float(array.max(initial=0)))
    return node


def read_volume(node: VolumeNode) -> Volume:
    """A volume node's voxels, where the user sees them: parent transforms are applied, the node is not changed.

    Returns:
        Its array shares the node's memory, which stays where it is as long as the array is held; what is drawn into
        the node is seen in it.

    Raises:
        InputError: if there are no voxels, more than one value a voxel, a non-linear parent transform, or axes that
            are not at right angles.
        OutputError: if slicer is not installed.
    """
    data = node.GetImageData()
    if data is None or data.GetPointData().GetScalars() is None or data.GetNumberOfPoints() == 0:
        raise InputError("the volume is empty", where=node.GetName(), fix="Load its voxels first")
    if data.GetNumberOfScalarComponents() != 1:
        raise InputError(
            f"has {data.GetNumberOfScalarComponents()} values a voxel",
            where=node.GetName(),
            fix="Choose a scalar volume",
        )
    return Volume(numpy_voxels(data), volume_grid(node), node.GetName())


def vtk_scalars(array: np.ndarray) -> Any:
    """A vtk array that owns a copy of the voxels (z, y, x)."""
    load_vtk()
    from vtk.util.numpy_support import numpy_to_vtk

    return numpy_to_vtk(np.ascontiguousarray(array).ravel(), deep=True)


def numpy_voxels(data: Any) -> np.ndarray:
    """The voxels of a vtkImageData as an array (z, y, x) that shares its memory: copy it before `data` goes."""
    load_vtk()
    from vtk.util.numpy_support import vtk_to_numpy

    flat: np.ndarray = vtk_to_numpy(data.GetPointData().GetScalars())
    return flat.reshape(data.GetDimensions()[::-1])
