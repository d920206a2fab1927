from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import vtk
from hypothesis import given, settings

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.slicer_bridge.runtime import headless_scene
from StrokeSegLogic.slicer_bridge.volumes import add_volume, read_volume
from StrokeSegLogic.space.grid import Grid

from .slicer_grids import AXIAL, grids


def _transform(scene: Any, matrix: np.ndarray) -> Any:
    elements = vtk.vtkMatrix4x4()
    elements.DeepCopy(matrix.ravel().tolist())
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetMatrixTransformToParent(elements)
    return node


def _noise(grid: Grid = AXIAL) -> sitk.Image:
    return grid.image(np.random.default_rng(0).normal(size=grid.shape).astype(np.float32))


@settings(max_examples=20, deadline=None)
@given(grids())
def test_a_volume_comes_back_bit_for_bit_and_lies_where_it_lay(grid: Grid):
    image = _noise(grid)
    with headless_scene() as scene:
        node = add_volume(scene, image, "volume")
        back = read_volume(node).image()
        matrix = vtk.vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        last = [n - 1 for n in grid.size]
        x, y, z, _ = matrix.MultiplyPoint([*map(float, last), 1.0])
    assert Grid.of(back) == grid
    assert np.array_equal(sitk.GetArrayFromImage(back), sitk.GetArrayFromImage(image))
    assert np.allclose((-x, -y, z), image.TransformIndexToPhysicalPoint(last), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("given_type", "kept_type"),
    [(t, t) for t in (np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64)]
    + [(np.int64, np.int32), (np.uint64, np.int32)],
)
def test_voxel_types_that_slicer_cannot_save_are_cast(scene: Any, given_type: type, kept_type: type):
    image = sitk.GetImageFromArray(np.arange(60, dtype=given_type).reshape(3, 4, 5))
    array = np.asarray(read_volume(add_volume(scene, image, "volume")).array)
    assert array.dtype == kept_type
    assert np.array_equal(array.ravel(), np.arange(60))


def test_large_64_bit_integers_keep_their_values(scene: Any):
    image = sitk.GetImageFromArray(np.array([[[-(2**40), 0, 2**40]]], np.int64))
    array = np.asarray(read_volume(add_volume(scene, image, "volume")).array)
    assert array.ravel().tolist() == [-(2**40), 0, 2**40]


def test_what_is_read_shares_the_nodes_memory_unless_it_is_copied(scene: Any):
    node = add_volume(scene, _noise(), "volume")
    shared = read_volume(node)
    own = shared.copied(most=shared.array.nbytes)
    assert shared.copied(most=shared.array.nbytes - 1) is shared
    slicer.util.arrayFromVolume(node)[0, 0, 0] = 1000.0
    assert shared.array.max() == 1000.0 and own.array.max() < 1000.0


def test_nested_linear_transforms_are_applied_and_the_nodes_stay_as_they_are(scene: Any):
    image = _noise()
    node = add_volume(scene, image, "volume")
    turn, shift = np.eye(4), np.eye(4)
    turn[:2, :2] = [[0.0, -1.0], [1.0, 0.0]]
    shift[:3, 3] = [5.0, -6.0, 7.0]
    inner, outer = _transform(scene, turn), _transform(scene, shift)
    node.SetAndObserveTransformNodeID(inner.GetID())
    inner.SetAndObserveTransformNodeID(outer.GetID())
    before = (scene.GetNumberOfNodes(), node.GetOrigin(), node.GetTransformNodeID())
    changes = []
    for watched in (node, inner, outer, node.GetImageData()):
        watched.AddObserver("ModifiedEvent", lambda *_: changes.append(True))

    moved = read_volume(node).image()

    assert not changes
    assert (scene.GetNumberOfNodes(), node.GetOrigin(), node.GetTransformNodeID()) == before
    index = (1, 2, 3)
    x, y, z = image.TransformIndexToPhysicalPoint(index)
    ras = shift @ turn @ np.array([-x, -y, z, 1.0])
    assert np.allclose(moved.TransformIndexToPhysicalPoint(index), (-ras[0], -ras[1], ras[2]))
    assert np.array_equal(sitk.GetArrayFromImage(moved), sitk.GetArrayFromImage(image))


def test_a_sheared_volume_is_refused(scene: Any):
    node = add_volume(scene, _noise(), "volume")
    shear = np.eye(4)
    shear[0, 1] = 0.1
    node.SetAndObserveTransformNodeID(_transform(scene, shear).GetID())
    with pytest.raises(InputError, match="volume: the voxel axes are not at right angles"):
        read_volume(node)


def test_a_warped_volume_is_refused(scene: Any):
    node = add_volume(scene, _noise(), "volume")
    warp = scene.AddNewNodeByClass("vtkMRMLTransformNode", "Warp")
    spline = vtk.vtkThinPlateSplineTransform()
    warp.SetAndObserveTransformToParent(spline)
    node.SetAndObserveTransformNodeID(warp.GetID())
    with pytest.raises(InputError, match="non-linear transform Warp"):
        read_volume(node)


def test_a_node_without_voxels_is_refused(scene: Any):
    with pytest.raises(InputError, match="is empty"):
        read_volume(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Nothing"))


def test_more_than_one_value_a_voxel_is_refused(scene: Any):
    with pytest.raises(InputError, match="one value a voxel"):
        add_volume(scene, sitk.Image(3, 3, 3, sitk.sitkVectorFloat32), "colours")
    with pytest.raises(InputError, match="one value a voxel"):
        add_volume(scene, sitk.Image(3, 3, sitk.sitkFloat32), "picture")
    node = scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "Colours")
    data = vtk.vtkImageData()
    data.SetDimensions(3, 3, 3)
    data.AllocateScalars(vtk.VTK_FLOAT, 3)
    node.SetAndObserveImageData(data)
    with pytest.raises(InputError, match="3 values a voxel"):
        read_volume(node)
