"""Frames gathered one by one into a 4-D image, with no more than one copy of the series beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ...space.grid import Grid


@dataclass(frozen=True)
class TimeSeries:
    """A 4-D series as it was recorded.

    Attributes:
        image: 4-D (x, y, z, time), int16 or float32; its first three axes in mm, LPS.
        times_s: of the frames as recorded, seconds; neither sorted nor judged.
        notes: what is doubtful about them.
    """

    image: sitk.Image
    times_s: tuple[float, ...]
    notes: tuple[str, ...] = ()


class FrameStack:
    """Takes frames in order and keeps whole numbers within 16 bits as int16; all becomes float32 with the first
    frame that does not fit."""

    def __init__(self, shape: tuple[int, int, int, int]) -> None:
        self._voxels: np.ndarray = np.empty(shape, np.int16)
        self._next = 0

    def add(self, frame: np.ndarray) -> None:
        """One frame (z, y, x) of any real type."""
        limits = np.iinfo(np.int16)
        if self._voxels.dtype == np.int16 and frame.dtype != np.int16:
            # NaN fails both comparisons.
            fits = frame.size == 0 or (frame.min() >= limits.min and frame.max() <= limits.max)
            whole = np.issubdtype(frame.dtype, np.integer) or (fits and bool((frame == np.round(frame)).all()))
            if not (fits and whole):
                self._voxels = self._voxels.astype(np.float32)
        self._voxels[self._next] = frame
        self._next += 1

    def image(self, grid: Grid) -> sitk.Image:
        """The 4-D image; the stack gives its own memory up.

        Raises:
            ValueError: if frames are missing.
        """
        if self._next != len(self._voxels):
            raise ValueError(f"{self._next} of {len(self._voxels)} frames were added")
        voxels, self._voxels = self._voxels, np.empty((0, 0, 0, 0), np.int16)
        return series_image(voxels, grid)


def series_image(voxels: np.ndarray, grid: Grid) -> sitk.Image:
    """A 4-D image of frames (t, z, y, x), each on the grid; the time axis has origin 0 and step 1."""
    image = sitk.GetImageFromArray(voxels, isVector=False)
    direction = np.eye(4)
    direction[:3, :3] = np.reshape(grid.direction, (3, 3))
    image.SetSpacing((*grid.spacing, 1.0))
    image.SetOrigin((*grid.origin, 0.0))
    image.SetDirection(direction.ravel().tolist())
    return image
