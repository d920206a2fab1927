"""What echo-planar imaging and a coil make of a slice, 2-D arrays (H, W) float32."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ...base.settings import Plane
from .slab import Slab, rough

_PHASE_AXIS: dict[Plane, int | None] = {"axial": 0, "coronal": None, "sagittal": 1}
"""Along which axis of a slice phase is encoded (front to back); on coronal slices it is across them."""


class Distortion:
    """Air in the sinuses and ears moves signal along the phase axis, piles it up and pulls it apart.

    The shift is some mm where air is near (Jezzard and Balaban, Magn Reson Med 1995, 34:65); images of one acquisition,
    b0, DWI and so ADC, share it.
    """

    def __init__(self, slab: Slab, random: np.random.Generator) -> None:
        self._axis = _PHASE_AXIS[slab.plane]
        air = np.maximum(slab.air, _cells(slab, random))
        strength = random.choice((-1, 1)) * random.uniform(0, 9.0)
        uneven = 1 + 0.5 * rough(air.shape, 25.0, random)
        bent = ndimage.gaussian_filter(air * uneven, 2.0)
        # A patient moves between sequences: the whole image by a mm.
        self._shift = np.clip(strength * bent, -12, 12) + np.float32(random.normal(0, 0.5))
        self._loss = np.exp(-random.uniform(0, 2.0) * np.maximum(air - 0.4, 0))
        # What comes from neighbouring slices, and coils of which some see the base better.
        self._pile = np.exp(random.uniform(0.0, 1.3) * np.minimum(bent, 1.2)).clip(0.3, 4.0)

    def __call__(self, image: np.ndarray, *, signal: bool = True) -> np.ndarray:
        """The image as measured; of a mask (`signal` False) moved alone."""
        if self._axis is None:
            return image * self._pile**1.5 * self._loss if signal else image
        moved = _taken(image, self._shift, self._axis)
        if not signal:
            return moved
        stretched = 1 + np.gradient(self._shift, axis=self._axis)
        return moved * np.clip(stretched, 0.2, 3.5) * self._pile * self._loss


def _cells(slab: Slab, random: np.random.Generator) -> np.ndarray:
    """Air that label maps do not show, above all in the petrous bones: patches along the brain's lower surface."""
    base = np.clip((slab.below_mm - 5) / 20, 0, 1) * np.exp(-np.abs(slab.depth_mm + 1) / random.uniform(3, 7))
    patches = np.clip(rough(base.shape, 25.0, random) - random.uniform(0.2, 2.0), 0, 1)
    return base * patches


def _taken(image: np.ndarray, shift: np.ndarray, axis: int) -> np.ndarray:
    """The image's values so many pixels farther along an axis, linear."""
    n = image.shape[axis]
    index = np.arange(n, dtype=np.float32)
    at = np.clip((index[:, None] if axis == 0 else index[None, :]) + shift, 0, n - 1.001)
    low = at.astype(np.intp)
    part = at - low
    return np.take_along_axis(image, low, axis) * (1 - part) + np.take_along_axis(image, low + 1, axis) * part


def shaded(shape: tuple[int, int], random: np.random.Generator, strength: float = 0.25) -> np.ndarray:
    """A gain that drifts over the slice, as coils make it."""
    return np.exp(np.float32(random.uniform(0, strength)) * rough(shape, 80.0, random))


class Grain:
    """Noise and sharpness of a scan: of its voxels, not of the pixels that they were resampled to.

    Args:
        shape: of the slice.
        voxel_mm: rows and columns of the voxels that were measured.
        random: of the draws.
    """

    def __init__(self, shape: tuple[int, int], voxel_mm: tuple[float, float], random: np.random.Generator) -> None:
        self._shape, self._voxel, self._random = shape, voxel_mm, random

    def softened(self, image: np.ndarray) -> np.ndarray:
        """The image with the resolution of the voxels."""
        return ndimage.gaussian_filter(image, [0.37 * side for side in self._voxel])

    def magnitude(self, image: np.ndarray, sigma: float) -> np.ndarray:
        """With Rician noise of that standard deviation in the scan's own voxels."""
        real = image + np.float32(sigma) * self._noise()
        return np.hypot(real, np.float32(sigma) * self._noise())

    def _noise(self) -> np.ndarray:
        """White noise of the voxels, linearly resampled to pixels."""
        counts = [int(np.ceil(n / side)) + 2 for n, side in zip(self._shape, self._voxel, strict=True)]
        noise = self._random.standard_normal(counts, np.float32)
        for axis, (n, side) in enumerate(zip(self._shape, self._voxel, strict=True)):
            noise = np.moveaxis(np.moveaxis(noise, axis, -1) @ _linear(n, side, counts[axis]), -1, axis)
        return noise


def _linear(pixels: int, voxel_mm: float, count: int) -> np.ndarray:
    """Weights (count, pixels) of linear interpolation between voxels."""
    at = np.arange(pixels, dtype=np.float32) / np.float32(voxel_mm)
    away = np.abs(np.arange(count, dtype=np.float32)[:, None] - at[None, :])
    return np.maximum(1 - away, 0).astype(np.float32)


def ghosted(image: np.ndarray, plane: Plane, random: np.random.Generator) -> np.ndarray:
    """With a faint copy half a field of view away along the phase axis (N/2 ghost)."""
    axis = _PHASE_AXIS[plane] or 0
    return image + np.float32(random.uniform(0.02, 0.09)) * np.roll(image, image.shape[axis] // 2, axis)
