"""DWI-FLAIR mismatch: the FLAIR signal of the DWI lesion against the mirrored side, on heads whose ratio is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from enum import Enum

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.brain.hemispheres import MidPlane
from StrokeSegLogic.brain.registration import Registration
from StrokeSegLogic.mri.alignment import Position
from StrokeSegLogic.mri.flair import HIDDEN, PLAIN, FlairSignal, flair_signal
from StrokeSegLogic.mri.prepare import Prepared, prepare
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.result.doubts import Doubt
from StrokeSegLogic.result.lesions import Surroundings, lesions
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import MRI_ROLES, Case, Role

GRID = Grid((40, 48, 24), (4.0, 4.0, 5.0), (-78.0, -94.0, -60.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
WORLD = GRID.to_world(np.argwhere(np.ones(GRID.shape, bool))[:, ::-1]).reshape(*GRID.shape, 3)
BRAIN = ((WORLD / (66.0, 80.0, 55.0)) ** 2).sum(-1) < 1


def ball(x: float, radius: float) -> np.ndarray:
    """A lesion so far to the patient's left of the middle, mm."""
    return (((WORLD - (x, 8.0, 2.0)) ** 2).sum(-1) < radius**2) & BRAIN


def head(lesion: np.ndarray, times: float) -> sitk.Image:
    """A sequence with the same texture on either side, and a lesion that is so many times as bright."""
    texture = 100 + 15 * np.cos(WORLD[..., 0] / 9) + 10 * np.sin(WORLD[..., 1] / 7)
    return GRID.image((np.where(lesion, times, 1.0) * texture * BRAIN).astype(np.float32))


@pytest.fixture(scope="module")
def prepared(make_case: Callable[..., Case]) -> Prepared:
    """A head whose DWI and FLAIR lie on one grid."""
    images = {Role.DWI: head(ball(30, 14), 2.0), Role.FLAIR: head(ball(30, 14), 1.3)}
    return prepare(make_case(images), Role.DWI, MRI_ROLES, 4.0, Progress())


def signal_of(
    prepared: Prepared, lesion: np.ndarray, flair: float, dwi: float = 2.0, doubts: tuple[Doubt, ...] = ()
) -> FlairSignal:
    images = {"DWI": head(lesion, dwi), "FLAIR": head(lesion, flair)}
    around = Surroundings(None, BRAIN, MidPlane.of(BRAIN, GRID), images)
    return flair_signal(lesions(lesion, lesion.astype(float), GRID, around), prepared, doubts, BRAIN, GRID)


@settings(max_examples=12, deadline=None)
@given(st.floats(0.7, 2.5))
def test_the_ratio_is_that_of_the_head(prepared: Prepared, times: float) -> None:
    found = signal_of(prepared, ball(30, 14), times)
    assert found.ratio == pytest.approx(times, rel=0.01)
    assert found.compared == 1.0
    assert found.visible == ("no" if found.ratio < HIDDEN else "yes" if found.ratio >= PLAIN else "unsure")


@pytest.mark.parametrize(("times", "visible"), [(1.05, "no"), (1.175, "unsure"), (1.4, "yes")])
def test_visible_on_flair_is_yes_no_or_unsure(prepared: Prepared, times: float, visible: str) -> None:
    found = signal_of(prepared, ball(-35, 12), times)
    assert found.visible == visible
    assert f"visible on FLAIR: {visible}" in found.words and "research use only" in found.words
    assert "Schwamm" in found.source and "Legge" in found.source and "research use only" in found.source


def test_several_lesions_count_by_their_volume(prepared: Prepared) -> None:
    large, small = ball(28, 12), ball(-52, 8)
    images = {"DWI": head(large | small, 2.0), "FLAIR": head(small, 2.0)}
    around = Surroundings(None, BRAIN, MidPlane.of(BRAIN, GRID), images)
    found = flair_signal(lesions(large | small, BRAIN.astype(float), GRID, around), prepared, (), BRAIN, GRID)
    share = small.sum() / (large.sum() + small.sum())
    assert found.ratio == pytest.approx(1 + share, abs=0.02)


@pytest.mark.parametrize(
    ("lesion", "why"),
    [
        (np.zeros(GRID.shape, bool), "nothing is called lesion"),
        (ball(0, 14), "midline or on both sides"),
        (ball(30, 12) | ball(-30, 12), "midline or on both sides"),
        (ball(30, 3), "too small"),
    ],
    ids=["no lesion", "midline", "both sides", "small"],
)
def test_a_lesion_that_has_no_other_side_is_refused(prepared: Prepared, lesion: np.ndarray, why: str) -> None:
    found = signal_of(prepared, lesion, 1.4)
    assert why in found.why_not and (found.ratio, found.visible) == (None, "")
    assert why in found.words


def test_what_is_not_bright_on_dwi_is_no_dwi_lesion(prepared: Prepared) -> None:
    assert "no brighter" in signal_of(prepared, ball(30, 14), 1.4, dwi=0.9).why_not


def test_half_a_head_has_no_other_side(prepared: Prepared) -> None:
    half = BRAIN & (WORLD[..., 0] > 0)
    lesion = ball(30, 14)
    around = Surroundings(None, half, MidPlane.of(half, GRID), {"DWI": head(lesion, 2.0), "FLAIR": head(lesion, 1.4)})
    found = flair_signal(lesions(lesion, lesion.astype(float), GRID, around), prepared, (), half, GRID)
    assert "two hemispheres" in found.why_not


class Kind(Enum):
    OTHER = "other"


FOUND = Registration(sitk.Euler3DTransform(), 0.4, 0.5, 2.0)


def position(role: Role, decision: str, found: Registration | None) -> Position:
    return Position(role, Role.DWI, role, decision, found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"used": {Role.DWI: 1.0, Role.FLAIR: 0.4}}, "FLAIR shows less than most"),
        ({"positions": (position(Role.FLAIR, "refused", FOUND),)}, "not sure that FLAIR lies on DWI"),
        ({"positions": (position(Role.FLAIR, "not measured", None),)}, "not sure that FLAIR lies on DWI"),
        ({"positions": (position(Role.FLAIR, "kept", replace(FOUND, after=0.2)),)}, "not sure that FLAIR lies on DWI"),
        ({"positions": (position(Role.T1, "refused", FOUND),)}, ""),
        ({"positions": (position(Role.FLAIR, "moved", FOUND),)}, ""),
    ],
    ids=["part of the brain", "refused", "not measured", "little in common", "T1 elsewhere", "moved"],
)
def test_flair_must_lie_on_dwi(prepared: Prepared, changes: dict[str, object], why: str) -> None:
    found = signal_of(replace(prepared, **changes), ball(30, 14), 1.4)  # type: ignore[arg-type]
    assert why in found.why_not and (found.ratio is None) == bool(why)


def test_sequences_on_two_grids_that_nobody_registered_are_refused(prepared: Prepared) -> None:
    series = dict(prepared.case.series)
    elsewhere = sitk.Image(series[Role.FLAIR].image)
    elsewhere.SetOrigin((-75.0, -94.0, -60.0))
    series[Role.FLAIR] = replace(series[Role.FLAIR], image=elsewhere)
    apart = replace(prepared, case=replace(prepared.case, series=series))
    assert "not registered" in signal_of(apart, ball(30, 14), 1.4).why_not


def test_a_flair_that_may_be_another_contrast_is_refused(prepared: Prepared) -> None:
    doubts = (Doubt(("FLAIR",), Kind.OTHER, "FLAIR may be another contrast"),)
    assert signal_of(prepared, ball(30, 14), 1.4, doubts=doubts).why_not == "FLAIR may be another contrast"
    assert signal_of(prepared, ball(30, 14), 1.4, doubts=(Doubt(("T1",), Kind.OTHER, "T1"),)).ratio is not None


def test_a_result_says_it_or_why_not(pair_result: Segmentation) -> None:
    found = pair_result.statistics.flair
    assert pair_result.summary()["statistics"]["flair"] == asdict(found)
    assert (found.ratio is None) == bool(found.why_not)
    assert found.words in pair_result.headline()
