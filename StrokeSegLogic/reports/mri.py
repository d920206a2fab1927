"""The report of an MRI lesion."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from ..mri.result import Segmentation
from .html import NONE
from .mri_figures import AGREEMENT, CONTOUR, figures
from .parts import Cell, ml, patient, place, report

_LESIONS_LISTED = 15


def mri_report(segmentation: Segmentation) -> str:
    """The report as HTML."""
    statistics = segmentation.statistics
    return report(
        "mri.html",
        segmentation,
        segmentation.provenance,
        kind="Ischemic stroke segmentation",
        made_by=_model(segmentation),
        key=_key_numbers(segmentation),
        shown=figures(segmentation),
        reference=segmentation.reference,
        last_slice=segmentation.grid.size[2] - 1,
        contour=CONTOUR,
        agreement_colours=AGREEMENT,
        planes=[
            (vote.plane, ml(vote.volume_ml), f"{vote.dice_with_vote:.2f}", str(vote.slices), f"{vote.weight:.2f}")
            for vote in statistics.planes
        ],
        lesions=[
            (place(lesion.centre_mm), ml(lesion.volume_ml), f"{lesion.probability:.2f}")
            for lesion in statistics.lesions[:_LESIONS_LISTED]
        ],
        not_listed=max(len(statistics.lesions) - _LESIONS_LISTED, 0),
    )


def _model(segmentation: Segmentation) -> str:
    """A sentence under the title: what made this, and what that has learned from."""
    model = segmentation.provenance.get("model")
    if not isinstance(model, Mapping) or "trained_on" not in model:
        return ""
    return f"Model {model.get('name')} {model.get('version')}, trained on {model['trained_on']}."


def _key_numbers(segmentation: Segmentation) -> list[Cell]:
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
    return [*cells, *patient(segmentation.case.clinical)]


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
