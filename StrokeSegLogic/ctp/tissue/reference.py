"""The normal tissue that flow and volume are compared with, and the side that is affected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...base.errors import InputError
from ...space.grid import Grid
from ...space.masks import without_small_parts
from ...study.case import Role
from ..threshold_settings import CONTRALATERAL, ThresholdSettings

Side = Literal["left", "right"]

_BOTH_SIDES = 0.4
"""Part of the delayed tissue on the less affected side from which on that side is no healthy reference."""
_LEAST_NORMAL = 0.02
"""Smallest part of the tissue that a mean of normal tissue may rest on."""


@dataclass(frozen=True)
class Reference:
    """The normal tissue that flow and volume are compared with.

    Attributes:
        words: which tissue it is.
        affected: the patient's side with more delayed tissue; None where nothing is delayed, both sides are equally,
            or one hemisphere alone is seen.
        cbf: mean flow of the reference, in the map's unit.
        cbv: mean volume of the reference, in the map's unit; None without CBV.
        ml: how much tissue it is.
    """

    words: str
    affected: Side | None
    cbf: float
    cbv: float | None
    ml: float


def find_reference(
    smooth: Mapping[Role, np.ndarray],
    tissue: np.ndarray,
    left: np.ndarray | None,
    grid: Grid,
    settings: ThresholdSettings,
) -> tuple[Reference, list[str]]:
    """What is normal within tissue whose delay is known; `left` is None where one hemisphere alone is seen."""
    tmax = smooth[Role.TMAX]
    late = tissue & (tmax > settings.hypoperfusion_tmax_s)
    delayed, _ = without_small_parts(late, grid, settings.smallest_hypoperfused_ml)
    normal = tissue & (tmax <= settings.normal_tmax_s)
    words, notes = f"tissue with Tmax up to {settings.normal_tmax_s:g} s", []
    affected, doubtful = (None, False) if left is None else _affected(delayed, left)
    if doubtful:
        notes.append("both hemispheres are delayed: the contralateral side is no healthy reference")
    if settings.reference == CONTRALATERAL and affected is not None and left is not None:
        normal = normal & (~left if affected == "left" else left)
        words += f" in the {'right' if affected == 'left' else 'left'} hemisphere (contralateral)"
    else:
        words += " in both hemispheres" if left is not None else " in the one hemisphere that is seen"
    if normal.sum() < _LEAST_NORMAL * tissue.sum() or not float(smooth[Role.CBF][normal].mean()) > 0:
        raise InputError(
            f"there is too little normal tissue (Tmax up to {settings.normal_tmax_s:g} s) to compare CBF with",
            fix="Check the unit of the Tmax map and the arterial input",
        )
    reference = Reference(
        words=words,
        affected=affected,
        cbf=float(smooth[Role.CBF][normal].mean()),
        cbv=float(smooth[Role.CBV][normal].mean()) if Role.CBV in smooth else None,
        ml=float(normal.sum() * grid.voxel_ml),
    )
    return reference, notes


def _affected(delayed: np.ndarray, left: np.ndarray) -> tuple[Side | None, bool]:
    """The side with more delayed tissue, and whether the other has too much of it to be healthy."""
    on_left, on_right = int((delayed & left).sum()), int((delayed & ~left).sum())
    doubtful = on_left + on_right > 0 and min(on_left, on_right) > _BOTH_SIDES * (on_left + on_right)
    if on_left == on_right:
        return None, doubtful
    return ("left" if on_left > on_right else "right"), doubtful
