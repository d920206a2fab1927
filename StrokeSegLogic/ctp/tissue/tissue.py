"""The tissue that perfusion is judged in: brain without vessels and CSF, its maps smoothed, and what is normal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...brain.hemispheres import MidPlane
from ...brain.perfusion import brain_of_maps
from ...space.grid import Grid
from ...space.smoothing import gaussian_within
from ...study.case import Role, role_names
from ..maps.missing_values import fill_of, no_number, no_value
from ..threshold_settings import ThresholdSettings
from .csf import find_csf, mirror_of
from .reference import Reference, find_reference
from .untimed import find_untimed, nearest_delay

_PILED_UP, _CEILING_STEP_S = 0.002, 0.25
"""A map ends at its largest value where more than this part of the tissue has it, and more than the step below it."""
_CEILING_ABOVE_MEDIAN_S, _CLEAR_OF_CEILING_S = 1.5, 0.5
"""Ours. Healthy tissue in whole seconds piles up as well; limits this close below the end lose the lesion's rim."""
NO_VESSELS = "vessels were not excluded: there is no CBV in ml/100 g"
ONE_HEMISPHERE = "one hemisphere alone lies in the field: which side is not told, and CBF is relative to its own tissue"


@dataclass(frozen=True)
class PerfusionTissue:
    """Maps made ready for thresholds; arrays (z, y, x) on the maps' grid.

    Attributes:
        grid: of the maps.
        brain: bool.
        tissue: brain without vessels and CSF, bool.
        csf: bool.
        tmax: smoothed, s; 0 outside the tissue. In `no_time` that of the nearest tissue that has a delay.
        rcbf: smoothed CBF over the reference's mean; 0 outside the tissue.
        cbv: as given; None if there is none.
        no_time: tissue with hardly any flow, whose delay the maps cannot tell (Tmax 0 or no number), bool.
        both_sides: whether both hemispheres lie in the field; else nothing is said of sides.
        left: the patient's left of the mid-sagittal plane, bool.
        reference: what rCBF is relative to.
        notes: what a reader must know.
        tmax_ends_s: the largest Tmax that the map can hold, where its scale is cut off; else None.
    """

    grid: Grid
    brain: np.ndarray
    tissue: np.ndarray
    csf: np.ndarray
    tmax: np.ndarray
    rcbf: np.ndarray
    cbv: np.ndarray | None
    no_time: np.ndarray
    both_sides: bool
    left: np.ndarray
    reference: Reference
    notes: tuple[str, ...]
    tmax_ends_s: float | None = None

    def told(self, tmax_s: float) -> bool:
        """Whether tissue over this Tmax can be told: not where the map's scale ends there or below."""
        return self.tmax_ends_s is None or tmax_s <= self.tmax_ends_s - _CLEAR_OF_CEILING_S


def prepare(
    maps: Mapping[Role, sitk.Image],
    settings: ThresholdSettings,
    brain: np.ndarray | None,
    fluid: np.ndarray | None = None,
) -> PerfusionTissue:
    """See `thresholds.segment_by_thresholds`, which says what may be given.

    Raises:
        InputError: if CBF or TMAX is missing, the maps lie on different grids, no brain is found, there is too little
            normal tissue, or the scale of Tmax ends at the limit of hypoperfusion.
    """
    grid = _one_grid(maps)
    values, notes = _numbers(maps)
    if brain is None:
        brain = brain_of_maps(grid, values)
    if brain.shape != grid.shape:
        raise InputError(f"the brain mask has the shape {brain.shape} where the maps have {grid.shape}")
    brain = (brain != 0) & np.isfinite(sitk.GetArrayViewFromImage(maps[Role.CBF]))
    if not brain.any():
        raise InputError("no brain was found in the CBF map", fix="Check the map: is it empty?")
    plane, mirror = MidPlane.of(brain, grid), mirror_of(brain, grid)
    whole = mirror is not None
    vessel = _vessels(values, brain, settings)

    def smooth(volume: np.ndarray, within: np.ndarray) -> np.ndarray:
        return gaussian_within(volume, within, grid, settings.smoothing_mm)

    csf, lost, how = find_csf(values, brain & ~vessel, grid, settings, mirror, fluid)
    tissue = brain & ~vessel & ~csf
    if not tissue.any():
        raise InputError("no tissue is left beside vessels and CSF", fix="Check the units of the CBV map and the CT")
    even: dict[Role, np.ndarray] = {
        name: smooth(values[name], tissue) for name in (Role.CBF, Role.CBV) if name in values
    }
    no_time = find_untimed(values[Role.TMAX], even[Role.CBF], tissue, mirror) | lost
    if Role.CT in values and settings.fluid_hu is not None:
        # The horns of wide ventricles hold little flow and no time either, and are not alike on both sides.
        no_time &= smooth(values[Role.CT], tissue) >= settings.fluid_rim_hu
    # What was not measured must not be averaged into what was.
    even[Role.TMAX] = smooth(values[Role.TMAX], tissue & ~no_time)
    ends = _end_of_scale(values[Role.TMAX][tissue & ~no_time])
    if ends is not None and settings.hypoperfusion_tmax_s > ends - _CLEAR_OF_CEILING_S:
        raise InputError(
            f"the scale of Tmax is cut off at {ends:g} s: tissue with Tmax > {settings.hypoperfusion_tmax_s:g} s, and "
            "mismatch and trial criteria with it, cannot be told",
            fix="Export Tmax with its full range, or give the CTP series itself",
        )
    left = plane.left(grid)
    reference, more = find_reference(even, tissue & ~no_time, left if whole else None, grid, settings)
    if not whole:
        more.append(ONE_HEMISPHERE)
    if Role.CBV not in values:
        more.append(NO_VESSELS)
    if ends is not None:
        more.append(
            f"the scale of Tmax is cut off at {ends:g} s: volumes at limits close to it, or above, are not told"
        )
    if not settings.core_within_hypoperfusion:
        more.append("core was not limited to hypoperfused tissue: chronic infarcts and white matter may count as core")
    return PerfusionTissue(
        grid=grid,
        brain=brain,
        tissue=tissue,
        csf=csf,
        tmax=nearest_delay(even[Role.TMAX], no_time, tissue & ~no_time, grid),
        rcbf=even[Role.CBF] / reference.cbf,
        cbv=values.get(Role.CBV),
        no_time=no_time,
        both_sides=whole,
        left=left,
        reference=reference,
        notes=(*notes, *how, *more),
        tmax_ends_s=ends,
    )


def _numbers(maps: Mapping[Role, sitk.Image]) -> tuple[dict[Role, np.ndarray], list[str]]:
    """Values by name, float32, without NaN and infinity, and what is to be said of those."""
    values, notes = {}, []
    for name, image in maps.items():
        array = sitk.GetArrayFromImage(image).astype(np.float32)
        known = np.isfinite(array)
        if not known.any():
            raise no_number(name)
        if not known.all():
            notes.append(no_value(name, known).words)
            array[~known] = fill_of(name)
        values[name] = array
    return values, notes


def _end_of_scale(times: np.ndarray) -> float | None:
    """Where the scale of Tmax (N,), s, is cut off; None if its largest values thin out, as they do by themselves."""
    if not times.size:
        return None
    top = float(times.max())
    if top < float(np.median(times)) + _CEILING_ABOVE_MEDIAN_S:
        return None
    # Resampling moves equal values by rounding.
    at_top = times >= top - 1e-4 * abs(top)
    below = times[~at_top]
    # Times in whole seconds or frames have their next step further down.
    step = min(float(below.max()), top - _CEILING_STEP_S) if below.size else top
    piled = int(at_top.sum())
    return top if piled > _PILED_UP * times.size and piled > int((below >= step).sum()) else None


def _one_grid(maps: Mapping[Role, sitk.Image]) -> Grid:
    missing = [name for name in (Role.CBF, Role.TMAX) if name not in maps]
    if missing:
        raise InputError(
            f"{role_names(missing, ' and ')} is missing, which core and hypoperfusion are defined by",
            fix="Give CBF and Tmax maps, or the 4-D series that they are computed from",
        )
    grid = Grid.of(maps[Role.CBF])
    other = [name for name, image in maps.items() if not Grid.of(image).same(grid)]
    if other:
        raise InputError(
            f"{role_names(other)} and CBF lie on different grids",
            fix="Bring the maps onto one grid first (inputs.on_one_grid does)",
        )
    return grid


def _vessels(values: Mapping[Role, np.ndarray], brain: np.ndarray, settings: ThresholdSettings) -> np.ndarray:
    if Role.CBV not in values or settings.vessel_cbv is None:
        return np.zeros(brain.shape, bool)
    return brain & (values[Role.CBV] > settings.vessel_cbv)
