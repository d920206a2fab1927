"""The brain mask in both reports: a thin line on what is marked, and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from html_page import Page
from panel.studies import lesion_result
from perfusion_results import perfused

from StrokeSegLogic.outputs.files import html_report
from StrokeSegLogic.reports.ctp_figures import ctp_figures
from StrokeSegLogic.reports.mri import figures
from StrokeSegLogic.reports.page import BRAIN_COLOUR
from StrokeSegLogic.reports.pictures import Figure


def line_of(figure: Figure) -> np.ndarray:
    return np.asarray((figure.picture == BRAIN_COLOUR).all(axis=2))


def surrounds(pictures: Sequence[Figure]) -> bool:
    """Whether every picture has a line around what is in its middle, and none there."""
    for figure in pictures:
        line = line_of(figure)
        height, width = line.shape
        rows, columns = np.nonzero(line)
        spans = rows.size and np.ptp(rows) > height / 3 and np.ptp(columns) > width / 3
        if not spans or line[height // 2 - 9 : height // 2 + 9, width // 2 - 9 : width // 2 + 9].any():
            return False
    return True


def test_on_mri_it_is_drawn_on_what_is_marked_and_on_nothing_else() -> None:
    drawn = figures(lesion_result())
    plain, *marked = drawn.sequences
    assert not line_of(plain).any()
    assert surrounds([*marked, *drawn.orthogonal]) and len(marked) >= 2
    middle = drawn.montage[len(drawn.montage) // 2]
    # A line of a single pixel: half of what a contour of the same mask would take.
    assert surrounds([middle]) and line_of(middle).sum() < 2.5 * sum(middle.picture.shape[:2])


def test_on_ct_perfusion_it_is_drawn_on_the_findings_and_not_on_the_maps() -> None:
    shown = ctp_figures(perfused())
    assert surrounds([shown.montage[len(shown.montage) // 2]])
    assert not any(line_of(figure).any() for row in shown.maps for figure in row.slices)


@pytest.mark.parametrize("make", [lesion_result, perfused])
@pytest.mark.quick(1)
def test_the_page_says_how_it_was_found_and_its_volume(make: Any) -> None:
    result = make()
    volume = f"{sitk.GetArrayViewFromImage(result.brain).sum() * result.grid.voxel_ml:,.0f} ml"
    named = replace(result, provenance={**result.provenance, "brain": "given by the user: <mask> & more.nii.gz"})
    assert f"edge of the brain mask: given by the user: <mask> & more.nii.gz, {volume}" in Page(html_report(named)).text
    unknown = {key: value for key, value in result.provenance.items() if key != "brain"}
    assert f"edge of the brain mask: {volume}" in Page(html_report(replace(result, provenance=unknown))).text
