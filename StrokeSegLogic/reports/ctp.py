"""The report of core and penumbra on CT perfusion."""

from __future__ import annotations

from html import escape

import numpy as np
import SimpleITK as sitk

from ..ctp.routes.route import Route
from ..html_parts import NONE, bullets, colour_bar, colour_legend, key_numbers, plot, row, section, table
from ..outcome import Layer
from ..palettes import css_gradient
from ..perfusion.maps import PerfusionMaps
from ..perfusion.mismatch import LEAST_INTENSITY_ML, DelayVolume, PerfusionNumbers
from ..perfusion.result import PerfusionSegmentation
from ..perfusion.sweep import Sweep
from ..perfusion.sweep_figure import sweep_svg, sweep_table
from ..perfusion.vessel_figure import vessel_svg
from ..terminology import CORE_STYLE, PENUMBRA_STYLE
from .criteria_parts import criteria_section
from .ctp_figures import CtpFigures, colour_of, ctp_figures
from .parts import inputs, ml, notes, page, patient, provenance

_NAMES = {"thresholds": "thresholds", "slow-fusion": "slow fusion", "unet3d": "the 3-D U-Net"}
_TITLES = {"thresholds": "Thresholds", "slow-fusion": "Slow fusion", "unet3d": "3-D U-Net"}

_TRIAL_WORDS = {False: "research use only; items below", True: "flips within the uncertainty; research use only"}


def ctp_report(result: PerfusionSegmentation) -> str:
    """The report as HTML."""
    shown = ctp_figures(result)
    body = (
        _found(result),
        _montage(result, shown),
        _numbers(result.numbers),
        _routes(result),
        criteria_section(result.criteria),
        _sweep(result.sweep),
        _maps(shown),
        _making(result),
        inputs(result, result.units),
        notes(result.case),
        provenance(result.provenance),
    )
    return page(result, "CT perfusion: core and penumbra", _made_by(result), body)


def _made_by(result: PerfusionSegmentation) -> str:
    """What made the labels shown, and what any network here has learned from."""
    route = result.route
    # The title of thresholds names them; a model's is its own.
    said = f"{_NAMES[route.name]} ({route.title})" if route.trained_on else route.title
    words = f"The result is that of {said}."
    taught = [one for one in result.routes if one.trained_on]
    if route.trained_on:
        return f"{words} It was trained on {route.trained_on}."
    if taught:
        names = " and ".join(_NAMES[one.name] for one in taught)
        words += f" Beside it: {names}, trained on simulated perfusion."
    return words


def _found(result: PerfusionSegmentation) -> str:
    route = result.route
    by = f"by {_NAMES[route.name]}"
    core = [("Core", f"{ml(route.core_ml)} ml", by)]
    if route.penumbra_ml is None:
        core.append(("Penumbra", NONE, "this network knows the core alone"))
    else:
        core.append(("Penumbra", f"{ml(route.penumbra_ml)} ml", by))
    trials = [(one.trial, one.verdict, _TRIAL_WORDS[one.flips]) for one in result.criteria]
    return key_numbers([*core, *_mismatch(result.numbers), *trials, *patient(result.case.clinical)])


def _mismatch(numbers: PerfusionNumbers | None) -> list[tuple[str, str, str]]:
    if numbers is None:
        return [("Mismatch", "unknown", "thresholds could not be applied")]
    value, _, words = numbers.mismatch_ratio_words.partition(" ")
    return [
        ("Mismatch volume", f"{numbers.mismatch_ml:.1f} ml", "hypoperfused less core, by thresholds"),
        ("Mismatch ratio", value, words.strip("()") or "hypoperfused over core, by thresholds"),
        _side(numbers),
    ]


def _side(numbers: PerfusionNumbers) -> tuple[str, str, str]:
    if numbers.side is None:
        return "Side", "none", "no tissue is hypoperfused"
    if numbers.left_share is None:
        return "Side", numbers.side, "one hemisphere alone lies in the field"
    words = f"{numbers.left_share:.0%} of the hypoperfused volume on the patient's left"
    return "Side", numbers.side, words


def _montage(result: PerfusionSegmentation, shown: CtpFigures) -> str:
    last = result.grid.size[2] - 1
    unit = result.units.get(shown.on, "unknown scale")
    words = (
        f"On {shown.on} ({unit}), {shown.plane} slices, numbered 0 to {last} as they are stored, with the position of "
        "their centre."
    )
    before = f"<p class='soft'>{escape(words)}</p>"
    pictures = row("six", shown.montage)
    if not (result.array() > 0).any():
        return section("Neither core nor penumbra was found", before, pictures)
    legend = colour_legend(
        [
            (colour_of(CORE_STYLE), "edge of the core"),
            (colour_of(PENUMBRA_STYLE), "outer edge of the penumbra"),
        ]
    )
    return section("Core and penumbra", before, legend, pictures)


def _numbers(numbers: PerfusionNumbers | None) -> str:
    title = "Numbers by thresholds"
    if numbers is None:
        words = (
            "There are none: thresholds could not be applied, for want of a map, of its unit, or of normal tissue. "
            "What is said first names the reason. CBF, and Tmax in seconds, or the 4-D series, would give them."
        )
        return section(title, f"<p>{escape(words)}</p>")
    reference = f"Flow is relative to {numbers.reference}: mean CBF {numbers.reference_cbf:.1f}."
    tissue = f"Judged: {numbers.tissue_ml:.0f} ml of brain, less the vessels and fluid that were found."
    cells = [_delay(one) for one in numbers.delays]
    cells += [
        ("Core by rCBF", f"{ml(numbers.core_ml)} ml", "within hypoperfused tissue"),
        ("Penumbra", f"{ml(numbers.penumbra_ml)} ml", "hypoperfused and no core"),
        (
            "Hypoperfusion intensity ratio",
            _ratio(numbers.hypoperfusion_intensity_ratio),
            f"Tmax > 10 s over Tmax > 6 s; not told of less than {LEAST_INTENSITY_ML:g} ml",
        ),
        ("CBV index", _ratio(numbers.cbv_index), "CBV at Tmax > 6 s over that of normal tissue"),
    ]
    said = bullets(numbers.notes, "notes soft") if numbers.notes else ""
    return section(title, key_numbers(cells), f"<p class='soft'>{escape(reference)} {escape(tissue)}</p>", said)


def _delay(one: DelayVolume) -> tuple[str, str, str]:
    if one.ml is None:
        return f"Tmax > {one.tmax_s:g} s", NONE, "cannot be told: the map's scale is cut off"
    return f"Tmax > {one.tmax_s:g} s", f"{ml(one.ml)} ml", ""


def _ratio(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _routes(result: PerfusionSegmentation) -> str:
    rows = []
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
    heads = ("Route", "By", "Core, ml", "Penumbra, ml", "Dice of core", "Dice of penumbra")
    said = [f"{_TITLES[route.name]}: {note}" for route in result.routes for note in route.notes]
    words = "Dice is with the route that is the result; 1 where neither marks anything."
    return section(
        "Routes beside each other",
        f'<div class="wide">{table(heads, rows, numbers=4)}</div>',
        f"<p class='soft'>{words}</p>",
        bullets(said, "notes soft") if said else "",
    )


def _model(route: Route) -> str:
    if not route.trained_on:
        return route.title
    name = " ".join(str(route.model[key]) for key in ("name", "version") if route.model.get(key))
    digest = str(route.model.get("weights_sha256", ""))[:12]
    return f"{route.title}; model {name}" + (f" ({digest})" if digest else "") + f", trained on {route.trained_on}"


def _sweep(found: Sweep | None) -> str:
    if found is None:
        return ""
    heads, rows = sweep_table(found)
    details = f"<details><summary>All volumes and ratios</summary>{table(heads, rows)}</details>"
    words = (
        "Dashed: the thresholds in use. Clean-up and the reference for flow stay the same. "
        "Ratios above 10 are drawn at 10."
    )
    return section(
        "How the numbers move with the thresholds", plot(sweep_svg(found)), f"<p class='soft'>{words}</p>", details
    )


def _maps(shown: CtpFigures) -> str:
    rows = "".join(
        f'<div class="map"><h3>{escape(one.layer.name)}</h3>{_bar(one.layer)}{row("six", one.slices)}</div>'
        for one in shown.maps
    )
    return section(
        "Maps",
        "<p class='soft'>Unmarked, on the same slices each. Black: no value, or the colour bar's low end.</p>",
        rows,
    )


def _bar(layer: Layer) -> str:
    low, high = layer.window or (0.0, 1.0)
    gradient = css_gradient(layer.look) if layer.look in ("flow", "time") else "linear-gradient(90deg,#000,#fff)"
    return colour_bar(gradient, f"{low:.3g}", f"{high:.3g}", layer.unit)


def _making(result: PerfusionSegmentation) -> str:
    found = table(("Map", "Unit", "Median in the brain", "1st to 99th percentile"), _values(result), numbers=2)
    if result.measured is None:
        words = "<p>The maps are those that were given, on one grid and in the units named here.</p>"
        return section("How the maps were made", words, found)
    return section("How the maps were made", *_measured(result.measured), found)


def _values(result: PerfusionSegmentation) -> list[tuple[str, str, str, str]]:
    brain = sitk.GetArrayViewFromImage(result.brain) > 0
    rows = []
    for name, image in result.maps.items():
        values = sitk.GetArrayViewFromImage(image)[brain]
        if values.size:
            low, middle, high = (float(v) for v in np.percentile(values, (1, 50, 99)))
            numbers = f"{middle:.3g}", f"{low:.3g} to {high:.3g}"
        else:
            numbers = NONE, NONE
        rows.append((name, result.units.get(name, "unknown scale"), *numbers))
    return rows


def _measured(maps: PerfusionMaps) -> tuple[str, ...]:
    seconds = float(maps.times_s[-1] - maps.times_s[0])
    moved = "Motion was not looked for" if maps.motion is None else f"Motion: {maps.motion.summary}"
    said = [
        f"{len(maps.times_s)} frames over {seconds:.0f} s, {maps.baseline} of them before contrast",
        moved,
        f"Artery: {_voxels(len(maps.aif.voxels))}, its curve used times {maps.aif_scale:.2f}",
        "Vein: none was found" if maps.vof is None else f"Vein: {_voxels(len(maps.vof.voxels))}",
        *maps.warnings,
    ]
    words = (
        "CBF, CBV, MTT and Tmax are computed here by block-circulant deconvolution. Look at the artery below before "
        "trusting them."
    )
    return f"<p>{words}</p>", bullets(said, "notes"), plot(vessel_svg(maps))


def _voxels(count: int) -> str:
    return f"{count} voxels" if count else "a given curve"
