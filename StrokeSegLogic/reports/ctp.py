"""The report of core and penumbra on CT perfusion."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import SimpleITK as sitk
from markupsafe import Markup

from ..ctp.numbers.criteria import RESEARCH_USE_ONLY
from ..ctp.numbers.mismatch import LEAST_INTENSITY_ML, DelayVolume, PerfusionNumbers, ratio_words
from ..ctp.numbers.sweep import Sweep
from ..ctp.result import PerfusionSegmentation
from ..ctp.routes.route import Route
from ..ctp.series.maps import PerfusionMaps
from ..ctp.series.maps_record import vessel_words
from ..result.looks import CORE_STYLE, PENUMBRA_STYLE
from ..result.map_origins import parted
from ..result.outcome import Display
from ..study.case import Role, role_names
from . import criteria_parts
from .ctp_figures import ctp_figures
from .page import NONE, Cell, colour_of, ml, patient, report
from .sweep_figure import sweep_svg, sweep_table
from .vessel_figure import vessel_svg

_NAMES = {"thresholds": "thresholds", "slow-fusion": "slow fusion", "unet3d": "the 3-D U-Net"}
_TITLES = {"thresholds": "Thresholds", "slow-fusion": "Slow fusion", "unet3d": "3-D U-Net"}

_TRIAL_WORDS = {False: "research use only; items below", True: "flips within the uncertainty; research use only"}
_SVG_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
"""Goes without saying inside HTML."""


def ctp_report(result: PerfusionSegmentation) -> str:
    """The report as HTML."""
    shown = ctp_figures(result)
    return report(
        "ctp.html",
        result,
        result.provenance,
        kind="CT perfusion: core and penumbra",
        made_by=_made_by(result),
        units=result.units,
        key=_found(result),
        shown=shown,
        title_shown=Display(computed=shown.on in result.computed).title(shown.on),
        unit_shown=result.units.get(Role(shown.on), "unknown scale"),
        last_slice=result.grid.size[2] - 1,
        found=bool((result.array() > 0).any()),
        core_colour=colour_of(CORE_STYLE),
        penumbra_colour=colour_of(PENUMBRA_STYLE),
        numbers=None if result.numbers is None else _numbers(result.numbers),
        routes=_routes(result),
        route_notes=[f"{_TITLES[route.name]}: {note}" for route in result.routes for note in route.notes],
        criteria=result.criteria,
        criteria_words=SimpleNamespace(
            signs=criteria_parts.SIGNS, value=criteria_parts.value, limit=criteria_parts.limit
        ),
        research_use_only=RESEARCH_USE_ONLY,
        sweep=None if result.sweep is None else _sweep(result.sweep),
        measured=None if result.measured is None else _measured(result.measured),
        made=dict(
            zip(("given", "computed"), (role_names(roles) for roles in parted(result.origins.values())), strict=True)
        ),
        origins={str(role): origin.words for role, origin in result.origins.items()},
        values=_values(result),
    )


def _made_by(result: PerfusionSegmentation) -> str:
    """What made the labels shown, and what any network here has learned from."""
    route = result.route
    # The title of thresholds names them; a model's is its own.
    said = f"{_NAMES[route.name]} ({route.title})" if route.trained_on else route.title
    words = f"The result is that of {said}."
    taught = [network for network in result.routes if network.trained_on]
    if route.trained_on:
        return f"{words} It was trained on {route.trained_on}."
    if taught:
        names = " and ".join(_NAMES[network.name] for network in taught)
        words += f" Beside it: {names}, trained on simulated perfusion."
    return words


def _found(result: PerfusionSegmentation) -> list[Cell]:
    route = result.route
    by = f"by {_NAMES[route.name]}"
    core = [("Core", f"{ml(route.core_ml)} ml", by)]
    if route.penumbra_ml is None:
        core.append(("Penumbra", NONE, "this network knows the core alone"))
    else:
        core.append(("Penumbra", f"{ml(route.penumbra_ml)} ml", by))
    trials = [(criteria.trial, criteria.verdict, _TRIAL_WORDS[criteria.flips]) for criteria in result.criteria]
    return [*core, *_mismatch(result.numbers), *trials, *patient(result.case.clinical)]


def _mismatch(numbers: PerfusionNumbers | None) -> list[Cell]:
    if numbers is None:
        return [("Mismatch", "unknown", "thresholds could not be applied")]
    value, words = ratio_words(numbers.mismatch_ratio)
    return [
        ("Mismatch volume", f"{numbers.mismatch_ml:.1f} ml", "hypoperfused less core, by thresholds"),
        ("Mismatch ratio", value, words or "hypoperfused over core, by thresholds"),
        _side(numbers),
    ]


def _side(numbers: PerfusionNumbers) -> Cell:
    if numbers.side is None:
        return "Side", "none", "no tissue is hypoperfused"
    if numbers.left_share is None:
        return "Side", numbers.side, "one hemisphere alone lies in the field"
    words = f"{numbers.left_share:.0%} of the hypoperfused volume on the patient's left"
    return "Side", numbers.side, words


def _numbers(numbers: PerfusionNumbers) -> dict[str, object]:
    reference = f"Flow is relative to {numbers.reference}: mean CBF {numbers.reference_cbf:.1f}."
    tissue = f"Judged: {numbers.tissue_ml:.0f} ml of brain, less the vessels and fluid that were found."
    cells = [
        *(_delay(volume) for volume in numbers.delays),
        ("Core by rCBF", f"{ml(numbers.core_ml)} ml", "within hypoperfused tissue"),
        ("Penumbra", f"{ml(numbers.penumbra_ml)} ml", "hypoperfused and no core"),
        (
            "Hypoperfusion intensity ratio",
            _ratio(numbers.hypoperfusion_intensity_ratio),
            f"Tmax > 10 s over Tmax > 6 s; not told of less than {LEAST_INTENSITY_ML:g} ml",
        ),
        ("CBV index", _ratio(numbers.cbv_index), "CBV at Tmax > 6 s over that of normal tissue"),
    ]
    return {"cells": cells, "words": f"{reference} {tissue}", "notes": numbers.notes}


def _delay(volume: DelayVolume) -> Cell:
    if volume.ml is None:
        return f"Tmax > {volume.tmax_s:g} s", NONE, "cannot be told: the map's scale is cut off"
    return f"Tmax > {volume.tmax_s:g} s", f"{ml(volume.ml)} ml", ""


def _ratio(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _routes(result: PerfusionSegmentation) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for route in result.routes:
        core, penumbra = result.dice_with_chosen(route)
        chosen = route.name == result.chosen
        rows.append(
            (
                _TITLES[route.name] + (" (the result)" if chosen else ""),
                _model(route),
                ml(route.core_ml),
                NONE if route.penumbra_ml is None else ml(route.penumbra_ml),
                NONE if chosen else f"{core:.2f}",
                NONE if chosen or penumbra is None else f"{penumbra:.2f}",
            )
        )
    return rows


def _model(route: Route) -> str:
    if not route.trained_on:
        return route.title
    name = " ".join(str(route.model[key]) for key in ("name", "version") if route.model.get(key))
    digest = str(route.model.get("weights_sha256", ""))[:12]
    return f"{route.title}; model {name}" + (f" ({digest})" if digest else "") + f", trained on {route.trained_on}"


def _sweep(sweep: Sweep) -> dict[str, object]:
    heads, rows = sweep_table(sweep)
    return {"svg": _inline(sweep_svg(sweep)), "heads": heads, "rows": rows}


def _values(result: PerfusionSegmentation) -> list[tuple[str, str, str, str, str]]:
    brain = sitk.GetArrayViewFromImage(result.brain) > 0
    rows = []
    for role, image in result.maps.items():
        values = sitk.GetArrayViewFromImage(image)[brain]
        if values.size:
            low, middle, high = (float(v) for v in np.percentile(values, (1, 50, 99)))
            numbers = f"{middle:.3g}", f"{low:.3g} to {high:.3g}"
        else:
            numbers = NONE, NONE
        rows.append((role.display_name, result.origins[role].words, result.units.get(role, "unknown scale"), *numbers))
    return rows


def _measured(maps: PerfusionMaps) -> dict[str, object]:
    seconds = float(maps.times_s[-1] - maps.times_s[0])
    moved = "Motion was not looked for" if maps.motion is None else f"Motion: {maps.motion.summary}"
    artery, vein = vessel_words(maps)
    said = [
        f"{len(maps.times_s)} frames over {seconds:.0f} s, {maps.baseline} of them before contrast",
        moved,
        f"{artery}; its curve used times {maps.aif_scale:.2f}",
        vein,
        f"Hematocrit: {maps.hematocrit:g}",
        *maps.warnings,
    ]
    return {"said": said, "vessels": _inline(vessel_svg(maps))}


def _inline(svg: str) -> Markup:
    """A figure of our own as part of a page: its texts are escaped already."""
    return Markup(svg.replace(_SVG_NAMESPACE, ""))
