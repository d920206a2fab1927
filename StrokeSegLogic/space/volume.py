"""A volume in memory: voxels, where they lie, and for a series when each frame was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from .grid import Grid


@dataclass(frozen=True)
class Volume:
    """Voxels and their place.

    Attributes:
        array: (z, y, x), or frames over time (t, z, y, x); of any real type.
        grid: of the volume, or of each frame; mm, LPS.
        name: for people.
        times_s: of the frames, as recorded.
    """

    array: np.ndarray | Frames
    grid: Grid
    name: str = ""
    times_s: tuple[float, ...] | None = None

    @classmethod
    def of(cls, image: sitk.Image, name: str = "") -> Volume:
        """A copy of an image's voxels.

        Raises:
            InputError: if the image is not 3-D with one number a voxel.
        """
        if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
            raise InputError("not a 3-D volume with one value a voxel", where=name or None)
        return cls(sitk.GetArrayFromImage(image), Grid.of(image), name)

    def image(self) -> sitk.Image:
        """A copy of a 3-D volume as an image."""
        return self.grid.image(storable(np.asarray(self.array)))

    def copied(self, most: int) -> Volume:
        """With an array of its own, if that takes no more bytes than these; else as it is."""
        if isinstance(self.array, Frames) or self.array.nbytes > most:
            return self
        return replace(self, array=self.array.copy())

    def on(self, grid: Grid | None) -> Volume:
        """The same voxels on a grid that differs by no more than a file's rounding, else as they are."""
        return replace(self, grid=grid) if grid is not None and grid.same(self.grid) else self


class Frames:
    """What `numpy.asarray` makes (t, z, y, x) of, where there is time for it: a series holds hundreds of megabytes.

    Args:
        frames: (z, y, x), of one shape; their memory is shared until then.
    """

    def __init__(self, frames: Sequence[np.ndarray]) -> None:
        self._frames = tuple(frames)
        self.shape = (len(self._frames), *self._frames[0].shape)
        self.dtype = self._frames[0].dtype

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.stack(self._frames, dtype=dtype, casting="unsafe")


def storable(array: np.ndarray) -> np.ndarray:
    """The array in a type that ITK, VTK, NRRD and Slicer all know: 64-bit integers, booleans and halves are cast to
    the nearest type that holds every value, and bytes stand in the machine's order."""
    if array.dtype == np.bool_:
        return array.astype(np.uint8)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        limits = np.iinfo(np.int32)
        fits = array.size == 0 or (int(array.min()) >= limits.min and int(array.max()) <= limits.max)
        return array.astype(np.int32 if fits else np.float64)
    return array.astype(array.dtype.newbyteorder("="), copy=False)
