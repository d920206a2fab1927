"""What is refused or said before perfusion is judged: impossible clinical data, maps that do not belong together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..case import ClinicalData
from ..ctp.maps.doubts import Doubt, DoubtKind
from ..grid import Grid, require_overlap, resample
from ..volumes.geometry import tilt_degrees, tilted
from .gaps import fill_of, filled

NIHSS_RANGE = (0, 42)
_AGES = (0.0, 120.0)
_LONGEST_HOURS = 24.0 * 14
_TILT_MIN_DEGREES = 0.1
_TOUCHING_MM = 15.0
"""Two slabs of one scan lie at most this far apart along the slices."""


def require_plausible(clinical: ClinicalData) -> None:
    """Refuses clinical data that no patient has; what is missing is fine.

    Raises:
        InputError: for an NIHSS that is no whole number from 0 to 42, an age outside of 0 to 120 years, or an onset in
            the future or more than two weeks ago.
    """
    score = clinical.nihss
    if score is not None and not (NIHSS_RANGE[0] <= score <= NIHSS_RANGE[1] and float(score).is_integer()):
        raise InputError(
            f"the NIHSS is {score:g}; it is a whole number from 0 to 42",
            where="clinical data",
            fix="Correct it, or leave it out: what depends on it is then unknown",
        )
    age = clinical.age
    if age is not None and not _AGES[0] <= age <= _AGES[1]:
        raise InputError(
            f"the age is {age:g} years; it lies between 0 and 120",
            where="clinical data",
            fix="Correct it, or leave it out",
        )
    hours = clinical.onset_hours
    if hours is not None and not 0 <= hours <= _LONGEST_HOURS:
        what = "lies in the future" if hours < 0 else "is more than two weeks ago"
        raise InputError(
            f"the onset {what if hours == hours else 'is not a number'} ({hours:g} h before the scan)",
            where="clinical data",
            fix="Give the hours from when the patient was last known to be well to the scan",
        )


def on_one_grid(
    maps: Mapping[str, sitk.Image], reference: str | None = None
) -> tuple[dict[str, sitk.Image], list[Doubt]]:
    """The maps on the grid of one of them, and a doubt for each that was resampled or has voxels without value.

    What has no value, NaN or outside of a map's field of view, becomes 0, on CT air (see `gaps`).

    Args:
        maps: by name.
        reference: whose grid; by default CBF's, else the first's.

    Raises:
        InputError: if a map does not share the reference's field of view, holds no number, or they look like two slabs
            of one patient.
    """
    if not maps:
        raise InputError("no map was given", fix="Give at least CBF and TMAX")
    name = reference or ("CBF" if "CBF" in maps else next(iter(maps)))
    if name not in maps:
        raise InputError(f"the reference {name} is not among the maps", fix=f"Choose one of {', '.join(maps)}")
    grid = Grid.of(maps[name])
    out: dict[str, sitk.Image] = {}
    notes: list[Doubt] = []
    for other, image in maps.items():
        own = Grid.of(image)
        # Before anything is interpolated: one NaN would spread over all of its line.
        image, gaps = filled(other, image)
        notes += gaps
        if own.same(grid):
            out[other] = image
            continue
        if are_two_slabs(own, grid):
            raise InputError(
                f"{other} and {name} are of two slabs of one patient: they lie one above the other",
                where=other,
                fix="Give each slab as a study of its own, with all its maps",
                roles=(other, name),
            )
        require_overlap(image, other, grid, name)
        out[other] = resample(sitk.Cast(image, sitk.sitkFloat32), grid, fill=fill_of(other))
        words = f"{other} lay on another grid ({own.words}) than {name} ({grid.words}) and was resampled"
        notes.append(Doubt((other,), DoubtKind.GRID, words))
    return out, notes


def are_two_slabs(one: Grid, other: Grid) -> bool:
    """Whether two grids lie one above the other, with the same slices beside that: two slabs of one scan."""
    if one.size[:2] != other.size[:2] or not np.allclose(one.spacing, other.spacing, rtol=1e-3):
        return False
    if not np.allclose(one.direction, other.direction, atol=1e-3):
        return False
    normal = np.asarray(one.direction).reshape(3, 3)[:, 2]
    low, high = sorted(
        (float(corners.min()), float(corners.max())) for corners in (one.corners() @ normal, other.corners() @ normal)
    )
    gap = high[0] - low[1]
    shift = one.to_world(np.zeros((1, 3)))[0] - other.to_world(np.zeros((1, 3)))[0]
    sideways = float(np.linalg.norm(shift - normal * (normal @ shift)))
    return -0.5 * one.spacing[2] <= gap <= _TOUCHING_MM and sideways < 0.5 * min(one.spacing[:2])


def require_no_tilt(matrix: np.ndarray, where: str) -> None:
    """Refuses slices that are stacked askew, as CT with a tilted gantry stores them.

    Args:
        matrix: 3x3, from index steps (x, y, z) to mm.
        where: the series, for the message.

    Raises:
        InputError: with the angle of the tilt.
    """
    if tilt_degrees(matrix) > _TILT_MIN_DEGREES:
        raise tilted(matrix, where)
