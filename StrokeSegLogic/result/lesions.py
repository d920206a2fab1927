"""The connected parts of what was found, and where a reviewer should look, as points in space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


DOUBT_SHARE = 0.02
"""A slice is worth a look if it holds at least this part of the doubt of the worst."""


@dataclass(frozen=True)
class DoubtfulSlice:
    """A slice along the reference's slowest axis, and the middle of its doubt, mm, LPS."""

    index: int
    point_mm: tuple[float, float, float]


@dataclass(frozen=True)
class Places:
    """What to look at first.

    Attributes:
        slices: in descending doubt.
        lesions: in descending volume.
    """

    slices: tuple[DoubtfulSlice, ...]
    lesions: tuple[Lesion, ...]

    @classmethod
    def of(cls, doubts: Mapping[int, np.ndarray], lesions: Sequence[Lesion], grid: Grid) -> Places:
        """The places of a result.

        Args:
            doubts: how doubtful the pixels (y, x) of doubtful slices are, by the slice's index, the most doubtful
                first.
            lesions: in descending volume.
            grid: of the result.
        """
        slices = (DoubtfulSlice(k, _middle(doubt, k, grid)) for k, doubt in doubts.items())
        return cls(tuple(slices), tuple(lesions))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: a point for each."""
        return {
            "slices": [{"index": place.index, "point_lps_mm": list(place.point_mm)} for place in self.slices],
            "lesions": [
                {"volume_ml": lesion.volume_ml, "point_lps_mm": list(lesion.centre_mm)} for lesion in self.lesions
            ],
        }


def _middle(doubt: np.ndarray, k: int, grid: Grid) -> tuple[float, float, float]:
    rows, columns = np.indices(doubt.shape)
    total = float(doubt.sum())
    index = np.array([[float((columns * doubt).sum()) / total, float((rows * doubt).sum()) / total, float(k)]])
    x, y, z = grid.to_world(index)[0].tolist()
    return x, y, z
