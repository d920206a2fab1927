"""Voxel grids in space: the reference grid, the working grid of the networks with its three planes, and the exact way
back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..base.settings import Plane

WORKING_ORIENTATION = "RPI"
"""The working grid's x, y, z grow to the patient's right, back and feet: as arrays (z, y, x), an axial slice
shows front above back, a coronal or sagittal slice head above feet, columns running from left to right."""

MIRRORED: tuple[Plane, ...] = ("axial", "coronal")
"""Planes whose columns run from left to right. The models have learned from heads mirrored so; no network has seen a
face where the back of the head is, which a mirrored sagittal slice would show."""

# The volume axis (z, y, x) along which a plane's slices are stacked.
_STACKED = {"axial": 0, "coronal": 1, "sagittal": 2}

_SAME = 1e-4
"""Two grids are the same when their corners lie closer than this part of a voxel."""
_MIN_OVERLAP = 0.05
"""Below this common part of the smaller of two volumes they are taken for different fields of view."""


@dataclass(frozen=True)
class Grid:
    """Size, spacing, origin and direction of a 3-D volume, as SimpleITK has them (x, y, z; mm; LPS)."""

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...]

    @classmethod
    def of(cls, image: sitk.Image) -> Grid:
        """The grid of an image; of a 4-D image (x, y, z, time) that of each frame."""
        if image.GetDimension() == 4:
            axes = np.reshape(image.GetDirection(), (4, 4))[:3, :3]
            size, spacing, origin = image.GetSize()[:3], image.GetSpacing()[:3], image.GetOrigin()[:3]
            return cls(size, spacing, origin, tuple(axes.ravel().tolist()))
        return cls(image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())

    @property
    def shape(self) -> tuple[int, int, int]:
        """The numpy shape (z, y, x)."""
        return self.size[2], self.size[1], self.size[0]

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(np.prod(self.spacing)) / 1000.0

    @property
    def words(self) -> str:
        """Size and spacing for a message: "256 x 256 x 20 voxels of 0.9 x 0.9 x 5 mm"."""
        return f"{' x '.join(map(str, self.size))} voxels of {' x '.join(f'{s:.4g}' for s in self.spacing)} mm"

    def image(self, array: np.ndarray) -> sitk.Image:
        """An image of this grid from an array (z, y, x)."""
        if array.shape != self.shape:
            raise ValueError(f"array of shape {array.shape} on a grid of shape {self.shape}")
        image = sitk.GetImageFromArray(array)
        self.lay(image)
        return image

    def lay(self, image: sitk.Image) -> None:
        """Puts a 3-D image's voxels on this grid, in place."""
        image.SetSpacing(self.spacing)
        image.SetOrigin(self.origin)
        image.SetDirection(self.direction)

    def corners(self) -> np.ndarray:
        """World positions (8, 3) of the outer corners of the corner voxels, mm, LPS."""
        axes = [(-0.5, n - 0.5) for n in self.size]
        index = np.array([(x, y, z) for x in axes[0] for y in axes[1] for z in axes[2]])
        return self.to_world(index)

    @property
    def matrix(self) -> np.ndarray:
        """The 3x3 matrix from index steps (x, y, z) to mm."""
        return np.asarray(self.direction).reshape(3, 3) * np.asarray(self.spacing)

    def to_world(self, index: np.ndarray) -> np.ndarray:
        """World positions (N, 3) of continuous indices (N, 3)."""
        return np.asarray(index) @ self.matrix.T + np.asarray(self.origin)

    def to_index(self, world: np.ndarray) -> np.ndarray:
        """Continuous indices (N, 3) of world positions (N, 3)."""
        return (np.asarray(world) - np.asarray(self.origin)) @ np.linalg.inv(self.matrix).T

    def same(self, other: Grid) -> bool:
        """Whether both grids have the same voxels at the same places, to a ten-thousandth of a voxel."""
        if self.size != other.size:
            return False
        gap = np.abs(self.corners() - other.corners()).max()
        return bool(gap <= _SAME * min(self.spacing + other.spacing))

    def crop(self, start: tuple[int, int, int], size: tuple[int, int, int]) -> Grid:
        """The part of this grid from index `start` (x, y, z) on.

        Raises:
            ValueError: if the part does not lie within the grid.
        """
        if any(s < 0 or n < 1 or s + n > m for s, n, m in zip(start, size, self.size, strict=True)):
            raise ValueError(f"a crop of size {size} at {start} leaves the grid of size {self.size}")
        origin = self.to_world(np.array([start], float))[0]
        return Grid(size, self.spacing, (float(origin[0]), float(origin[1]), float(origin[2])), self.direction)

    def about_centre(self, size: tuple[int, ...], spacing: tuple[float, ...]) -> Grid:
        """A grid of another size and spacing with the same centre and axes."""
        matrix = np.asarray(self.direction).reshape(3, 3)
        centre = self.to_world((np.asarray(self.size)[None] - 1) / 2)[0]
        origin = centre - matrix @ ((np.asarray(size) - 1) / 2 * np.asarray(spacing))
        return Grid(
            (int(size[0]), int(size[1]), int(size[2])),
            (float(spacing[0]), float(spacing[1]), float(spacing[2])),
            (float(origin[0]), float(origin[1]), float(origin[2])),
            self.direction,
        )

    def overlap(self, other: Grid) -> float:
        """Common part of the smaller of the two volumes, 0 to 1, sampled on a 12-cubed lattice."""
        return max(self._covered_by(other), other._covered_by(self))

    def _covered_by(self, other: Grid) -> float:
        unit = (np.arange(12) + 0.5) / 12
        lattice = np.stack(np.meshgrid(unit, unit, unit), -1).reshape(-1, 3) * self.size - 0.5
        index = other.to_index(self.to_world(lattice))
        inside = np.all((index >= -0.5) & (index <= np.asarray(other.size) - 0.5), axis=1)
        return float(inside.mean())


def reorient(image: sitk.Image) -> sitk.Image:
    """The same voxels with axes permuted and flipped so that they run nearest to the working orientation.

    Nothing is interpolated: `resample` with "nearest" onto the grid of `image` gives every voxel back.
    """
    return sitk.DICOMOrient(image, WORKING_ORIENTATION)


def working_grid(reference: Grid, spacing_mm: float) -> Grid:
    """The networks' grid: the reference's field of view and axes, in working orientation, with cubic voxels.

    It follows the reference's own axes (as they were acquired, oblique or not), so that the same volume stored
    LPS, RAS, LAS or permuted gives the same working grid.

    Args:
        reference: the grid that the result will lie on.
        spacing_mm: side of the cubic voxels.
    """
    # A labelled grid costs no memory worth naming as uint8 and lets ITK choose the permutation.
    oriented = Grid.of(reorient(reference.image(np.zeros(reference.shape, np.uint8))))
    extent = np.asarray(oriented.size) * np.asarray(oriented.spacing)
    # Snap before rounding up: 73 x 2.0000001 mm is 146 voxels of 1 mm, not 147.
    size = np.maximum(np.ceil(extent / spacing_mm - 1e-3), 1).astype(int)
    return oriented.about_centre(tuple(size), (spacing_mm,) * 3)


def to_stack(volume: np.ndarray, plane: Plane) -> np.ndarray:
    """The slices (N, H, W) of a volume (z, y, x) in working orientation, as a view.

    Rows and columns: axial front to back by left to right; coronal head to feet by left to right; sagittal head to
    feet by back to front (left and right are the patient's).
    """
    stack = np.moveaxis(volume, _STACKED[plane], 0)
    return stack[:, :, ::-1] if plane == "sagittal" else stack


def from_stack(stack: np.ndarray, plane: Plane) -> np.ndarray:
    """The volume (z, y, x) of slices (N, H, W): the inverse of `to_stack`, as a view."""
    if plane == "sagittal":
        stack = stack[:, :, ::-1]
    return np.moveaxis(stack, 0, _STACKED[plane])


def bounding_box(
    mask: np.ndarray, margin: int | Sequence[int] = 0
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Start and size (x, y, z) of the smallest box around a mask (z, y, x), widened by a margin within the volume.

    Args:
        mask: not empty.
        margin: voxels, alike on all sides or along x, y and z.

    Raises:
        ValueError: if the mask is empty.
    """
    if not mask.any():
        raise ValueError("no voxel is set")
    margins = (margin,) * 3 if isinstance(margin, int) else tuple(margin)
    starts, sizes = [], []
    for axis, wide in zip((2, 1, 0), margins, strict=True):
        used = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        first, last = max(int(used[0]) - wide, 0), min(int(used[-1]) + wide, mask.shape[axis] - 1)
        starts.append(first)
        sizes.append(last - first + 1)
    return (starts[0], starts[1], starts[2]), (sizes[0], sizes[1], sizes[2])


def box_slices(start: tuple[int, int, int], size: tuple[int, int, int]) -> tuple[slice, slice, slice]:
    """The slices that cut a box, given as start and size (x, y, z), out of an array (z, y, x)."""
    x, y, z = (slice(s, s + n) for s, n in zip(start, size, strict=True))
    return z, y, x


def require_overlap(image: sitk.Image, name: str, reference: Grid, reference_name: str) -> None:
    """Refuses a volume that does not share its field of view with the reference.

    Raises:
        InputError: if less than 5 % of the smaller volume is common to both.
    """
    if Grid.of(image).overlap(reference) < _MIN_OVERLAP:
        raise InputError(
            f"does not overlap in space with the reference {reference_name}",
            where=name,
            fix="Check that both volumes are of one patient and one session, and that neither header was edited",
        )


_TOUCHING_MM = 15.0
"""Two slabs of one scan lie at most this far apart along the slices."""


def have_same_slices(first: Grid, other: Grid) -> bool:
    """Whether slices of two grids have the same pixels, distance and orientation, wherever they lie."""
    if first.size[:2] != other.size[:2]:
        return False
    spaced = np.allclose(first.spacing, other.spacing, rtol=1e-3)
    return spaced and np.allclose(first.direction, other.direction, atol=1e-3)


def are_two_slabs(first: Grid, other: Grid) -> bool:
    """Whether two grids lie one above the other, with the same slices beside that: two slabs of one scan."""
    if not have_same_slices(first, other):
        return False
    normal = np.asarray(first.direction).reshape(3, 3)[:, 2]
    low, high = sorted(
        (float(corners.min()), float(corners.max())) for corners in (first.corners() @ normal, other.corners() @ normal)
    )
    gap = high[0] - low[1]
    shift = first.to_world(np.zeros((1, 3)))[0] - other.to_world(np.zeros((1, 3)))[0]
    sideways = float(np.linalg.norm(shift - normal * (normal @ shift)))
    return -0.5 * first.spacing[2] <= gap <= _TOUCHING_MM and sideways < 0.5 * min(first.spacing[:2])
