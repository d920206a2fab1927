"""Which maps a case is judged by: those that are given, or all of them computed from its 4-D series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.progress import Progress
from ...base.settings import HEMATOCRIT
from ...result.doubts import Doubt, doubts_about
from ...space.grid import Grid, require_overlap
from ...space.resampling import resample
from ...study.case import MAP_ROLES, Case, Role
from ...study.maps.units import STANDARD_UNITS
from ..series.artery_by_hand import OPTION as ARTERY_OPTION
from ..series.maps import MapsSpec, PerfusionMaps, maps
from ..settings import PerfusionSettings
from .doubts import DoubtKind
from .inputs import StandardMaps, standard_maps
from .missing_values import filled

THRESHOLD_MAPS = (Role.CBF, Role.TMAX)
"""What the route of thresholds needs."""


@dataclass(frozen=True)
class MapChoice:
    """Which maps a case is judged by, decided once before anything long begins.

    Attributes:
        base: the role whose grid the result lies on.
        computes: whether all maps are computed from the 4-D series, because those given are not enough.
        given: the given maps as they were judged; None where CBF or Tmax is missing beside a series.
    """

    base: Role
    computes: bool
    given: StandardMaps | None


def choose_maps(case: Case, reference: Role | None = None) -> MapChoice:
    """Judges the maps that are given, and whether they do.

    Raises:
        InputError: if the given maps contradict each other (see `inputs.standard_maps`), or another grid than the
            series' is asked for where maps have to be computed.
    """
    has_series = Role.CTP in case.series
    given: StandardMaps | None = None
    if not has_series or all(role in case.series for role in THRESHOLD_MAPS):
        base = case.reference(reference).role
        given = standard_maps(case, reference)
        if not has_series or given.usable.issuperset(THRESHOLD_MAPS):
            return MapChoice(base, False, given)
    if reference not in (None, Role.CTP):
        why = () if given is None else _reasons(case, given)
        raise InputError(
            "; ".join([f"maps are computed on the series' own grid, not on that of {reference}", *_words(why)]),
            where=case.name,
            fix="Choose none",
            option="reference",
        )
    return MapChoice(Role.CTP, True, given)


def _reasons(case: Case, given: StandardMaps) -> tuple[Doubt, ...]:
    """Why given maps are not used where others take their place: that no limit is applied to them, and how to mend
    it, is then of no interest."""
    return tuple(doubt for doubt in doubts_about_unusable(case, given) if doubt.kind is not DoubtKind.NO_LIMIT)


def _words(doubts: Iterable[Doubt]) -> list[str]:
    return [doubt.words for doubt in doubts]


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
        raise InputError("holds no 4-D CT perfusion series", where=case.name, fix="Give the series as CTP")
    series = case.series[Role.CTP]
    if series.times_s is None:
        raise InputError("has no times of its frames", where=series.source, fix="Give them beside the file")
    frames = sitk.GetArrayViewFromImage(series.image)
    spec = replace(settings.maps, device=settings.device)
    return maps(frames, np.asarray(series.times_s), grid=Grid.of(series.image), spec=spec, progress=progress)


def chosen_maps(
    case: Case, choice: MapChoice, settings: PerfusionSettings, progress: Progress
) -> tuple[StandardMaps, PerfusionMaps | None]:
    """Maps in standard units on one grid, and how they were computed if they were.

    Raises:
        InputError: if the series cannot be used.
    """
    if not choice.computes and choice.given is not None:
        _refuse_artery(case, settings.maps)
        return choice.given, None
    measured = compute_maps(case, settings, progress)
    images = measured.images()
    for role in (Role.CT, Role.MIP):
        # What was given is better than what stands in for it.
        if role in case.series:
            own = case.series[role]
            require_overlap(own.image, own.source, measured.grid, "the CTP series")
            images[role] = _preferred(role, own.image, images[role])
    doubts: list[Doubt] = []
    others = tuple(role for role in case.series if role in MAP_ROLES)
    if others:
        words = f"the given {', '.join(others)} were not used: all maps were computed from the series"
        doubts.append(Doubt(others, DoubtKind.LEFT_OUT, words))
    if choice.given is not None:
        doubts += _reasons(case, choice.given)
    standard = StandardMaps(images, STANDARD_UNITS, tuple(doubts), frozenset(images), fluid=measured.fluid)
    return standard, measured


def _refuse_artery(case: Case, spec: MapsSpec) -> None:
    """Refuses what has no meaning for given maps: silently left out it would seem to have worked."""
    named = [ARTERY_OPTION] if spec.artery is not None else ["hematocrit"] if spec.hematocrit != HEMATOCRIT else []
    for option in named:
        raise InputError(
            "has no meaning where maps are given and none is computed",
            where=case.name,
            option=option,
            fix="Leave it out, or give the CTP series by itself",
        )


def doubts_about_unusable(case: Case, standard: StandardMaps) -> tuple[Doubt, ...]:
    """What there is to say of the case's maps that cannot be used."""
    bad = [role for role in case.series if role in MAP_ROLES and role not in standard.usable]
    return doubts_about(standard.doubts, bad)


def require_maps(case: Case, standard: StandardMaps) -> None:
    """Refuses a case none of whose maps can be used.

    Raises:
        InputError: saying why, map by map.
    """
    if not any(role in MAP_ROLES for role in standard.images):
        given = [role for role in case.series if role in MAP_ROLES]
        why = _words(doubts_about_unusable(case, standard))
        raise InputError(
            "; ".join([f"none of its maps ({', '.join(given)}) can be used", *why]),
            where=case.name,
            fix="Name role and unit of each map if you know them, or give the CTP series itself",
            option="unit",
            roles=given,
        )


def _preferred(role: Role, given: sitk.Image, made: sitk.Image) -> sitk.Image:
    """The given image on the grid of the map that stands in for it, which still stands beyond its field of view."""
    grid = Grid.of(made)
    image, _ = filled(role, given)
    shown = sitk.GetArrayFromImage(resample(sitk.Cast(image, sitk.sitkFloat32), grid, fill=float("nan")))
    return grid.image(np.where(np.isnan(shown), sitk.GetArrayViewFromImage(made), shown).astype(np.float32))


def used_roles(case: Case, standard: StandardMaps, measured: PerfusionMaps | None) -> Sequence[Role]:
    """The series that the result rests on."""
    if measured is None:
        return [role for role in case.series if role in standard.images]
    return [role for role in case.series if role in (Role.CTP, Role.CT, Role.MIP)]
