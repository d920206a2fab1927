"""A volume of a result in memory, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from StrokeSegLogic.grid import Grid


@dataclass(frozen=True)
class PlacedVolume:
    """Voxels and their place.

    Attributes:
        array: (z, y, x).
        grid: mm, LPS.
    """

    array: np.ndarray
    grid: Grid

    def on(self, grid: Grid | None) -> PlacedVolume:
        """The same voxels on a grid that differs by no more than a file's rounding, else as they are."""
        return PlacedVolume(self.array, grid) if grid is not None and grid.same(self.grid) else self


def read_placed(path: Path) -> PlacedVolume:
    """A volume that the worker wrote; touches no scene, so it may run on any thread.

    Raises:
        InputError: if the file is missing, cut short, or of another make.
    """
    from StrokeSegLogic.grid import Grid
    from StrokeSegLogic.worker.nrrd import read_nrrd

    volume = read_nrrd(path)
    z, y, x = volume.array.shape
    (a, b, c), (d, e, f) = volume.spacing, volume.origin
    return PlacedVolume(volume.array, Grid((x, y, z), (a, b, c), (d, e, f), volume.direction))
