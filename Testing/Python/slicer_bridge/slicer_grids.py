"""Grids that the tests of the bridge lay volumes on."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from StrokeSegLogic.space.grid import Grid

AXES = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
AXIAL = Grid((24, 28, 10), (2.0, 2.0, 5.0), (-20.0, -30.0, 10.0), AXES)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Any grid: oblique, permuted, right- or left-handed."""
    # Slicer 5.13 crashes when it reads a segmentation of one single voxel.
    size = draw(st.tuples(*[st.integers(1, 9)] * 3).filter(lambda size: max(size) > 1))
    spacing = draw(st.tuples(*[st.floats(0.2, 8.0)] * 3))
    origin = draw(st.tuples(*[st.floats(-300.0, 300.0)] * 3))
    seed = draw(st.integers(0, 2**32 - 1))
    axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    if draw(st.booleans()):
        axes = np.eye(3)[list(draw(st.permutations(range(3))))]
    axes = axes * draw(st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3))
    return Grid(size, spacing, origin, tuple(float(value) for value in axes.ravel()))
