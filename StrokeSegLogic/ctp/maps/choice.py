"""Which maps a case is judged by: those that are given, completed from its 4-D series, or all computed from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...base.progress import Progress
from ...base.settings import HEMATOCRIT
from ...result.doubts import Doubt, doubts_about
from ...space.grid import Grid
from ...study.case import MAP_ROLES, Case, Role, role_names
from ..series.artery_by_hand import OPTION as ARTERY_OPTION
from ..series.maps import MapsSpec, PerfusionMaps, maps
from ..settings import PerfusionSettings
from .completion import all_of, completed, require_one_place
from .doubts import DoubtKind
from .inputs import StandardMaps, standard_maps

THRESHOLD_MAPS = (Role.CBF, Role.TMAX)
"""What the route of thresholds needs."""
_STAND_IN = (Role.CT, Role.MIP)
_COMPUTED = (*MAP_ROLES, *_STAND_IN)


@dataclass(frozen=True)
class MapChoice:
    """Which maps a case is judged by, decided once before anything long begins.

    Attributes:
        base: the role whose grid the result lies on.
        missing: the maps, MIP and CT to be computed from the 4-D series; none where all are given, or there is no
            series.
        given: the given maps as they were judged; None where CBF or Tmax is missing beside a series.
    """

    base: Role
    missing: tuple[Role, ...]
    given: StandardMaps | None

    @property
    def computes(self) -> bool:
        """Whether anything is computed from the series."""
        return bool(self.missing)

    @property
    def completes(self) -> bool:
        """Whether given CBF and Tmax stay, and other maps are computed beside them."""
        return self.computes and not set(THRESHOLD_MAPS) & set(self.missing)


def choose_maps(case: Case, reference: Role | None = None) -> MapChoice:
    """Judges the maps that are given, and says which are to be computed.

    Where CBF and Tmax are given and can be used, they stay, and what is missing, left out or inverted is computed
    beside them. Else all maps are computed: thresholds need both of one making.

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
            return MapChoice(base, _missing(given) if has_series else (), given)
    if reference not in (None, Role.CTP):
        why = () if given is None else _reasons(case, given)
        raise InputError(
            "; ".join([f"maps are computed on the series' own grid, not on that of {reference}", *_words(why)]),
            where=case.name,
            fix="Choose none",
            option="reference",
        )
    kept = [role for role in _STAND_IN if role in case.series]
    return MapChoice(Role.CTP, tuple(role for role in _COMPUTED if role not in kept), given)


def _missing(given: StandardMaps) -> tuple[Role, ...]:
    # A map of unknown scale stays: its unit is the user's to name. What was left out or is inverted is as if missing.
    return tuple(role for role in _COMPUTED if role not in given.images or role in given.inverted)


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
    """Maps in standard units on one grid, and how they were computed if any were.

    Given maps go on without what a series that cannot be used would have added, and say why.

    Raises:
        InputError: if all maps are to come from a series that cannot be used, or the artery that a person named is no
            vessel.
        DeviceError: if the device is not there.
        Cancelled: if the user stopped it.
    """
    given = choice.given
    if given is not None and not choice.computes:
        _refuse_artery(case, settings.maps)
        return given, None
    if given is None or not choice.completes:
        measured = compute_maps(case, settings, progress)
        return all_of(case, measured, () if given is None else _reasons(case, given)), measured
    try:
        require_one_place(case.series[Role.CTP], given)
        measured = compute_maps(case, settings, progress)
        return completed(case, given, choice.missing, measured), measured
    except InputError as error:
        if settings.maps.artery is not None and error.option == ARTERY_OPTION:
            raise
        # A warning is no place for settings: whoever shows it does not know which it is about.
        why = error.said(lambda option: "")
        words = (
            f"{role_names(choice.missing)} could not be computed from the series, and the given maps stand alone: {why}"
        )
        return replace(given, doubts=(*given.doubts, Doubt(choice.missing, DoubtKind.NOT_COMPUTED, words))), None


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
            fix="Say which map each is and in which unit, if you know, or give the CTP series itself",
            option="unit",
            roles=given,
        )


def used_roles(case: Case, standard: StandardMaps, measured: PerfusionMaps | None) -> Sequence[Role]:
    """The series that the result rests on."""
    used = {role for role in standard.images if role not in standard.computed}
    if measured is not None:
        used.add(Role.CTP)
    return [role for role in case.series if role in used]
