"""Volumes to and from scalar volume nodes: where they lie (mm; LPS here, RAS in a scene) and how they are shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..result.looks import PaletteName, colours
from ..result.outcome import Display
from ..space.grid import Grid
from ..space.volume import Volume, storable
from .colour_bars import show_bar
from .runtime import Scene, VolumeNode, load_vtk

_RAS_LPS = np.array([-1.0, -1.0, 1.0])
"""Turns RAS into LPS and back, without rounding."""
_SHEAR = 1e-3
"""Axes whose cosine is larger than this are not at right angles: a millimetre over a metre is header noise."""
_PROBABILITY_COLOURS = "vtkMRMLColorTableNodeIron"
"""One of the tables that every Slicer has, by its fixed ID: black, red, yellow, white."""
_AGREEMENT_COLOURS = {
    "no plane": (0.0, 0.0, 0.0),
    "one plane": (0.27, 0.46, 0.71),
    "two planes": (0.99, 0.68, 0.38),
    "three planes": (0.84, 0.10, 0.11),
}
_ABOVE_NOTHING = 1e-6
"""Maps are 0 outside the brain."""


def to_ras(position: tuple[float, float, float]) -> tuple[float, float, float]:
    """A position from LPS to RAS, mm."""
    return -position[0], -position[1], position[2]


def set_volume_geometry(node: Any, grid: Grid) -> None:
    """Lays a volume node's voxels on a grid, bit for bit."""
    node.SetSpacing(grid.spacing)
    node.SetOrigin(to_ras(grid.origin))
    node.SetIJKToRASDirectionMatrix(_ras_directions(grid))


def set_oriented_geometry(image: Any, grid: Grid) -> None:
    """Lays a vtkOrientedImageData's voxels on a grid, bit for bit."""
    image.SetSpacing(grid.spacing)
    image.SetOrigin(to_ras(grid.origin))
    image.SetDirectionMatrix(_ras_directions(grid))


def volume_grid(node: Any) -> Grid:
    """The grid of a volume node in world space: with its parent transforms, as the user sees it.

    Raises:
        InputError: if a parent transform is not linear, or the axes are not at right angles.
    """
    vtk = load_vtk()
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASDirectionMatrix(matrix)
    image = node.GetImageData()
    return _grid(node.GetSpacing(), node.GetOrigin(), matrix, image.GetExtent(), node)


def oriented_grid(image: Any, node: Any) -> Grid:
    """The grid in world space of a segment's labelmap (vtkOrientedImageData) that belongs to the node.

    Raises:
        InputError: if a parent transform of the node is not linear, or makes the axes oblique to one another.
    """
    vtk = load_vtk()
    matrix = vtk.vtkMatrix4x4()
    image.GetDirectionMatrix(matrix)
    return _grid(image.GetSpacing(), image.GetOrigin(), matrix, image.GetExtent(), node)


def _ras_directions(grid: Grid) -> Any:
    matrix = load_vtk().vtkMatrix4x4()
    directions = _RAS_LPS[:, None] * np.asarray(grid.direction).reshape(3, 3)
    for row in range(3):
        for column in range(3):
            matrix.SetElement(row, column, float(directions[row, column]))
    return matrix


def _array(matrix: Any) -> np.ndarray:
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def _grid(spacing: Any, origin: Any, directions: Any, extent: tuple[int, ...], node: Any) -> Grid:
    spacing, origin = np.asarray(spacing, float), np.asarray(origin, float)
    axes = _array(directions)[:3, :3]
    first = np.asarray(extent[::2], float)
    if first.any():  # a labelmap's extent can start anywhere; adding zero would cost the sign of -0.0
        origin = origin + axes @ (spacing * first)
    to_world = _to_world(node)
    if to_world is not None:
        origin = to_world[:3, :3] @ origin + to_world[:3, 3]
        steps = to_world[:3, :3] @ (axes * spacing)
        spacing = np.linalg.norm(steps, axis=0)
        axes = steps / np.where(spacing > 0, spacing, 1)
    if not (spacing > 0).all() or np.abs(axes.T @ axes - np.eye(3)).max() > _SHEAR:
        raise InputError(
            "the voxel axes are not at right angles or have no length",
            where=node.GetName(),
            fix="Resample the volume in Slicer's module Resample Scalar/Vector/DWI Volume first",
        )
    size = tuple(int(n) for n in np.subtract(extent[1::2], extent[::2]) + 1)
    return Grid(
        (size[0], size[1], size[2]),
        (float(spacing[0]), float(spacing[1]), float(spacing[2])),
        to_ras((float(origin[0]), float(origin[1]), float(origin[2]))),
        tuple(float(value) for value in (_RAS_LPS[:, None] * axes).ravel()),
    )


def _to_world(node: Any) -> np.ndarray | None:
    """The 4x4 matrix, RAS mm, of all transforms above a node; None where there are none."""
    transform = node.GetParentTransformNode()
    if transform is None:
        return None
    if not transform.IsTransformToWorldLinear():
        raise InputError(
            f"lies under the non-linear transform {transform.GetName()}",
            where=node.GetName(),
            fix="Harden the transform, or take the volume out of it",
        )
    matrix = load_vtk().vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return _array(matrix)


def add_volume(scene: Scene, image: sitk.Image | Volume, name: str, display: Display | None = None) -> VolumeNode:
    """Adds a volume to the scene, in place exactly.

    Args:
        scene: any MRML scene.
        image: 3-D, one component; mm, LPS. Voxel types that Slicer cannot save (64-bit integers) are cast to the
            nearest type that holds every value.
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
        if display.unit:
            made = ", computed from the 4-D series" if display.computed else ""
            node.SetDescription(f"In {display.unit}{made}")
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


def show_layer(scene: Scene, node: VolumeNode, display: Display, highest: float) -> None:
    """Shows a volume node, which has a display node, in these colours and over these values.

    Probability below 5 %, and values of 0 or less of all that is coloured, are see-through. A map in colours has a bar
    that says what they mean.

    Args:
        scene: that the node is in.
        node: a vtkMRMLScalarVolumeNode.
        display: how.
        highest: of the node's values.
    """
    shown = node.GetDisplayNode()
    if display.window is not None:
        shown.AutoWindowLevelOff()
        shown.SetWindowLevelMinMax(*display.window)
        highest = max(highest, display.window[1])
    if display.look == "grey":
        return
    if display.look == "heat":
        shown.SetAndObserveColorNodeID(_PROBABILITY_COLOURS)
        _show_from(shown, 0.05, highest)
    elif display.look == "counts":
        shown.SetAndObserveColorNodeID(_agreement_colours(scene).GetID())
        shown.SetInterpolate(False)
        _show_from(shown, 1.0, highest)
    else:
        shown.SetAndObserveColorNodeID(_colours(scene, display.look).GetID())
        _show_from(shown, _ABOVE_NOTHING, highest)
        show_bar(node, display.unit or node.GetName())


def _show_from(display: Any, lowest: float, highest: float) -> None:
    display.SetAutoThreshold(False)
    display.SetThreshold(lowest, highest)
    display.ApplyThresholdOn()


def _agreement_colours(scene: Scene) -> Any:
    """One colour for each number of planes."""
    name = "StrokeSeg agreement"
    known = scene.GetFirstNodeByName(name)
    if known is not None:
        return known
    table = _table(scene, name, len(_AGREEMENT_COLOURS))
    for index, (name, rgb) in enumerate(_AGREEMENT_COLOURS.items()):
        table.SetColor(index, name, *rgb)
    return table


def _colours(scene: Scene, palette: PaletteName) -> Any:
    """A palette as a table of the scene, added once: Slicer ships its like as files, which a bare scene lacks."""
    name = f"StrokeSeg {palette}"
    known = scene.GetFirstNodeByName(name)
    if known is not None:
        return known
    table = _table(scene, name, 256)
    for index, rgb in enumerate(colours(palette, np.linspace(0, 1, 256)) / 255):
        table.SetColor(index, f"{index}", *(float(part) for part in rgb))
    return table


def _table(scene: Scene, name: str, size: int) -> Any:
    table = scene.AddNewNodeByClass("vtkMRMLColorTableNode", name)
    table.SetTypeToUser()
    table.SetAttribute("Category", "StrokeSeg")
    table.SetHideFromEditors(False)  # hidden tables are saved in a folder apart
    table.SetNumberOfColors(size)
    return table
