from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.space.resampling import resample_slices


@given(st.floats(0.4, 3.0), st.floats(0.4, 3.0))
def test_a_flat_slice_stays_flat(row: float, column: float) -> None:
    found = resample_slices(np.full((2, 11, 13), 5.0, np.float32), (row, column), (1.0, 1.0))
    assert found.shape == (2, max(round(11 * row), 1), max(round(13 * column), 1))
    np.testing.assert_allclose(found, 5.0, rtol=1e-5)


@given(st.floats(0.7, 1.4))
def test_a_ramp_keeps_its_place_there_and_back(spacing: float) -> None:
    rows = np.arange(20, dtype=np.float32)[None, :, None] * np.ones((1, 1, 16), np.float32)
    there = resample_slices(rows, (spacing, spacing), (1.0, 1.0))
    # Both share their centre; a new row is 1 mm, an old row `spacing`.
    expected = (np.arange(there.shape[1]) - (there.shape[1] - 1) / 2) / spacing + 9.5
    inside = (expected > 0.5) & (expected < 18.5)
    np.testing.assert_allclose(there[0, inside, 5], expected[inside], atol=1e-3)
    back = resample_slices(there, (1.0, 1.0), (spacing, spacing), (20, 16))
    np.testing.assert_allclose(back[0, 3:-3, 5], rows[0, 3:-3, 5], atol=0.02)
