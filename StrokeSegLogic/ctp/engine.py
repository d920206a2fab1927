"""The walk from a CT perfusion case to core and penumbra: standard maps, routes, numbers, criteria."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ..base.errors import InputError
from ..base.progress import CancelToken, Progress, ProgressCallback
from ..base.settings import RouteName
from ..brain.perfusion import FROM_FRAMES, FROM_MAPS
from ..result.map_origins import origins_words
from ..result.outcome import BRAIN, case_record, run_record
from ..space.grid import Grid
from ..study.case import Case, Role, require_plausible
from .maps.choice import MapChoice, choose_maps, chosen_maps, require_maps, used_roles
from .maps.completion import outline
from .numbers.criteria import Criteria, dawn, defuse3
from .numbers.mismatch import PerfusionNumbers, measure_perfusion
from .numbers.sweep import Sweep, sweep
from .numbers.uncertainty import Uncertainty, moved_thresholds, repeated_scans
from .result import PerfusionSegmentation, origins_of
from .routes.choice import Routes
from .routes.route import Route
from .settings import PerfusionSettings
from .tissue.bleeding import bleeding_warnings
from .tissue.thresholds import ThresholdSegmentation

SIMULATED = "trained on simulated perfusion: never measured on patients"


def segment_perfusion(
    case: Case,
    *,
    route: RouteName | None = None,
    reference: Role | str | None = None,
    settings: PerfusionSettings | None = None,
    choice: MapChoice | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> PerfusionSegmentation:
    """Core and penumbra of a CT perfusion case by every route that its data allow.

    Maps that are given are used. What is missing beside CBF and Tmax is computed from the 4-D series where there is
    any; all maps are, where CBF or Tmax is missing or cannot be used. No perfusion lesion is a result.

    Args:
        case: maps, or a 4-D series, or both; CT and MIP where there are any.
        route: whose labels are the result; None is that of the settings. Routes beside it that cannot be taken are
            named in the warnings.
        reference: map on whose grid the result lies; None is CBF, else the series' own grid.
        settings: how.
        choice: what `maps.choice.choose_maps` said of this case and reference, if it was asked before.
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
    if route is not None:
        settings = replace(settings, route=route)
    if settings.anonymous:
        case = case.anonymous()
    if case.modality != "ctp":
        raise InputError(
            "holds MR sequences, no CT perfusion", where=case.name, fix="Segment it as MRI", option="modality"
        )
    require_plausible(case.clinical)
    from ..nets.run.network import choose

    device = choose(settings.device)
    wanted = None if reference is None else Role.parse(reference)
    report(0.0, "maps")
    choice = choice or choose_maps(case, wanted)
    standard, measured = chosen_maps(case, choice, settings, report.span(0.0, 0.5))
    require_maps(case, standard)
    grid = Grid.of(next(iter(standard.images.values())))
    report(0.5, "brain")
    whole = measured is not None and not choice.completes
    brain = measured.brain if measured is not None and whole else outline(standard)
    clear = brain
    if Role.CT in standard.computed and standard.series_brain is not None:
        # Bone is as dense as blood: the brain of the frames ends before the skull, that of given maps may not.
        clear = brain & standard.series_brain
    taken = Routes(case, standard, grid, brain, settings, device)
    chosen, routes, left = taken.all(settings.route, report.span(0.5, 0.85))
    numbers, table, criteria = _numbers(taken.thresholds, case, report.span(0.85, 1.0))
    record = {
        **run_record(time.perf_counter() - started),
        "model": _model(next(found for found in routes if found.name == chosen)),
        "maps": origins_words(origins_of(case, standard.images, standard.computed).values()),
        BRAIN: FROM_FRAMES if whole else FROM_MAPS,
        "settings": {
            "maps": asdict(settings.maps),
            "thresholds": asdict(settings.thresholds),
            "anonymous": settings.anonymous,
        },
        "device": {"name": device.name, "precision": device.precision},
        **case_record(case, choice.base, grid, used_roles(case, standard, measured)),
    }
    blood = bleeding_warnings(standard.images[Role.CT], clear) if Role.CT in standard.images else ()
    warnings = [*blood, *(doubt.words for doubt in standard.doubts), *(measured.warnings if measured else ()), *left]
    if numbers is None:
        warnings.append("volumes over thresholds, mismatch and trial criteria could not be computed")
    # Further down in a route's notes a reader of the volumes would miss it.
    warnings += [f"{way.name}: {note}" for way in routes for note in way.withheld]
    warnings += [f"{way.name}: {SIMULATED}" for way in routes if way.trained_on]
    report(1.0, "segmented")
    return PerfusionSegmentation(
        case=case,
        reference=choice.base,
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
        computed=standard.computed,
        scales=standard.scales,
    )


def _numbers(
    found: ThresholdSegmentation | None, case: Case, progress: Progress
) -> tuple[PerfusionNumbers | None, Sweep | None, tuple[Criteria, ...]]:
    if found is None:
        return None, None, ()
    numbers = measure_perfusion(found)
    table = sweep(found, progress=progress)
    either = _either(repeated_scans(numbers), moved_thresholds(table))
    return numbers, table, (defuse3(numbers, case.clinical, either), dawn(numbers, case.clinical, either))


def _either(first: Uncertainty, other: Uncertainty) -> Uncertainty:
    return Uncertainty(f"{first.words}; or {other.words}", (*first.volumes, *other.volumes))


def _model(route: Route) -> dict[str, Any]:
    if not route.model:
        return {"name": route.name, "title": route.title}
    return {**route.model, "title": route.title, "trained_on": route.trained_on}
