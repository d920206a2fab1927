"""A lesion grown from a point of a probability map."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import label

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.growing import STEP, first_threshold, grown_from, probability_at, stepped
from StrokeSegLogic.space.volume import Volume

GRID = Grid((9, 8, 6), (1.5, 2.0, 4.0), (-40.0, 30.0, 12.0), (0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0))
"""Turned by a right angle: indices are not millimetres."""

maps = st.integers(0, 10_000).map(lambda seed: np.random.default_rng(seed).random(GRID.shape).astype(np.float32))
voxels = st.tuples(*(st.integers(0, size - 1) for size in GRID.size))
thresholds = st.sampled_from([round(STEP * k, 6) for k in range(1, 20)])


def place(voxel: tuple[int, int, int]) -> tuple[float, float, float]:
    x, y, z = GRID.to_world(np.array([voxel], float))[0].tolist()
    return x, y, z


def whole(part: Volume | None) -> np.ndarray:
    """The part on the whole grid."""
    if part is None:
        return np.zeros(GRID.shape, bool)
    blank = GRID.image(np.zeros(GRID.shape, np.uint8))
    laid = sitk.Resample(part.image(), blank, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    return sitk.GetArrayFromImage(laid) > 0


@given(values=maps, voxel=voxels, threshold=thresholds)
def test_it_is_the_connected_part_of_the_threshold_that_holds_the_point(
    values: np.ndarray, voxel: tuple[int, int, int], threshold: float
) -> None:
    parts, _count = label(values >= np.float32(threshold), np.ones((3, 3, 3)))
    number = parts[voxel[::-1]]
    expected = (parts == number) & (number > 0)
    assert np.array_equal(whole(grown_from(GRID.image(values), place(voxel), threshold)), expected)


@given(values=maps, voxel=voxels, threshold=thresholds)
def test_a_lower_threshold_takes_nothing_away(
    values: np.ndarray, voxel: tuple[int, int, int], threshold: float
) -> None:
    image, at = GRID.image(values), place(voxel)
    higher, lower = (whole(grown_from(image, at, value)) for value in (threshold, stepped(threshold, -1)))
    assert not (higher & ~lower).any()


@given(values=maps, voxel=voxels, threshold=thresholds)
def test_every_point_of_a_lesion_grows_the_same_lesion(
    values: np.ndarray, voxel: tuple[int, int, int], threshold: float
) -> None:
    image = GRID.image(values)
    part = whole(grown_from(image, place(voxel), threshold))
    for z, y, x in np.argwhere(part)[:3]:
        assert np.array_equal(whole(grown_from(image, place((int(x), int(y), int(z))), threshold)), part)


@given(threshold=st.floats(0.0, 1.0), steps=st.integers(-30, 30))
def test_thresholds_stay_on_their_steps_and_within_their_limits(threshold: float, steps: int) -> None:
    found = stepped(threshold, steps)
    assert STEP <= found <= 1 - STEP
    assert found / STEP == pytest.approx(round(found / STEP))
    assert stepped(found, 0) == found


@given(value=st.floats(STEP, 1.0))
def test_growing_begins_where_something_is_found(value: float) -> None:
    assert first_threshold(value) <= value + 1e-6
    assert first_threshold(value) <= 0.5


def test_the_wheel_goes_there_and_back() -> None:
    assert stepped(stepped(0.5, 3), -3) == 0.5
    assert [stepped(0.5, step) for step in (-1, 1)] == [0.45, 0.55]


@pytest.mark.parametrize("beyond", [(-2.0, 0.0, 0.0), (0.0, 0.0, 9.0)], ids=["beside", "above"])
def test_beyond_the_map_there_is_nothing(beyond: tuple[float, float, float]) -> None:
    image = GRID.image(np.ones(GRID.shape, np.float32))
    x, y, z = GRID.to_world(np.array([beyond]))[0].tolist()
    assert grown_from(image, (x, y, z), 0.5) is None
    assert probability_at(image, (x, y, z)) is None


def test_a_value_is_that_of_the_voxel_that_the_point_lies_in() -> None:
    values = np.arange(np.prod(GRID.shape), dtype=np.float32).reshape(GRID.shape)
    x, y, z = GRID.to_world(np.array([[3.3, 4.4, 2.4]]))[0].tolist()
    assert probability_at(GRID.image(values), (x, y, z)) == values[2, 4, 3]
