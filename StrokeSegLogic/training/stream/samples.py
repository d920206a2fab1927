"""One training slice, and where slices come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ...base.settings import Plane
from ...study.case import MRI_ROLES, Role

CHANNELS = MRI_ROLES
"""Channel order of the networks' input."""
LESION_PIXELS = 50
"""Slices with at least so many lesion pixels of 1 mm are drawn and scored as slices with lesion; those with fewer are
drawn as slices without, and scored as neither."""


@dataclass(frozen=True)
class Sample:
    """A slice of one patient, 1 mm pixels, rows and columns as `grid.to_stack` gives them.

    Attributes:
        images: real or painted sequences (H, W), any gain; the batch maker simulates what is missing.
        lesion: bool (H, W).
        brain: bool (H, W).
        counted: bool (H, W): where the lesion mask can be trusted, and so the loss counts.
        plane: the slice's plane.
        patient: never in two splits.
        placed: bool (H, W), part of the lesion: shapes placed into the brain, whose signal is still to be painted; None
            where the images show the whole lesion.
        complete: whether the images are all that the examination has: nothing is simulated from them.
    """

    images: dict[Role, np.ndarray]
    lesion: np.ndarray
    brain: np.ndarray
    counted: np.ndarray
    plane: Plane
    patient: str
    placed: np.ndarray | None = None
    complete: bool = False


class Source(Protocol):
    """Something that slices can be drawn from, for ever."""

    def planes(self) -> tuple[Plane, ...]:
        """The planes that it has slices of."""
        ...

    def draw(self, plane: Plane, random: np.random.Generator) -> Sample:
        """A slice of that plane."""
        ...


def scaled(values: np.ndarray, brain: np.ndarray) -> np.ndarray:
    """Values over the brain's median, 0 outside it, float32."""
    median = float(np.median(values[brain])) if brain.any() else 0.0
    return np.where(brain, values / median if median > 0 else 0.0, 0.0).astype(np.float32)
