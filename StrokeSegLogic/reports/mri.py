"""The report of an MRI lesion."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import SimpleITK as sitk

from ..html_parts import NONE, colour_legend, framed, key_numbers, row, section, table
from ..palettes import css_gradient
from ..segmentation import Segmentation
from .mri_figures import AGREEMENT, CONTOUR, Figures, figures
from .parts import inputs, ml, notes, page, patient, place, provenance

_LESIONS_LISTED = 15


def mri_report(segmentation: Segmentation) -> str:
    """The report as HTML."""
    shown = figures(segmentation)
    what, centre = ("lesion", "largest lesion") if segmentation.statistics.lesions else ("brain", "brain")
    body = (
        _key_numbers(segmentation),
        _montage(segmentation, shown),
        section(f"All sequences at the slice with most {what}", row("six", shown.sequences)),
        section(f"Three planes through the {centre}", row("scaled", shown.orthogonal)),
        _doubt(shown),
        _planes(segmentation),
        _lesions(segmentation),
        inputs(segmentation),
        notes(segmentation.case),
        provenance(segmentation.provenance),
    )
    return page(segmentation, "Ischemic stroke segmentation", _model(segmentation), body)


def _model(segmentation: Segmentation) -> str:
    """One sentence under the title: what made this, and what that has learned from."""
    model = segmentation.provenance.get("model")
    if not isinstance(model, Mapping) or "trained_on" not in model:
        return ""
    return f"Model {model.get('name')} {model.get('version')}, trained on {model['trained_on']}."


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
    return key_numbers([*cells, *patient(segmentation.case.clinical)])


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
        f'<li><i class="ramp" style="background:{css_gradient("heat")}"></i>'
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
