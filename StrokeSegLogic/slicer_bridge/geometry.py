"""Where voxels lie: vtk's and Slicer's RAS geometry to and from `Grid`, which is LPS."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.errors import InputError
from ..space.grid import Grid
from .runtime import load_vtk

_RAS_LPS = np.array([-1.0, -1.0, 1.0])
"""Turns RAS into LPS and back, without rounding."""
_SHEAR = 1e-3
"""Axes whose cosine is larger than this are not at right angles: a millimetre over a metre is header noise."""


def to_ras(position: tuple[float, float, float]) -> tuple[float, float, float]:
    """A position in RAS from one in LPS, mm."""
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
