"""Lesions of any brightness in heads, at the rim of the brain too: none of them may be cut off with the skull."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ..stream.sources.lesions import Shape, laid
from .label_maps import BRAIN


def place_lesion(
    tissues: np.ndarray, shapes: Sequence[Shape], spacing_mm: float, random: np.random.Generator, *, at_rim: float = 0.5
) -> np.ndarray:
    """A lesion inside the brain, bool (z, y, x); all False where it has no room.

    Args:
        tissues: of the head on a grid of cubic voxels.
        shapes: lesions of 1 mm.
        spacing_mm: of the grid.
        random: of the draw.
        at_rim: how often it begins within 6 mm of the brain's surface.
    """
    brain = tissues <= BRAIN[-1]
    shape = shapes[int(random.integers(len(shapes)))].mask
    lesion = ndimage.zoom(shape.astype(np.float32), random.uniform(0.7, 1.3) / spacing_mm, order=1) > 0.4
    lesion = lesion if random.random() < 0.5 else lesion[..., ::-1]
    if not lesion.any() or not brain.any():
        return np.zeros(tissues.shape, bool)
    allowed = brain
    if random.random() < at_rim:
        allowed = brain & ~ndimage.binary_erosion(brain, iterations=max(round(6 / spacing_mm), 1))
    where = np.argwhere(allowed)
    centre = where[random.integers(len(where))]
    start = centre - np.array(lesion.shape) // 2
    return laid(lesion, start, tissues.shape) & brain


def paint_lesion(image: np.ndarray, lesion: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The image with the lesion's signal 0.2 to 3 times what it was, its edge soft."""
    soft = ndimage.gaussian_filter(lesion.astype(np.float32), random.uniform(0.3, 0.8))
    factor = np.exp(random.uniform(np.log(0.2), np.log(3.0)))
    return image * (1 + (factor - 1) * soft)
