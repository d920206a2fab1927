"""A CT that may show blood is named: simulated heads with and without a dense ball."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.ctp.tissue.bleeding import bleeding_warnings, dense_ml
from StrokeSegLogic.phantom.ctp_maps import ctp_grid, ctp_patient
from StrokeSegLogic.space.grid import Grid

SPACING = (1.8, 1.8, 5.0)


def head(seed: int, ball_hu: float | None = None, radius_mm: float = 14.0) -> tuple[sitk.Image, np.ndarray, float]:
    """A CT with skull, its brain, and the volume in ml of a ball of that density in its left hemisphere."""
    grid = ctp_grid(SPACING)
    images = ctp_patient(seed, "WIS").maps(grid).images
    brain = sitk.GetArrayFromImage(images["CBF"]) > 0
    hu = sitk.GetArrayFromImage(images["CT"])
    volume = 0.0
    if ball_hu is not None:
        middle = np.array([axis.mean() for axis in np.nonzero(brain)]) + (0, 0, 30 / SPACING[0])
        steps = [(index - at) * mm for index, at, mm in zip(np.indices(hu.shape), middle, SPACING[::-1], strict=True)]
        ball = sum(step**2 for step in steps) < radius_mm**2
        rng = np.random.default_rng(seed)
        hu[ball] = rng.normal(ball_hu, 4, int(ball.sum()))
        volume = float(ball.sum() * grid.voxel_ml)
    return grid.image(hu), brain, volume


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.quick(1)
def test_a_healthy_head_has_nothing_as_dense_as_blood(seed: int) -> None:
    ct, brain, _ = head(seed)
    assert dense_ml(ct, brain) == 0.0
    assert bleeding_warnings(ct, brain) == ()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.quick(1)
def test_a_bleeding_is_found_and_named(seed: int) -> None:
    ct, brain, volume = head(seed, ball_hu=68)
    assert dense_ml(ct, brain) == pytest.approx(volume, rel=0.35)
    (words,) = bleeding_warnings(ct, brain)
    assert "as dense as blood" in words and "look at it" in words


@pytest.mark.slow
def test_specks_and_infarcts_are_no_bleeding() -> None:
    assert dense_ml(*head(0, ball_hu=68, radius_mm=4.0)[:2]) == 0.0
    assert dense_ml(*head(0, ball_hu=22)[:2]) == 0.0


@pytest.mark.slow
def test_a_ct_of_another_field_without_numbers_or_without_brain_says_nothing() -> None:
    ct, brain, _ = head(0, ball_hu=68)
    assert dense_ml(ct, np.zeros_like(brain)) == 0.0
    hu = sitk.GetArrayFromImage(ct)
    assert dense_ml(Grid.of(ct).image(np.full_like(hu, np.nan)), brain) == 0.0
    hu[: hu.shape[0] // 4] = np.nan  # its lower part was not scanned
    assert dense_ml(Grid.of(ct).image(hu), brain) > 5
