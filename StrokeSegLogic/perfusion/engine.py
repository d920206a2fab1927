"""The walk from a CT perfusion case to core and penumbra: standard maps, routes, numbers, criteria."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from ..case import MAP_ROLES, Case, Role
from ..errors import InputError
from ..grid import Grid, require_overlap, resample
from ..progress import CancelToken, Progress, ProgressCallback
from ..provenance import case_record, run_record
from .bleeding import said_of_bleeding
from .brain import brain_of_maps
from .criteria import Criteria, dawn, defuse3
from .gaps import filled
from .input_checks import require_plausible
from .inputs import StandardMaps, standard_maps
from .map_units import STANDARD_UNITS
from .maps import MapsSpec, PerfusionMaps, maps
from .mismatch import PerfusionNumbers, measure_perfusion
from .result import ROUTES, PerfusionSegmentation, Route, RouteName
from .routes import by_network, by_thresholds, require
from .sweep import Sweep, sweep
from .thresholds import ThresholdSegmentation, ThresholdSettings, segment_by_thresholds
from .uncertainty import Uncertainty, moved_thresholds, repeated_scans

if TYPE_CHECKING:
    from ..inference.device import Device

_THRESHOLD_MAPS = ("CBF", "TMAX")
SIMULATED = "trained on simulated perfusion: never measured on patients"


@dataclass(frozen=True)
class PerfusionSettings:
    """How a case is worked on.

    Attributes:
        maps: how maps are computed from a 4-D series.
        thresholds: of the route of thresholds and of the numbers.
        models: name or folder of a model for "slow-fusion" and "unet3d"; the bundled ones where none is given.
        device: "auto", "cpu", "cuda" or "mps".
    """

    maps: MapsSpec = field(default_factory=MapsSpec)
    thresholds: ThresholdSettings = field(default_factory=ThresholdSettings)
    models: Mapping[RouteName, str] = field(default_factory=dict)
    device: str = "auto"


def segment_perfusion(
    case: Case,
    *,
    route: RouteName | None = None,
    reference: Role | str | None = None,
    settings: PerfusionSettings | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> PerfusionSegmentation:
    """Core and penumbra of a CT perfusion case by every route that its data allow.

    Maps that are given are used. Where there is a 4-D series and they are not enough for thresholds, because CBF or
    Tmax is missing or cannot be used, all maps are computed from the series. No perfusion lesion is a result.

    Args:
        case: maps, or a 4-D series, or both; CT and MIP where there are any.
        route: whose labels are the result; None is the first of thresholds, slow fusion and 3-D U-Net that can be
            taken. Routes beside it that cannot be taken are named in the warnings.
        reference: map on whose grid the result lies; None is CBF, else the series' own grid.
        settings: how.
        progress: called with the fraction done and the stage in words.
        cancel: set it to stop at the next step.

    Raises:
        InputError: if the case is no CT perfusion, its clinical data are impossible, its series cannot be used, no
            map can be used, or the route asked for (or every route) lacks what it needs.
        ModelError: if a model is unknown or damaged.
        DeviceError: if the device is not there or too small.
        Cancelled: if the token was set.
    """
    started = time.perf_counter()
    report = Progress(progress, cancel)
    settings = settings or PerfusionSettings()
    if case.modality != "ctp":
        raise InputError("holds MR sequences, no CT perfusion", where=case.name, fix="Use --modality mri")
    if route is not None and route not in ROUTES:
        raise InputError(f"no route is called '{route}'", fix=f"Use one of {', '.join(ROUTES)}")
    require_plausible(case.clinical)
    from ..inference.device import choose

    device = choose(settings.device)
    wanted = None if reference is None else Role.parse(reference)
    standard, measured, base = _standard(case, wanted, settings, report.span(0.0, 0.5))
    _require_maps(case, standard)
    grid = Grid.of(next(iter(standard.images.values())))
    report(0.5, "brain")
    brain = _brain(standard, measured)
    taken = _Routes(case, standard, grid, brain, settings, device)
    chosen, routes, left = taken.all(route, report.span(0.5, 0.85))
    numbers, table, criteria = _numbers(taken.thresholds, case, report.span(0.85, 1.0))
    record = {
        **run_record(time.perf_counter() - started),
        "model": _model(next(one for one in routes if one.name == chosen)),
        "maps": "computed from the 4-D series" if measured else "given",
        "settings": {"maps": asdict(settings.maps), "thresholds": asdict(settings.thresholds)},
        "device": {"name": device.name, "precision": device.precision},
        **case_record(case, base, grid, _used(case, standard, measured)),
    }
    blood = said_of_bleeding(standard.images["CT"], brain) if "CT" in standard.images else ()
    warnings = [*blood, *standard.doubts, *(measured.warnings if measured else ()), *left]
    if numbers is None:
        warnings.append("volumes over thresholds, mismatch and trial criteria could not be computed")
    # Further down in a route's notes a reader of the volumes would miss it.
    warnings += [f"{one.name}: {note}" for one in routes for note in one.withheld]
    warnings += [f"{one.name}: {SIMULATED}" for one in routes if one.trained_on]
    report(1.0, "segmented")
    return PerfusionSegmentation(
        case=case,
        reference=base,
        chosen=chosen,
        routes=tuple(routes),
        maps=standard.images,
        units=standard.units,
        measured=measured,
        brain=grid.image(brain.astype(np.uint8)),
        numbers=numbers,
        sweep=table,
        criteria=criteria,
        provenance=record,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def computes_maps(case: Case) -> bool:
    """Whether the maps come from the case's 4-D series, because those that are given are not enough.

    Raises:
        InputError: if the given maps have to be judged and contradict each other (see `inputs.standard_maps`).
    """
    if Role.CTP not in case.series or not _given_for_thresholds(case):
        return Role.CTP in case.series
    return not _enough(standard_maps(case))


def _given_for_thresholds(case: Case) -> bool:
    return all(Role(name) in case.series for name in _THRESHOLD_MAPS)


def _enough(standard: StandardMaps) -> bool:
    """Whether the given maps, as they were read, allow thresholds."""
    return standard.usable.issuperset(_THRESHOLD_MAPS)


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


def _standard(
    case: Case, reference: Role | None, settings: PerfusionSettings, progress: Progress
) -> tuple[StandardMaps, PerfusionMaps | None, Role]:
    """Maps in standard units on one grid, how they were computed if they were, and whose grid it is."""
    given: StandardMaps | None = None
    if Role.CTP not in case.series or _given_for_thresholds(case):
        progress(0.0, "maps")
        base = case.reference(reference).role
        given = standard_maps(case, reference)
        if Role.CTP not in case.series or _enough(given):
            return given, None, base
    # That no limit is applied to them, and how to mend it, is of no interest where others take their place.
    why = () if given is None else tuple(one for one in _said_of(case, given) if "no limit is applied" not in one)
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


def _said_of(case: Case, standard: StandardMaps) -> tuple[str, ...]:
    """What there is to say of the case's maps that cannot be used."""
    bad = [str(role) for role in case.series if role in MAP_ROLES and str(role) not in standard.usable]
    return tuple(one for one in standard.doubts if any(re.search(rf"\b{name}\b", one) for name in bad))


def _require_maps(case: Case, standard: StandardMaps) -> None:
    if not any(Role(name) in MAP_ROLES for name in standard.images):
        given = ", ".join(str(role) for role in case.series if role in MAP_ROLES)
        raise InputError(
            "; ".join([f"none of its maps ({given}) can be used", *_said_of(case, standard)]),
            where=case.name,
            fix="Name role and unit of each map (ROLE=FILE@UNIT) if you know them, or give the CTP series itself",
        )


def _preferred(role: Role, given: sitk.Image, made: sitk.Image) -> sitk.Image:
    """The given image on the grid of the one that stands in for it, which still stands beyond its field of view."""
    grid = Grid.of(made)
    image, _ = filled(role.value, given)
    shown = sitk.GetArrayFromImage(resample(sitk.Cast(image, sitk.sitkFloat32), grid, fill=float("nan")))
    return grid.image(np.where(np.isnan(shown), sitk.GetArrayViewFromImage(made), shown).astype(np.float32))


def _brain(standard: StandardMaps, measured: PerfusionMaps | None) -> np.ndarray:
    if measured is not None:
        return measured.brain
    values = {name: sitk.GetArrayFromImage(image).astype(np.float32) for name, image in standard.images.items()}
    # A map that runs the wrong way is brightest outside the brain.
    fit = {name: one for name, one in values.items() if name not in standard.inverted}
    if any(Role(name) in MAP_ROLES for name in fit):
        values = fit
    brain = brain_of_maps(Grid.of(next(iter(standard.images.values()))), values)
    return brain if standard.unjudged is None else brain & ~standard.unjudged


class _Routes:
    """Takes the routes; one that cannot be taken leaves its reason."""

    def __init__(
        self,
        case: Case,
        standard: StandardMaps,
        grid: Grid,
        brain: np.ndarray,
        settings: PerfusionSettings,
        device: Device,
    ) -> None:
        self._case = case
        self._standard = standard
        self._grid = grid
        self._brain = brain
        self._settings = settings
        self._device = device
        self.thresholds: ThresholdSegmentation | None = None

    def all(self, asked: RouteName | None, progress: Progress) -> tuple[RouteName, list[Route], list[str]]:
        """The chosen route's name, all that were taken, and why others were not.

        Raises:
            InputError: of the route asked for, or of the first one if none can be taken; with what is doubtful about
                the maps that could not be used.
        """
        taken: list[Route] = []
        refused: dict[RouteName, InputError] = {}
        for number, name in enumerate(ROUTES):
            span = progress.span(number / len(ROUTES), (number + 1) / len(ROUTES))
            try:
                taken.append(self._take(name, span))
            except InputError as error:
                if name == asked:
                    raise self._explained(error) from error
                refused[name] = error
        if not taken:
            raise self._explained(next(iter(refused.values())))
        return asked or taken[0].name, taken, [f"no route of {name}: {error}" for name, error in refused.items()]

    def _explained(self, error: InputError) -> InputError:
        """The refusal with the doubts that led to it: an error shows no warnings beside it."""
        said = _said_of(self._case, self._standard)
        out = [str(role) for role in self._case.series if role in MAP_ROLES and str(role) not in self._standard.images]
        concerned = {name for name in STANDARD_UNITS if re.search(rf"\b{name}\b", error.what)}
        fix = error.fix
        if concerned & self._standard.inverted.keys():
            fix = "Export them again, the right way round, or give the CTP series by itself"
        elif concerned.intersection(out):
            fix = f"Name the role and unit of {', '.join(out)}, or give the CTP series by itself"
        return InputError("; ".join([error.what, *said]), where=error.where or self._case.name, fix=fix)

    def _take(self, name: RouteName, progress: Progress) -> Route:
        progress(0.0, f"route: {name}")
        standard = self._standard
        if name == "thresholds":
            require(standard.images, standard.usable, _THRESHOLD_MAPS, "the route of thresholds")
            # A map whose unit is not known says nothing at an absolute limit.
            known = {role: image for role, image in standard.images.items() if role in standard.usable}
            self.thresholds = segment_by_thresholds(known, self._settings.thresholds, self._brain)
            return by_thresholds(self.thresholds)
        nihss = self._case.clinical.nihss
        model = self._settings.models.get(name)
        return by_network(name, model, standard, self._grid, nihss, self._device, progress)


def _numbers(
    found: ThresholdSegmentation | None, case: Case, progress: Progress
) -> tuple[PerfusionNumbers | None, Sweep | None, tuple[Criteria, ...]]:
    if found is None:
        return None, None, ()
    numbers = measure_perfusion(found)
    table = sweep(found, progress=progress)
    either = _either(repeated_scans(numbers), moved_thresholds(table))
    return numbers, table, (defuse3(numbers, case.clinical, either), dawn(numbers, case.clinical, either))


def _either(one: Uncertainty, other: Uncertainty) -> Uncertainty:
    return Uncertainty(f"{one.words}; or {other.words}", (*one.volumes, *other.volumes))


def _model(route: Route) -> dict[str, Any]:
    if not route.model:
        return {"name": route.name, "title": route.title}
    return {**route.model, "title": route.title, "trained_on": route.trained_on}


def _used(case: Case, standard: StandardMaps, measured: PerfusionMaps | None) -> Sequence[Role]:
    if measured is None:
        return [role for role in case.series if role.value in standard.images]
    return [role for role in case.series if role in (Role.CTP, Role.CT, Role.MIP)]
