"""One check for every volume's geometry, whatever format it came in."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...space.grid import Grid

MAX_SHEAR = 1e-3
"""Largest cosine between two voxel axes that still counts as a right angle."""
_ROUNDING = 1e-5
"""Up to this cosine axes are left as they are: no reader or writer minds, and positions stay exact."""
_PLAUSIBLE_MM = (2.0, 1000.0)
"""Longest side of a field of view; beyond these a header in other units is far more likely than such a scan. Extended
fields of view of CT reach 820 mm, head and neck together 600."""
_FARTHEST_MM = 1e6
"""Of a first voxel from the scanner's middle. Far beyond it, sums with steps of a millimetre lose the steps, and
filters that walk along them never end."""
_NOTHING = 1e-60
_MOST_LITRES = 150.0
"""820 x 820 x 220 mm."""
_LONGEST_VOXEL_MM = 30.0


def place(
    image: sitk.Image, matrix: np.ndarray, origin: np.ndarray, where: str, spacing: np.ndarray | None = None
) -> None:
    """Sets the geometry of a 3-D image in place, by `placed`.

    Raises:
        InputError: if the geometry is undefined, singular or sheared.
    """
    placed(image.GetSize(), matrix, origin, where, spacing).lay(image)


def placed(
    size: tuple[int, int, int],
    matrix: np.ndarray,
    origin: np.ndarray,
    where: str,
    spacing: np.ndarray | None = None,
) -> Grid:
    """The grid of voxels with such steps.

    Axes that miss a right angle by little are straightened about the volume's centre: ITK's NIfTI
    writer and reader would do so too, but about the first voxel and with a warning on the terminal.

    Args:
        size: x, y, z.
        matrix: 3x3, from index steps (x, y, z) to mm, LPS; any handedness.
        origin: centre of the first voxel, mm, LPS.
        where: file or series, for the message.
        spacing: the lengths of the matrix' columns where they are known free of rounding (1.8, not 1.7999999).

    Raises:
        InputError: if the geometry is undefined, singular or sheared.
    """
    lengths, axes = _axes(matrix, where)
    # ITK stumbles over components whose squares are no numbers any more, and says so on the terminal.
    axes = np.where(np.abs(axes) < _NOTHING, 0.0, axes)
    spacing = lengths if spacing is None else spacing
    require_near(origin, where)
    if require_right_angles(matrix, where) > _ROUNDING:
        u, _, vt = np.linalg.svd(axes)
        straight = u @ vt
        middle = (np.asarray(size) - 1) / 2 * spacing
        origin = origin + (axes - straight) @ middle
        axes = straight
    x, y, z = (float(step) for step in spacing)
    first = [float(value) for value in np.asarray(origin, float)]
    return Grid(size, (x, y, z), (first[0], first[1], first[2]), tuple(axes.ravel().tolist()))


def require_near(origin: np.ndarray, where: str) -> None:
    """Refuses a volume whose place no scanner has.

    Raises:
        InputError: if its first voxel's position is NaN, infinite, or kilometres from the scanner's middle.
    """
    if not np.isfinite(origin).all():
        raise InputError(
            "the position of the volume is undefined (NaN or infinite)",
            where=where,
            fix="Convert the volume again from the original DICOM",
        )
    if np.abs(origin).max() > _FARTHEST_MM:
        raise InputError(
            f"the volume lies {float(np.abs(origin).max()) / 1e6:.3g} km from the scanner's middle",
            where=where,
            fix="Correct the header, or convert the volume again from the original DICOM",
        )


def require_right_angles(matrix: np.ndarray, where: str) -> float:
    """The largest cosine between two voxel axes.

    Raises:
        InputError: if the matrix is undefined or singular, or the cosine above 0.001.
    """
    _, axes = _axes(matrix, where)
    cosines = np.abs(axes.T @ axes - np.eye(3))
    off_axis = float(cosines.max())
    if off_axis > MAX_SHEAR and cosines[0, 1] <= MAX_SHEAR:
        raise tilted(matrix, where)
    if off_axis > MAX_SHEAR:
        raise InputError(
            f"the voxel axes are sheared (cosine {off_axis:.3g} where 0 is a right angle)",
            where=where,
            fix="Resample it first onto a grid with right angles, for instance in Slicer with Resample Image",
        )
    return off_axis


def tilted(matrix: np.ndarray, where: str) -> InputError:
    """The error for slices that are stacked askew, as CT with a tilted gantry stores them, with the angle.

    Args:
        matrix: 3x3, from index steps (x, y, z) to mm.
        where: file or series, for the message.
    """
    return InputError(
        f"the slices are stacked askew by {tilt_degrees(matrix):.1f} degrees (sheared voxel axes, as a tilted gantry "
        "gives)",
        where=where,
        fix="Resample it onto a grid with right angles first, for instance with dcm2niix or in Slicer with its option "
        "to regularise acquisition transforms",
    )


def tilt_degrees(matrix: np.ndarray) -> float:
    """The angle between the step from slice to slice and the slices' normal."""
    normal = np.cross(matrix[:, 0], matrix[:, 1])
    across = matrix[:, 2]
    cosine = abs(float(normal @ across)) / float(np.linalg.norm(normal) * np.linalg.norm(across))
    return float(np.degrees(np.arccos(min(cosine, 1.0))))


def straighten(image: sitk.Image, where: str) -> None:
    """Checks an image's own geometry and puts its axes at right angles in place, by `place`.

    Raises:
        InputError: if the geometry is singular or sheared.
    """
    grid = Grid.of(image)
    place(image, grid.matrix, np.asarray(grid.origin), where, np.asarray(grid.spacing))


def _axes(matrix: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(over="ignore"):
        spacing = np.linalg.norm(matrix, axis=0)
    # Squares of numbers above 1e154 are infinite.
    if not np.isfinite(spacing).all():
        raise InputError(
            "the affine holds NaN or infinite numbers",
            where=where,
            fix="Convert the volume again from the original DICOM",
        )
    if (spacing < 1e-9).any() or abs(np.linalg.det(matrix / spacing)) < 1e-6:
        raise InputError(
            "the affine is singular: two voxels would lie in one place",
            where=where,
            fix="Convert the volume again from the original DICOM",
        )
    return spacing, matrix / spacing


def require_spacing(spacing: list[float], where: str) -> None:
    """Refuses a header whose voxel sizes are not positive numbers.

    Raises:
        InputError: if one of them is zero, negative, NaN or infinite.
    """
    if not all(np.isfinite(s) and s > 0 for s in spacing):
        raise InputError(
            f"the voxel spacing is {' x '.join(f'{s:g}' for s in spacing)} mm",
            where=where,
            fix="Correct the header, or convert the volume again from the original DICOM",
        )


def require_plausible_extent(size: tuple[int, ...], spacing: tuple[float, ...], where: str) -> None:
    """Refuses a field of view that no scan of a head has: the sign of wrong length units.

    The networks' grid has voxels of a fixed size: without this check a few bytes of header would make it huge.

    Raises:
        InputError: if the longest side is below 2 mm or above 1 m, the field of view larger than 150 litres, or a
            voxel longer than 30 mm.
    """
    sides = [n * s for n, s in zip(size, spacing, strict=True)]
    low, high = _PLAUSIBLE_MM
    if not low <= max(sides) <= high or float(np.prod(sides)) > _MOST_LITRES * 1e6 or max(spacing) > _LONGEST_VOXEL_MM:
        raise InputError(
            f"the field of view would be {' x '.join(f'{side:.4g}' for side in sides)} mm, of voxels of "
            f"{' x '.join(f'{step:.4g}' for step in spacing)} mm",
            where=where,
            fix="The header's length unit is probably wrong: it has to be mm, and a head is at most 600 mm long",
        )
