"""The connected parts of what was found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..space.grid import Grid


@dataclass(frozen=True)
class Lesion:
    """One connected component (26 neighbours).

    Attributes:
        volume_ml: its volume.
        centre_mm: its centre of mass, LPS.
        probability: mean probability of its voxels.
    """

    volume_ml: float
    centre_mm: tuple[float, float, float]
    probability: float


def lesions(lesion: np.ndarray, probability: np.ndarray, grid: Grid) -> tuple[Lesion, ...]:
    """The connected components (26 neighbours) of a lesion mask, largest first.

    Args:
        lesion: bool (z, y, x).
        probability: (z, y, x).
        grid: of both.
    """
    parts = sitk.ConnectedComponent(grid.image(lesion.astype(np.uint8)), True)
    shape = sitk.LabelIntensityStatisticsImageFilter()
    shape.Execute(parts, grid.image(probability.astype(np.float32)))
    found = [
        Lesion(
            volume_ml=shape.GetNumberOfPixels(label) * grid.voxel_ml,
            centre_mm=shape.GetCentroid(label),
            probability=shape.GetMean(label),
        )
        for label in shape.GetLabels()
    ]
    return tuple(sorted(found, key=lambda part: -part.volume_ml))
