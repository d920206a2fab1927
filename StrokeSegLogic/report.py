"""One self-contained HTML page that says what was found, on what, by what, and shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

import numpy as np
import SimpleITK as sitk

from . import __version__
from .grid import Grid
from .html_parts import NONE, bullets, colour_legend, framed, row, section, table, tree
from .pictures import anatomical
from .report_figures import AGREEMENT, CONTOUR, Figures, figures
from .resources import resource
from .segmentation import Segmentation
from .volumes.files import write_whole

_LESIONS_LISTED = 15
_TIMES = " \u00d7 "


def write_report(segmentation: Segmentation, path: Path) -> None:
    """Writes the report of a segmentation; the file is whole or not there.

    Raises:
        OutputError: if the file cannot be written.
    """
    write_whole(Path(path), html_report(segmentation).encode("utf-8"))


def html_report(segmentation: Segmentation) -> str:
    """The report as HTML: pictures inside, no script, nothing loaded from elsewhere."""
    template = Template(resource("Report", "report.html").read_text(encoding="utf-8"))
    shown = figures(segmentation)
    name = escape(segmentation.case.name)
    what, centre = ("lesion", "largest lesion") if segmentation.statistics.lesions else ("brain", "brain")
    return template.substitute(
        title=f"{name} | StrokeSeg report",
        name=name,
        version=escape(__version__),
        model=_model(segmentation),
        warnings=_warnings(segmentation.warnings),
        key_numbers=_key_numbers(segmentation),
        montage=_montage(segmentation, shown),
        sequences=section(f"All sequences at the slice with most {what}", row("six", shown.sequences)),
        orthogonal=section(f"Three planes through the {centre}", row("scaled", shown.orthogonal)),
        doubt=_doubt(shown),
        planes=_planes(segmentation),
        lesions=_lesions(segmentation),
        inputs=_inputs(segmentation),
        notes=_notes(segmentation.case.notes),
        provenance=section("Provenance", f'<div class="provenance scroll">{tree(segmentation.provenance)}</div>'),
    )


def _model(segmentation: Segmentation) -> str:
    """One sentence under the title: what made this, and what that has learned from."""
    model = segmentation.provenance.get("model")
    if not isinstance(model, Mapping) or "trained_on" not in model:
        return ""
    words = f"Model {model.get('name')} {model.get('version')}, trained on {model['trained_on']}."
    return f"<p>{escape(words)}</p>"


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    return f'<section class="warnings" role="note"><h2>Read this first</h2>{bullets(warnings)}</section>'


def _notes(notes: Sequence[str]) -> str:
    return section("Notes on the case", bullets(notes, "notes")) if notes else ""


def _key_numbers(segmentation: Segmentation) -> str:
    numbers = segmentation.statistics
    count = len(numbers.lesions)
    cells = [("Lesion volume", f"{ml(numbers.volume_ml)} ml", f"of {numbers.brain_ml:.0f} ml in the brain mask")]
    largest = f"the largest {ml(numbers.lesions[0].volume_ml)} ml" if count else "nothing was called lesion"
    cells.append(("Lesions", str(count), largest))
    if numbers.left_share is None or numbers.right_share is None:
        cells.append(("Left | right", NONE, "no lesion"))
    else:
        cells.append(("Left | right", f"{numbers.left_share:.0%} | {numbers.right_share:.0%}", "of the lesion volume"))
    cells.append(("Agreement of planes", *_agreement(segmentation)))
    clinical = segmentation.case.clinical
    known = [
        (clinical.age, "age {:g}"),
        (clinical.nihss, "NIHSS {:g}"),
        (clinical.onset_hours, "{:g} h since onset"),
    ]
    patient = [words.format(value) for value, words in known if value is not None]
    if patient:
        cells.append(("Patient", patient[0], ", ".join(patient[1:])))
    boxes = (
        f"<div><dt>{escape(title)}</dt><dd>{escape(value)}<small>{escape(words)}</small></dd></div>"
        for title, value, words in cells
    )
    return f'<dl class="key">{"".join(boxes)}</dl>'


def _agreement(segmentation: Segmentation) -> tuple[str, str]:
    """Part of what any plane calls lesion that all of them call lesion."""
    voters = len(segmentation.statistics.planes)
    if voters < 2:
        return NONE, "one plane alone has voted" if voters else "no plane has voted"
    counts = sitk.GetArrayViewFromImage(segmentation.agreement)
    any_plane = int(np.count_nonzero(counts))
    if not any_plane:
        return "full", "no plane calls anything lesion"
    return f"{np.count_nonzero(counts >= voters) / any_plane:.0%}", f"of what any plane marks, all {voters} mark"


def _montage(segmentation: Segmentation, shown: Figures) -> str:
    last = segmentation.grid.size[2] - 1
    words = (
        f"Reference: {segmentation.reference}, {shown.plane} slices, numbered 0 to {last} as they are stored, with the "
        "position of their centre."
    )
    pictures = row("six", shown.montage)
    words = f"<p class='soft'>{escape(words)}</p>"
    if not segmentation.statistics.lesions:
        return section("Reference: no lesion was found", words, pictures)
    return section("Lesion on the reference", words, colour_legend([(CONTOUR, "edge of the voted lesion")]), pictures)


def _doubt(shown: Figures) -> str:
    if not shown.doubt:
        return ""
    pairs = "".join(f'<div class="pair">{framed(one)}{framed(two)}</div>' for one, two in shown.doubt)
    ramp = (
        '<li><i class="ramp" style="background:linear-gradient(90deg,#ffed64,#fd8d3c,#bd0026)"></i>'
        "probability of lesion, low to high; white: the voted lesion</li>"
    )
    planes = zip(AGREEMENT, ("one plane says lesion", "two planes", "three planes"), strict=True)
    return section(
        "Slices of most doubt",
        "<p class='soft'>In descending doubt: look at these first.</p>",
        colour_legend(planes, ramp),
        f'<div class="row six">{pairs}</div>',
    )


def _planes(segmentation: Segmentation) -> str:
    rows = [
        (one.plane, ml(one.volume_ml), f"{one.dice_with_vote:.2f}", str(one.slices), f"{one.weight:.2f}")
        for one in segmentation.statistics.planes
    ]
    heads = ("Plane", "Volume, ml", "Dice with the vote", "Slices seen", "Weight")
    return section("What each plane said", table(heads, rows, numbers=4))


def _lesions(segmentation: Segmentation) -> str:
    lesions = segmentation.statistics.lesions
    if not lesions:
        return ""
    rows = [(place(one.centre_mm), ml(one.volume_ml), f"{one.probability:.2f}") for one in lesions[:_LESIONS_LISTED]]
    more = len(lesions) - len(rows)
    rest = f"<p class='soft'>{more} smaller ones are not listed; result.json has them all.</p>" if more else ""
    return section("Lesions", table(("Centre, mm", "Volume, ml", "Mean probability"), rows, numbers=2), rest)


def _inputs(segmentation: Segmentation) -> str:
    rows = []
    for role, one in segmentation.case.series.items():
        grid = Grid.of(one.image)
        size = _TIMES.join(map(str, grid.size)) + " voxels of " + _TIMES.join(f"{s:.3g}" for s in grid.spacing) + " mm"
        use = f"{role} (reference)" if role is segmentation.reference else str(role)
        rows.append((use, one.source, size, one.reason, f"{one.confidence:.0%}", one.sha256[:12]))
    heads = ("Role", "Source", "Grid", "Why this role", "Confidence", "SHA-256")
    return section("Inputs", table(heads, rows))


def ml(volume: float) -> str:
    """Millilitres with two digits below ten, one above."""
    return f"{volume:.2f}" if volume < 9.995 else f"{volume:.1f}"


def place(lps_mm: Sequence[float]) -> str:
    """A position in words: "L 32, A 10, S 5"."""
    return ", ".join(anatomical(axis, mm) for axis, mm in enumerate(lps_mm))
