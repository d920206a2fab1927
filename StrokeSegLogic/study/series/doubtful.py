"""Volumes whose names hold a word that may be of a map, a mask or a CT, or of nothing: their values tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ..volumes.candidates import Candidate
from .reading import Reading

_MOST_LABELS = 16
_AIR = (-3100.0, -800.0)
"""Where the least values of CT lie: air, or what stands outside of the scanner's circle (HU)."""


def settled(reading: Reading, candidate: Candidate) -> Reading:
    """The reading of a volume with a doubtful name, after a look at its values: what is no picture gets no role.

    Few whole numbers are labels, all within -1 and 1 a map or a probability, air of -1000 HU a CT, three values a voxel
    directions. What cannot be read stays as it is: its reader says what is wrong with it.
    """
    why = _not_a_picture(candidate)
    if why is None:
        return reading
    said = Reading.nothing(f"{reading.reason}, and may name {reading.perhaps}: {why}")
    return replace(said, bears=reading.role)


def _not_a_picture(candidate: Candidate) -> str | None:
    if not candidate.files:
        return None
    try:
        if candidate.frames not in (None, 1):
            return None
        image = candidate.read_map()
    except InputError as error:
        return "a voxel has three values" if "3 values" in error.what or "3 components" in error.what else None
    values = sitk.GetArrayViewFromImage(image)
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return None
    low, high = float(finite.min()), float(finite.max())
    if _AIR[0] <= low <= _AIR[1]:
        return f"its values go down to {low:g}, as those of air on CT"
    kinds = np.unique(finite)
    if len(kinds) <= _MOST_LABELS and np.array_equal(kinds, np.round(kinds)):
        return f"it holds {len(kinds)} different whole numbers, as labels do"
    if low >= -1 and high <= 1:
        return f"its values lie between {low:g} and {high:g}, as those of maps and probabilities"
    return None
