"""Label maps read for scoring: whole numbers on a grid, or an error that says what is there instead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..space.grid import Grid
from ..study.volumes.reader import read_volume

_MOST_LABELS = 64
"""More different values than this are an image, not a label map."""


@dataclass(frozen=True)
class Mask:
    """A label map.

    Attributes:
        path: its file.
        grid: where its voxels lie.
        labels: (z, y, x), uint16.
    """

    path: Path
    grid: Grid
    labels: np.ndarray

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Of the array's axes (z, y, x)."""
        x, y, z = self.grid.spacing
        return z, y, x

    @property
    def values(self) -> set[int]:
        """The labels that occur, without the background's 0."""
        return {int(value) for value in np.unique(self.labels)} - {0}


def read_mask(path: Path) -> Mask:
    """A label map from any single-file volume format.

    Raises:
        InputError: if it cannot be read, or its voxels are not whole numbers from 0 on, or too many different numbers.
    """
    image = read_volume(path)
    voxels = sitk.GetArrayFromImage(image)
    whole = np.rint(voxels)
    if not np.array_equal(whole, voxels):
        count = int(np.count_nonzero(whole != voxels))
        raise InputError(
            f"is no label map: {count} of its voxels are no whole numbers",
            where=path,
            fix="Give a mask; a probability must be cut at a threshold first",
        )
    if voxels.min() < 0 or voxels.max() > np.iinfo(np.uint16).max:
        raise InputError(
            f"is no label map: its voxels reach from {voxels.min() + 0.0:g} to {voxels.max() + 0.0:g}",
            where=path,
            fix="Give a mask whose labels are whole numbers from 0 on",
        )
    values = np.unique(voxels)
    if values.size > _MOST_LABELS:
        raise InputError(
            f"holds {values.size} different values, as an image does and a label map does not",
            where=path,
            fix="Give the mask, not the image",
        )
    return Mask(path, Grid.of(image), whole.astype(np.uint16))


def require_same_grid(first: Mask, second: Mask) -> None:
    """Refuses two masks that do not lie voxel on voxel; nothing is ever resampled for a comparison.

    Raises:
        InputError: with the first property in which they differ.
    """
    if first.grid.same(second.grid):
        return
    for name, digits in (("size", 0), ("spacing", 4), ("origin", 3), ("direction", 4)):
        a, b = (np.asarray(getattr(mask.grid, name), float) for mask in (first, second))
        if not np.allclose(a, b, rtol=0, atol=1e-9 if digits == 0 else 10.0**-digits):
            what = f"{name} {_listed(a, digits)} against {_listed(b, digits)}"
            break
    else:
        what = "positions differ by more than a ten-thousandth of a voxel"
    raise InputError(
        f"does not lie on the grid of {second.path} ({what})",
        where=first.path,
        fix="Resample one of them onto the other's grid first; masks are never resampled silently here",
    )


def _listed(values: np.ndarray, digits: int) -> str:
    return " x ".join(f"{value:.{digits}f}" for value in values)
