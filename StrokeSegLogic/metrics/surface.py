"""Distances between the surfaces of two masks, in mm."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import binary_erosion

from ..space.grid import bounding_box, box_slices

SpacingMm = tuple[float, float, float]
"""Side lengths of a voxel in mm, in the order of the array's axes (z, y, x)."""


@dataclass(frozen=True)
class SurfaceDistances:
    """From every surface voxel of each mask to the nearest surface voxel of the other, centre to centre, in mm.

    A surface voxel has one of its six neighbours outside its mask; what lies beyond the volume is outside. All metrics
    are NaN where one of the masks is empty.

    Attributes:
        from_prediction: one distance for every surface voxel of the prediction.
        from_truth: one distance for every surface voxel of the truth.
    """

    from_prediction: np.ndarray
    from_truth: np.ndarray

    @property
    def defined(self) -> bool:
        return bool(self.from_prediction.size and self.from_truth.size)

    @property
    def hausdorff(self) -> float:
        """The larger of the two directed maxima."""
        return self.percentile(100.0)

    @property
    def hausdorff95(self) -> float:
        """The larger of the two directed 95th percentiles, as MONAI and DeepMind's surface-distance have it.

        Not the percentile of both sets pooled (MedPy's), which is smaller where the larger surface outvotes the other.
        """
        return self.percentile(95.0)

    @property
    def average_symmetric(self) -> float:
        """Mean over the distances of both surfaces pooled (ASSD; Heimann et al., IEEE TMI 2009, 28:1251-1265)."""
        if not self.defined:
            return nan
        return float(np.concatenate([self.from_prediction, self.from_truth]).mean())

    def percentile(self, q: float) -> float:
        """The larger of the two directed percentiles, interpolated linearly.

        Args:
            q: 0 to 100.
        """
        if not self.defined:
            return nan
        return float(max(np.percentile(self.from_prediction, q), np.percentile(self.from_truth, q)))


def surface_distances(prediction: np.ndarray, truth: np.ndarray, spacing_mm: SpacingMm) -> SurfaceDistances:
    """Measures the surfaces of two 3-D masks against each other.

    The exact Euclidean distance transform of Maurer et al. (IEEE PAMI 2003, 25:265-270), as in ITK, in single
    precision.

    Args:
        prediction: mask (z, y, x); every value but 0 is set.
        truth: mask of the same shape.
        spacing_mm: side lengths of a voxel (z, y, x).

    Raises:
        ValueError: if the shapes differ or are not 3-D, or a spacing is not a positive number.
    """
    if prediction.shape != truth.shape or prediction.ndim != 3:
        raise ValueError(f"masks of shapes {prediction.shape} and {truth.shape}")
    if len(spacing_mm) != 3 or not all(np.isfinite(s) and s > 0 for s in spacing_mm):
        raise ValueError(f"a voxel spacing of {spacing_mm} mm")
    p, t = prediction.astype(bool), truth.astype(bool)
    none = np.empty(0, np.float32)
    if not p.any() or not t.any():
        return SurfaceDistances(none, none)
    # Only the box around both masks matters: nothing outside it is on a surface.
    box = box_slices(*bounding_box(p | t))
    a, b = (mask[box] & ~binary_erosion(mask[box]) for mask in (p, t))
    return SurfaceDistances(_distance_to(b, spacing_mm)[a], _distance_to(a, spacing_mm)[b])


def _distance_to(surface: np.ndarray, spacing_mm: SpacingMm) -> np.ndarray:
    image = sitk.GetImageFromArray(surface.astype(np.uint8))
    image.SetSpacing(tuple(float(s) for s in reversed(spacing_mm)))
    transform = sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)
    # Inside the set the transform counts below zero; the distance to the set is zero there.
    return np.maximum(sitk.GetArrayFromImage(transform), 0.0)
