"""Scalar fields on a coarse lattice in MNI space, sampled anywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ...space.smoothing import discrete_gaussian

STEP_MM = 2.0
_FACTOR = 2
"""Voxels of the source, 1 mm, along each side of a lattice cell."""


@dataclass(frozen=True)
class Lattice:
    """Values (z, y, x) float32 at steps of `STEP_MM` along x, y, z (LPS) from `origin`."""

    values: np.ndarray
    origin: tuple[float, float, float]

    def at(self, points: np.ndarray) -> np.ndarray:
        """Values (N,) at positions (N, 3), mm LPS: linear in between, the border's beyond it."""
        last = np.array(self.values.shape[::-1]) - 1
        place = np.clip((points - np.asarray(self.origin, np.float32)) / np.float32(STEP_MM), 0, last)
        low = np.minimum(place.astype(np.int64), np.maximum(last - 1, 0))
        x, y, z = (place - low).astype(np.float32).T
        _, rows, columns = self.values.shape
        flat, first = self.values.ravel(), (low[:, 2] * rows + low[:, 1]) * columns + low[:, 0]
        along_x, along_y, along_z = ((last > 0) * np.array([1, columns, rows * columns])).tolist()
        found = np.zeros(len(points), np.float32)
        for i, j, k in np.ndindex(2, 2, 2):
            weight = (x if i else 1 - x) * (y if j else 1 - y) * (z if k else 1 - z)
            found += weight * flat[first + (i * along_x + j * along_y + k * along_z)]
        return found


def fractions(mask: sitk.Image) -> Lattice:
    """The part of each lattice cell that a mask with 1 mm voxels fills, of a mask in any orientation."""
    upright = sitk.DICOMOrient(mask, "LPS")
    filled = sitk.GetArrayFromImage(upright) > 0
    padded = np.pad(filled, [(0, -size % _FACTOR) for size in filled.shape])
    z, y, x = (size // _FACTOR for size in padded.shape)
    cells = padded.reshape(z, _FACTOR, y, _FACTOR, x, _FACTOR).mean(axis=(1, 3, 5), dtype=np.float32)
    return Lattice(cells, _first_cell(upright))


def nearest(labels: sitk.Image) -> Lattice:
    """Labels at every second voxel of an image with 1 mm voxels; values stay labels, so `at` has no meaning here."""
    upright = sitk.DICOMOrient(labels, "LPS")
    values = sitk.GetArrayFromImage(upright)[::_FACTOR, ::_FACTOR, ::_FACTOR]
    return Lattice(values.astype(np.float32), upright.GetOrigin())


def depth(inside: np.ndarray) -> np.ndarray:
    """Distance to the edge of a mask on a lattice, about mm, positive inside; -1000 everywhere for an empty mask.

    ITK's distance is exact to the voxels of the edge, which it counts more generously on the inside: a lesion's middle
    comes out up to a quarter less deep.
    """
    if not inside.any():
        return np.full(inside.shape, -1000, np.float32)
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing((STEP_MM,) * 3)
    return sitk.GetArrayFromImage(
        sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    ).astype(np.float32)


def smooth(values: np.ndarray, cells: float) -> np.ndarray:
    """Gaussian smoothing, sigma in cells."""
    return discrete_gaussian(values.astype(np.float32), (cells**2,) * 3, widest=33)


def _first_cell(image: sitk.Image) -> tuple[float, float, float]:
    middle = (_FACTOR - 1) / 2
    x, y, z = image.TransformContinuousIndexToPhysicalPoint((middle,) * 3)
    return float(x), float(y), float(z)
