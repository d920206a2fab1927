"""What scanners and archives do to an image of a head. All take and give float32 (z, y, x), and draw from `random`."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ...phantom.sampling import rician
from .geometry import smooth_field
from .label_maps import BRAIN, Tissue


def bias_field(image: np.ndarray, random: np.random.Generator, strength: float = 0.5) -> np.ndarray:
    """A gain that drifts over the head, up to exp(strength) either way."""
    knots = random.normal(0, random.uniform(0.0, strength / 2), tuple(random.integers(3, 6, 3)))
    return image * np.exp(smooth_field(knots, image.shape))


def thick_slices(image: np.ndarray, spacing_mm: float, random: np.random.Generator) -> np.ndarray:
    """Blurred and resampled as a stack of slices of 3 to 6 mm, with or without gaps, is; along any axis, mostly z."""
    thickness = random.uniform(3.0, 6.5)
    if thickness <= 1.3 * spacing_mm:
        return image
    axis = int(random.choice(3, p=(0.7, 0.15, 0.15)))
    blurred = ndimage.uniform_filter1d(image, max(round(thickness / spacing_mm), 1), axis=axis, mode="nearest")
    count = max(round(image.shape[axis] * spacing_mm / thickness), 2)
    at = np.linspace(0, image.shape[axis] - 1, count)
    slices = np.take(blurred, np.round(at).astype(int), axis=axis)
    back = np.interp(np.arange(image.shape[axis]), at, np.arange(count))
    low = np.floor(back).astype(int).clip(0, count - 2)
    part = (back - low).astype(np.float32)
    part = part.reshape([-1 if i == axis else 1 for i in range(3)])
    return np.take(slices, low, axis=axis) * (1 - part) + np.take(slices, low + 1, axis=axis) * part


def noise(image: np.ndarray, random: np.random.Generator, strength: float = 0.1) -> np.ndarray:
    """Rician noise: of the magnitude of a complex signal."""
    return rician(image, random.uniform(0.0, strength) * float(np.percentile(image, 95)), random)


def ghosts(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Faint copies of the head, half a field of view away along the phase axis, as echo-planar images have them."""
    axis = int(random.integers(1, 3))
    copy = np.roll(image, image.shape[axis] // int(random.integers(2, 4)), axis=axis)
    return image + random.uniform(0.02, 0.12) * copy


def susceptibility(
    image: np.ndarray, tissues: np.ndarray, spacing_mm: float, random: np.random.Generator
) -> np.ndarray:
    """Signal piled up or lost beside air, above the sinuses and the ears: no lesions."""
    inner_air = (tissues == Tissue.AIR) & ndimage.binary_erosion(
        ndimage.binary_fill_holes(tissues != Tissue.AIR), iterations=max(round(6 / spacing_mm), 1)
    )
    near = ndimage.gaussian_filter(inner_air.astype(np.float32), random.uniform(4.0, 9.0) / spacing_mm)
    knots = random.normal(0, 1, tuple(random.integers(4, 8, 3)))
    change = near * 6 * smooth_field(knots, image.shape) * random.uniform(0.3, 1.5)
    return image * np.clip(1 + change, 0.05, 4.0)


def zeroed_air(image: np.ndarray, tissues: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The air around the head set to 0, by a mask that is not quite the head's."""
    head = ndimage.binary_dilation(tissues != Tissue.AIR, iterations=int(random.integers(1, 4)))
    return np.where(ndimage.binary_fill_holes(head), image, np.float32(0))


def defaced(image: np.ndarray, tissues: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The face cut away along a plane before and below the brain, as archives do."""
    brain = np.argwhere(tissues <= BRAIN[-1])
    if not len(brain):
        return image
    low, high = brain.min(axis=0), brain.max(axis=0)
    z, y, _ = np.ogrid[: image.shape[0], : image.shape[1], : image.shape[2]]
    # Working orientation: z grows to the feet, y to the back.
    height = (z - low[0]) / max(high[0] - low[0], 1)
    depth = (y - low[1]) / max(high[1] - low[1], 1)
    face = depth < (height - random.uniform(0.55, 0.75)) * random.uniform(0.8, 1.6)
    face = face & (tissues > BRAIN[-1])
    return np.where(face, np.float32(0), image)


def stripped(image: np.ndarray, tissues: np.ndarray, spacing_mm: float, random: np.random.Generator) -> np.ndarray:
    """Everything outside the brain set to 0, with a rim that another tool left or cut."""
    brain = tissues <= BRAIN[-1]
    rim = random.uniform(-2.5, 4.0) / spacing_mm
    distance = ndimage.distance_transform_edt(~brain) - ndimage.distance_transform_edt(brain)
    return np.where(distance <= rim, image, np.float32(0))
