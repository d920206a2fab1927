"""Lesions of any brightness in heads, at the rim of the brain too: none of them may be cut off with the skull."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ..stream.sources.lesions import Shape, laid
from .contrast import HU_OF_LEVEL
from .label_maps import BRAIN

_CT_LESION_HU = (-25.0, 60.0)


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


def paint_lesion(
    image: np.ndarray, lesion: np.ndarray, random: np.random.Generator, *, is_ct: bool = False
) -> np.ndarray:
    """The image with the lesion's signal 0.2 to 3 times what it was, its edge soft.

    Args:
        image: of a head, 0 is no signal.
        lesion: bool, of its shape.
        random: of the draw.
        is_ct: whether levels are those of a CT, which are calibrated: from 25 HU darker, as an old infarct is, to
            60 HU brighter, as blood is.
    """
    soft = ndimage.gaussian_filter(lesion.astype(np.float32), random.uniform(0.3, 0.8))
    if is_ct:
        return image + np.float32(random.uniform(*_CT_LESION_HU) / HU_OF_LEVEL) * soft
    factor = np.exp(random.uniform(np.log(0.2), np.log(3.0)))
    return image * (1 + (factor - 1) * soft)
