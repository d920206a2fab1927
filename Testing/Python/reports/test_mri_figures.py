"""The pictures of an MRI report: which slices are shown, and what is drawn on them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from reported_ball import head, result

from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.reports.mri import CONTOUR, Figures, figures
from StrokeSegLogic.reports.page import BRAIN_COLOUR
from StrokeSegLogic.study.case import Role


@pytest.fixture(scope="module")
def usual() -> Segmentation:
    return result()


@pytest.fixture(scope="module")
def drawn(usual: Segmentation) -> Figures:
    return figures(usual)


def test_pictures_have_the_proportions_of_the_patient(usual: Segmentation, drawn: Figures) -> None:
    box = usual.grid
    brain = sitk.GetArrayFromImage(usual.brain)
    used = [np.flatnonzero(brain.any(axis=tuple(a for a in range(3) if a != axis))) for axis in (2, 1, 0)]
    mm = [(u[-1] - u[0] + 1) * s for u, s in zip(used, box.spacing, strict=True)]
    axial, coronal, sagittal = (figure.picture.shape for figure in drawn.orthogonal)
    assert axial[0] / axial[1] == pytest.approx((mm[1] + 16) / (mm[0] + 16), rel=0.08)
    assert coronal[0] / coronal[1] == pytest.approx((mm[2] + 16) / (mm[0] + 16), rel=0.08)
    assert sagittal[0] / sagittal[1] == pytest.approx((mm[2] + 16) / (mm[1] + 16), rel=0.08)
    assert coronal[1] == axial[1]  # one scale


@pytest.mark.parametrize("orientation", ["LPS", "PIR", "RAS", "LAS", "SAL"])
@pytest.mark.quick(2)
def test_a_lesion_of_the_left_is_outlined_on_the_right(orientation: str) -> None:
    shown = figures(result(sitk.DICOMOrient(head((64, 76, 30), (2.0, 2.0, 4.0)), orientation), others=False))
    assert shown.plane == {"S": "axial", "R": "sagittal", "L": "sagittal"}[orientation[2]]
    axial, coronal, sagittal = (figure.picture for figure in shown.orthogonal)
    for picture in (axial, coronal):
        assert np.nonzero((picture == CONTOUR).all(axis=2))[1].mean() > 0.65 * picture.shape[1]
    for picture, across in ((axial, 0), (sagittal, 1)):
        assert np.nonzero((picture == CONTOUR).all(axis=2))[across].mean() > 0.55 * picture.shape[across]


def test_the_montage_names_slices_as_they_are_stored(usual: Segmentation, drawn: Figures) -> None:
    held = {int(k) for k in np.flatnonzero(usual.array().any(axis=(1, 2)))}
    marked = set()
    for figure in drawn.montage:
        number, letter, mm = re.fullmatch(r"Slice (\d+) · ([SI]) (\d+) mm", figure.caption).groups()
        assert usual.grid.to_world(np.array([[0, 0, int(number)]]))[0, 2] == pytest.approx(
            int(mm) * (1 if letter == "S" else -1), abs=0.51
        )
        if (figure.picture == CONTOUR).all(axis=2).any():
            marked.add(int(number))
    assert marked == held


def test_a_tall_lesion_is_thinned_out_to_three_rows() -> None:
    image = head((48, 56, 120), (2.5, 2.5, 1.0))
    shown = figures(result(image, others=False))
    assert len(shown.montage) == 18


def test_the_most_doubtful_slices_come_first(usual: Segmentation, drawn: Figures) -> None:
    doubt = drawn.doubt
    assert [figure.caption.split(" · ")[0] for figure, _ in doubt] == [
        f"Slice {k}" for k in usual.statistics.doubtful_slices[:6]
    ]
    warm, agreed = doubt[0]
    assert (np.ptp(warm.picture.astype(int), axis=2) > 40).any()
    assert (np.ptp(agreed.picture.astype(int), axis=2) > 40).any()


def test_a_case_of_one_series_has_one_sequence() -> None:
    assert [figure.caption for figure in figures(result(others=False)).sequences] == ["DWI, unmarked", "DWI"]


def test_a_volume_that_does_not_reach_the_slice_is_black_there(usual: Segmentation) -> None:
    far = usual.case.series[Role.T1].image + 0
    far.SetOrigin((500.0, 500.0, 500.0))
    case = replace(usual.case, series={**usual.case.series, Role.T1: replace(usual.case.series[Role.T1], image=far)})
    t1 = next(figure for figure in figures(replace(usual, case=case)).sequences if figure.caption == "T1")
    below = t1.picture[30:]
    drawn = (below == CONTOUR).all(axis=2) | (below == BRAIN_COLOUR).all(axis=2)
    grey = below[~drawn]
    assert grey.max() == 0
