"""How maps were computed, for result.json and maps.json."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ...space.grid import Grid
from ...study.case import Role
from ...study.maps.units import STANDARD_UNITS
from .arteries import Vessel, place_of
from .maps import PerfusionMaps


def maps_record(measured: PerfusionMaps, roles: Collection[Role] | None = None) -> dict[str, Any]:
    """JSON-ready: units, frames, curves and voxels of artery and vein, motion, warnings.

    A vessel's `given` is the point or kind of input that it was given by, null where it was found. Voxels are indices
    x, y, z from 0, as NIfTI viewers count them; positions are mm, LPS.

    Args:
        measured: all that was computed.
        roles: of the maps that are used; None is all.
    """
    used = [role for role in measured.images() if roles is None or role in roles]
    moved = measured.motion
    return {
        "units": {name: STANDARD_UNITS[name] for name in used},
        "times_s": _rounded(measured.times_s, 3),
        "frames_before_contrast": measured.baseline,
        "hematocrit": measured.hematocrit,
        "aif": _vessel(measured.aif, measured.grid) | {"scale": measured.aif_scale},
        "vof": None if measured.vof is None else _vessel(measured.vof, measured.grid),
        "motion": None
        if moved is None
        else {
            "summary": moved.summary,
            "largest_mm": _rounded(moved.largest_mm, 2),
            "frames_put_back": [int(frame) for frame in np.flatnonzero(moved.corrected)],
        },
        "brain_ml": float(measured.brain.sum() * measured.grid.voxel_ml),
        "warnings": list(measured.warnings),
    }


def vessel_words(measured: PerfusionMaps) -> tuple[str, str]:
    """Where artery and vein were read off, a sentence each without a full stop."""
    vein = "none was found" if measured.vof is None else place_of(measured.vof, measured.grid)
    return f"Artery: {place_of(measured.aif, measured.grid)}", f"Vein: {vein}"


def _vessel(vessel: Vessel, grid: Grid) -> dict[str, Any]:
    index = vessel.voxels[:, ::-1]
    return {
        "given": vessel.given or None,
        "curve_hu": _rounded(vessel.curve, 2),
        "voxels_xyz": [[int(i) for i in voxel] for voxel in index],
        "positions_mm": [_rounded(place, 1) for place in grid.to_world(index)] if len(index) else [],
    }


def _rounded(values: np.ndarray, digits: int) -> list[float]:
    return [round(float(value), digits) for value in values]
