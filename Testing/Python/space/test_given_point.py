"""A point that a person gives, in millimetres or as a voxel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.space.given_point import GivenPoint
from StrokeSegLogic.space.grid import Grid

GRID = Grid((20, 30, 10), (2.0, 3.0, 5.0), (-10.0, 20.0, 30.0), (1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8))


@pytest.mark.parametrize(
    ("text", "xyz", "space"),
    [
        ("12.5,-30,40mm", (12.5, -30.0, 40.0), "mm"),
        ("120,88,7voxel", (120.0, 88.0, 7.0), "voxel"),
        (" 1 , .5 , -2. mm ", (1.0, 0.5, -2.0), "mm"),
    ],
)
def test_a_point_says_its_numbers_and_their_space(text: str, xyz: tuple[float, ...], space: str) -> None:
    point = GivenPoint.parse(text, "aif")
    assert (point.xyz, point.space) == (xyz, space)
    assert GivenPoint.parse(str(point), "aif") == point


@pytest.mark.parametrize(
    "text",
    ["", "1,2,3", "1,2mm", "1,2,3cm", "1;2;3mm", "a,b,cmm", "1,2,nanmm", "1.5,2,3voxel", "-1,2,3voxel", "9e9,1,1mm"],
)
def test_what_is_no_point_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(InputError) as refused:
        GivenPoint.parse(text, "aif")
    assert refused.value.option == "aif" and "voxel" in str(refused.value.fix)


@given(st.integers(0, 19), st.integers(0, 29), st.integers(0, 9))
def test_a_voxel_and_its_place_in_ras_are_one(x: int, y: int, z: int) -> None:
    left, back, up = GRID.to_world(np.array([[x, y, z]], float))[0]
    for point in (GivenPoint((x, y, z), "voxel"), GivenPoint((-left, -back, up), "mm")):
        assert point.index(GRID, "aif") == (z, y, x)


@pytest.mark.parametrize("point", [GivenPoint((20, 0, 0), "voxel"), GivenPoint((500.0, 0.0, 0.0), "mm")])
def test_a_point_outside_of_the_volume_is_refused(point: GivenPoint) -> None:
    with pytest.raises(InputError, match="outside of the series"):
        point.index(GRID, "aif")
