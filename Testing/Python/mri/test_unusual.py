from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import StrokeSegLogic
from StrokeSegLogic.mri.doubts import Lacking, Unusual, mirrored_share, rim_share, unusual
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role

SHAPE = (70, 90, 74)
GRID = Grid((74, 90, 70), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
Z, Y, X = np.indices(SHAPE)
BRAIN = ((X - 36.5) / 34) ** 2 + ((Y - 44.5) / 42) ** 2 + ((Z - 34.5) / 32) ** 2 < 1


def sphere(x: int, y: int, z: int, radius: float) -> np.ndarray:
    return (X - x) ** 2 + (Y - y) ** 2 + (Z - z) ** 2 < radius**2


def kinds(lesion: np.ndarray) -> list[Unusual]:
    return [Unusual(doubt.kind) for doubt in unusual(lesion, BRAIN, GRID)]


def test_an_infarct_of_one_side_is_nothing_unusual() -> None:
    assert kinds(sphere(20, 45, 35, 9)) == []
    assert kinds(np.zeros(SHAPE, bool)) == []


def grown_to(volume_ml: float) -> np.ndarray:
    """A lesion of this volume in a hemisphere."""
    distance = np.where(BRAIN & (X < 33), (X - 22) ** 2 + (Y - 45) ** 2 + (Z - 35) ** 2, np.inf)
    lesion = np.zeros(SHAPE, bool)
    lesion.flat[np.argsort(distance, axis=None, kind="stable")[: round(volume_ml / GRID.voxel_ml)]] = True
    return lesion


@pytest.mark.parametrize(("volume_ml", "expected"), [(279.0, []), (281.0, [Unusual.LARGE])])
def test_more_than_280_ml_is_unusual(volume_ml: float, expected: list[Unusual]) -> None:
    assert kinds(grown_to(volume_ml)) == expected


def test_both_hemispheres_alike_are_unusual() -> None:
    left, right = sphere(20, 45, 35, 7), sphere(53, 45, 35, 7)
    assert kinds(left | right) == [Unusual.BOTH_SIDES]
    assert mirrored_share(left | right, BRAIN, GRID) > 0.9
    assert mirrored_share(left, BRAIN, GRID) == 0
    # A second infarct elsewhere on the other side is no mirror image.
    assert kinds(left | sphere(53, 70, 35, 7)) == []


def test_what_lies_at_the_midline_is_not_its_own_mirror_image() -> None:
    assert kinds(sphere(36, 45, 30, 5.5) & (np.abs(X - 36.5) < 3)) == []


def test_a_lesion_mostly_at_the_rim_is_unusual() -> None:
    depth_one = BRAIN & ~(((X - 36.5) / 32) ** 2 + ((Y - 44.5) / 40) ** 2 + ((Z - 34.5) / 30) ** 2 < 1)
    lesion = depth_one & (X < 30)
    assert kinds(lesion) == [Unusual.RIM]
    assert rim_share(lesion, BRAIN, GRID) > 0.95


def test_the_end_of_the_field_of_view_is_no_rim() -> None:
    slab = slice(30, 40)
    assert rim_share(sphere(20, 45, 35, 7)[slab], BRAIN[slab], GRID) < 0.2


def test_little_is_not_judged_by_its_pattern() -> None:
    small = sphere(20, 45, 35, 3.5) | sphere(53, 45, 35, 3.5)
    assert 1 < small.sum() * GRID.voxel_ml < 5
    assert kinds(small) == []


def test_the_result_says_what_is_unusual_apart_from_its_warnings(
    phantom: MriPhantom, make_case: Callable[..., Case], untrained: Bundle
) -> None:
    case = make_case({Role.FLAIR: phantom.images[Role.FLAIR]})
    case = replace(case, unread={Role.DWI: "DWI.nii.gz: it is damaged"})
    # At so low a threshold a network that has learned nothing marks everything.
    found = StrokeSegLogic.segment(case, model=untrained.folder, device="cpu", threshold=0.01)
    assert found.statistics.volume_ml > 280
    assert [doubt.kind for doubt in found.unusual][:3] == [Lacking.UNREAD, Unusual.LARGE, Unusual.BOTH_SIDES]
    assert found.unusual[0].roles == ("DWI",) and "DWI.nii.gz: it is damaged" in found.unusual[0].words
    assert found.summary()["unusual"] == [doubt.record() for doubt in found.unusual]
    assert not {doubt.words for doubt in found.unusual} & set(found.warnings)
