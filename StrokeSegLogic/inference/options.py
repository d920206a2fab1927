"""What a user may change of a run by planes: threshold, smallest lesion, mirrored slices."""

from __future__ import annotations

import math

from ..base.errors import InputError
from ..planes import Plane

MIRRORED: tuple[Plane, ...] = ("axial", "coronal")
"""Planes whose columns run from left to right. The models have learned from heads mirrored so; no network has seen a
face where the back of the head is, which a mirrored sagittal slice would show."""


def require_threshold(threshold: float) -> float:
    """The threshold of the probability.

    Raises:
        InputError: if it does not lie between 0 and 1.
    """
    if not 0 < threshold < 1:
        raise InputError(
            f"{threshold:g} is no threshold of a probability",
            option="threshold",
            fix="Give a number between 0 and 1, or none for the model's own",
        )
    return threshold


def require_smallest(minimum_lesion_ml: float) -> None:
    """Refuses a smallest volume that is none.

    Raises:
        InputError: if it is negative, infinite or no number.
    """
    if not (math.isfinite(minimum_lesion_ml) and minimum_lesion_ml >= 0):
        raise InputError(f"{minimum_lesion_ml:g} ml is no volume", option="minimum_lesion_ml", fix="Give 0 or more ml")


def option_warnings(own: float, threshold: float, minimum_ml: float, dropped: int) -> list[str]:
    """What a reader must know of a result that was not made as the model was measured."""
    found = []
    if threshold != own:
        found.append(f"the probability threshold was set to {threshold:g}; the model was measured at {own:g}")
    if dropped:
        found.append(
            f"{dropped} part{'' if dropped == 1 else 's'} of the lesion below {minimum_ml:g} ml "
            f"{'was' if dropped == 1 else 'were'} dropped"
        )
    return found
