"""Images to and from scalar volume nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..grid import Grid
from .geometry import set_volume_geometry, volume_grid
from .runtime import Scene, VolumeNode, load_vtk


def add_volume(scene: Scene, image: sitk.Image, name: str, *, label: bool = False) -> VolumeNode:
    """Adds an image to the scene, in place exactly.

    Args:
        scene: any MRML scene.
        image: 3-D, one component; mm, LPS. Voxel types that Slicer cannot save (64-bit integers) are cast to the
            nearest one that holds every value.
        name: the node's name.
        label: whether the voxels are labels, for a label map volume node.

    Returns:
        A vtkMRMLScalarVolumeNode (vtkMRMLLabelMapVolumeNode with `label`) with a display node.

    Raises:
        InputError: if the image is not 3-D with one number a voxel.
        OutputError: if slicer is not installed.
    """
    vtk = load_vtk()
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise InputError("not a 3-D volume with one value a voxel", where=name)
    data = vtk.vtkImageData()
    data.SetDimensions(image.GetSize())
    data.GetPointData().SetScalars(vtk_scalars(storable(sitk.GetArrayViewFromImage(image))))
    kind = "vtkMRMLLabelMapVolumeNode" if label else "vtkMRMLScalarVolumeNode"
    node = scene.AddNewNodeByClass(kind, name)
    set_volume_geometry(node, Grid.of(image))
    node.SetAndObserveImageData(data)
    node.CreateDefaultDisplayNodes()
    return node


def image_of(node: VolumeNode) -> sitk.Image:
    """A copy of a volume node's voxels, where the user sees them: parent transforms are applied, the node is not
    changed.

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
    return volume_grid(node).image(numpy_voxels(data))


def storable(array: np.ndarray) -> np.ndarray:
    """The array in a type that VTK, NRRD and Slicer all know: 64-bit integers, booleans and halves are cast."""
    if array.dtype == np.bool_:
        return array.astype(np.uint8)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    if array.dtype in (np.int64, np.uint64):
        limits = np.iinfo(np.int32)
        fits = array.size == 0 or (int(array.min()) >= limits.min and int(array.max()) <= limits.max)
        return array.astype(np.int32 if fits else np.float64)
    return array


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
