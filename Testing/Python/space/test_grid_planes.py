from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.settings import PLANES, Plane
from StrokeSegLogic.space.grid import from_stack, to_stack


@given(st.tuples(*[st.integers(1, 6)] * 3), st.sampled_from(PLANES))
def test_stacking_and_unstacking_are_inverse(shape: tuple[int, int, int], plane: Plane) -> None:
    volume = np.arange(np.prod(shape)).reshape(shape)
    np.testing.assert_array_equal(from_stack(to_stack(volume, plane), plane), volume)


@pytest.mark.parametrize(
    ("plane", "rows", "columns"),
    [("axial", "y", "x"), ("coronal", "z", "x"), ("sagittal", "z", "-y")],
)
def test_rows_and_columns_run_as_documented(plane: Plane, rows: str, columns: str) -> None:
    # Each voxel holds its own coordinate along one axis of the working orientation.
    coordinates = dict(zip("zyx", np.indices((3, 4, 5)), strict=True))
    down = to_stack(coordinates[rows], plane)[0, :, 0]
    across = to_stack(coordinates[columns.strip("-")], plane)[0, 0, :]
    assert (np.diff(down) == 1).all()
    assert (np.diff(across) == (-1 if "-" in columns else 1)).all()
