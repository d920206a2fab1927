"""A brain mask ends at the foramen magnum: the tail below it goes, whichever way the head lies, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from StrokeSegLogic.brain.spinal_canal import above_spinal_canal
from StrokeSegLogic.space.grid import Grid

STEP = 3.0
SIDE = 80
CANAL_MM = 11.0
"""Radius: a section of 3.8 cm2."""


def grid_of(step: tuple[float, float, float] = (STEP,) * 3, *, tilt: float = 0.0, flip: bool = False) -> Grid:
    """About the world's origin; tilted about the axis from ear to ear, and stored head first or feet first."""
    image = sitk.Image([round(SIDE * STEP / side) for side in step], sitk.sitkUInt8)
    c, s = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    up = -1.0 if flip else 1.0
    direction = np.array([[1.0, 0, 0], [0, c, -s * up], [0, s, c * up]])
    centre = (np.array(image.GetSize()) - 1) / 2 * np.array(step)
    image.SetSpacing(step)
    image.SetDirection(direction.ravel().tolist())
    image.SetOrigin((-direction @ centre).tolist())
    return Grid.of(image)


def parts(grid: Grid, canal_mm: float = 70.0) -> tuple[np.ndarray, np.ndarray]:
    """A round brain, and the canal that goes on below it: bool (z, y, x)."""
    x, y, z = grid.to_world(np.indices(grid.shape).reshape(3, -1).T[:, ::-1]).T.reshape(3, *grid.shape)
    brain = x**2 + y**2 + (z - 25) ** 2 < 65**2
    canal = (x**2 + (y - 10) ** 2 < CANAL_MM**2) & (z < 0) & (z > -40 - canal_mm)
    return brain, canal & ~brain


def lowest(mask: np.ndarray, grid: Grid) -> float:
    return float(grid.to_world(np.argwhere(mask)[:, ::-1])[:, 2].min())


@pytest.mark.parametrize("flip", [False, True], ids=["head first", "feet first"])
@pytest.mark.parametrize("tilt", [0.0, 20.0, -30.0])
def test_the_canal_below_a_brain_goes_and_the_brain_stays(tilt: float, flip: bool) -> None:
    grid = grid_of(tilt=tilt, flip=flip)
    brain, canal = parts(grid)
    kept = above_spinal_canal(brain | canal, grid)
    assert (kept & brain).sum() == brain.sum()
    assert (kept & canal).sum() < 0.15 * canal.sum()
    assert lowest(canal, grid) < -90 and lowest(kept, grid) > -50


@pytest.mark.parametrize("step", [(1.5, 1.5, 6.0), (6.0, 1.5, 1.5), (2.0, 2.0, 2.0)], ids=str)
def test_thick_slices_in_any_plane_change_nothing_of_it(step: tuple[float, float, float]) -> None:
    grid = grid_of(step)
    brain, canal = parts(grid)
    kept = above_spinal_canal(brain | canal, grid)
    assert (kept & brain).sum() == brain.sum()
    assert lowest(kept, grid) > -52


def test_of_the_canal_no_more_is_left_than_is_asked_for() -> None:
    grid = grid_of((STEP, STEP, 1.0))
    brain, canal = parts(grid)
    ends = [lowest(above_spinal_canal(brain | canal, grid, kept), grid) for kept in (0.0, 5.0, 12.0)]
    np.testing.assert_allclose(np.diff(ends), [-5.0, -7.0], atol=1e-6)


@pytest.mark.parametrize(("canal_mm", "is_canal"), [(6.0, False), (20.0, True)])
def test_a_stump_is_no_canal(canal_mm: float, is_canal: bool) -> None:
    grid = grid_of((STEP, STEP, 1.0))
    brain, canal = parts(grid, canal_mm)
    kept = above_spinal_canal(brain | canal, grid)
    assert ((brain | canal) & ~kept).any() == is_canal


def test_a_brain_that_ends_where_the_scan_does_loses_nothing() -> None:
    grid = grid_of()
    brain, _ = parts(grid)
    for first in (0, 20, 40):
        slab = brain[first:]
        rest = grid.crop((0, 0, first), (*grid.size[:2], grid.size[2] - first))
        np.testing.assert_array_equal(above_spinal_canal(slab, rest), slab)


@given(
    middle=st.tuples(*[st.integers(25, 55)] * 3),
    radius=st.tuples(*[st.integers(10, 24)] * 3),
    tilt=st.floats(-40, 40, width=16),
)
@settings(max_examples=25, deadline=None)
def test_a_round_brain_loses_nothing(middle: tuple[int, int, int], radius: tuple[int, int, int], tilt: float) -> None:
    index = np.indices((SIDE,) * 3)
    ball = sum(((axis - at) / long) ** 2 for axis, at, long in zip(index, middle, radius, strict=True)) < 1
    np.testing.assert_array_equal(above_spinal_canal(ball, grid_of(tilt=tilt)), ball)


@pytest.mark.parametrize("mask", [np.zeros((5, 5, 5)), np.ones((5, 5, 5))], ids=["empty", "small"])
def test_what_holds_no_brain_is_left_as_it_is(mask: np.ndarray) -> None:
    grid = Grid((5, 5, 5), (STEP,) * 3, (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    np.testing.assert_array_equal(above_spinal_canal(mask, grid), mask != 0)
