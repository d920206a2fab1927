"""Which maps a case is judged by: those that are given, or all of them computed from its 4-D series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from ..base.errors import InputError
from ..base.progress import Progress
from ..case import MAP_ROLES, Case, Role
from ..grid import Grid, require_overlap, resample
from .gaps import filled
from .inputs import StandardMaps, standard_maps
from .map_units import STANDARD_UNITS
from .maps import PerfusionMaps, maps
from .settings import PerfusionSettings

THRESHOLD_MAPS = ("CBF", "TMAX")
"""What the route of thresholds needs."""


def computes_maps(case: Case) -> bool:
    """Whether the maps come from the case's 4-D series, because those that are given are not enough.

    Raises:
        InputError: if the given maps have to be judged and contradict each other (see `inputs.standard_maps`).
    """
    if Role.CTP not in case.series or not _given_for_thresholds(case):
        return Role.CTP in case.series
    return not _enough(standard_maps(case))


def _given_for_thresholds(case: Case) -> bool:
    return all(Role(name) in case.series for name in THRESHOLD_MAPS)


def _enough(standard: StandardMaps) -> bool:
    """Whether the given maps, as they were read, allow thresholds."""
    return standard.usable.issuperset(THRESHOLD_MAPS)


def compute_maps(
    case: Case, settings: PerfusionSettings | None = None, progress: Progress | None = None
) -> PerfusionMaps:
    """Maps of a case's 4-D series.

    Raises:
        InputError: if there is none, or it cannot be used.
        DeviceError: if the device is not there.
        Cancelled: if the user stopped it.
    """
    settings = settings or PerfusionSettings()
    if Role.CTP not in case.series:
        raise InputError(
            "holds no 4-D CT perfusion series", where=case.name, fix="Give the series, or name it with CTP=FILE"
        )
    series = case.series[Role.CTP]
    if series.times_s is None:
        raise InputError("has no times of its frames", where=series.source, fix="Give them beside the file")
    frames = sitk.GetArrayViewFromImage(series.image)
    spec = replace(settings.maps, device=settings.device)
    return maps(frames, np.asarray(series.times_s), grid=Grid.of(series.image), spec=spec, progress=progress)


def chosen_maps(
    case: Case, reference: Role | None, settings: PerfusionSettings, progress: Progress
) -> tuple[StandardMaps, PerfusionMaps | None, Role]:
    """Maps in standard units on one grid, how they were computed if they were, and whose grid it is.

    Raises:
        InputError: if the maps contradict each other, the series cannot be used, or another grid than the series' is
            asked for where maps have to be computed.
    """
    given: StandardMaps | None = None
    if Role.CTP not in case.series or _given_for_thresholds(case):
        progress(0.0, "maps")
        base = case.reference(reference).role
        given = standard_maps(case, reference)
        if Role.CTP not in case.series or _enough(given):
            return given, None, base
    # That no limit is applied to them, and how to mend it, is of no interest where others take their place.
    why = () if given is None else tuple(one for one in said_of(case, given) if "no limit is applied" not in one)
    if reference not in (None, Role.CTP):
        raise InputError(
            "; ".join([f"maps are computed on the series' own grid, not on that of {reference}", *why]),
            where=case.name,
            fix="Leave --reference out",
        )
    measured = compute_maps(case, settings, progress)
    images = measured.images()
    for role in (Role.CT, Role.MIP):
        # What was given is better than what stands in for it.
        if role in case.series:
            own = case.series[role]
            require_overlap(own.image, own.source, measured.grid, "the CTP series")
            images[role.value] = _preferred(role, own.image, images[role.value])
    others = [str(role) for role in case.series if role.value in STANDARD_UNITS and role not in (Role.CT, Role.MIP)]
    doubts = (f"the given {', '.join(others)} were not used: all maps were computed from the series",) if others else ()
    return StandardMaps(images, STANDARD_UNITS, (*doubts, *why), frozenset(images)), measured, Role.CTP


def said_of(case: Case, standard: StandardMaps) -> tuple[str, ...]:
    """What there is to say of the case's maps that cannot be used."""
    bad = [str(role) for role in case.series if role in MAP_ROLES and str(role) not in standard.usable]
    return tuple(one for one in standard.doubts if any(re.search(rf"\b{name}\b", one) for name in bad))


def require_maps(case: Case, standard: StandardMaps) -> None:
    """Refuses a case none of whose maps can be used.

    Raises:
        InputError: saying why, map by map.
    """
    if not any(Role(name) in MAP_ROLES for name in standard.images):
        given = ", ".join(str(role) for role in case.series if role in MAP_ROLES)
        raise InputError(
            "; ".join([f"none of its maps ({given}) can be used", *said_of(case, standard)]),
            where=case.name,
            fix="Name role and unit of each map (ROLE=FILE@UNIT) if you know them, or give the CTP series itself",
        )


def _preferred(role: Role, given: sitk.Image, made: sitk.Image) -> sitk.Image:
    """The given image on the grid of the one that stands in for it, which still stands beyond its field of view."""
    grid = Grid.of(made)
    image, _ = filled(role.value, given)
    shown = sitk.GetArrayFromImage(resample(sitk.Cast(image, sitk.sitkFloat32), grid, fill=float("nan")))
    return grid.image(np.where(np.isnan(shown), sitk.GetArrayViewFromImage(made), shown).astype(np.float32))


def used_roles(case: Case, standard: StandardMaps, measured: PerfusionMaps | None) -> Sequence[Role]:
    """The series that the result rests on."""
    if measured is None:
        return [role for role in case.series if role.value in standard.images]
    return [role for role in case.series if role in (Role.CTP, Role.CT, Role.MIP)]
