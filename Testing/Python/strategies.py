"""Random geometry for property tests."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from StrokeSegLogic.space.grid import Grid

# Every way of storing the same volume: an order of axes and a sign for each.
STORAGES = [
    (order, signs) for order in itertools.permutations(range(3)) for signs in itertools.product((1, -1), repeat=3)
]


def rotation(angles: tuple[float, float, float]) -> np.ndarray:
    """A rotation matrix from three angles in degrees."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(angles)):
        i, j = [k for k in range(3) if k != axis]
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    return matrix


@st.composite
def grids(draw: st.DrawFn, max_size: int = 12, max_angle: float = 25.0) -> Grid:
    """Grids of any storage order, handedness, spacing, origin and moderate obliqueness."""
    size = draw(st.tuples(*[st.integers(2, max_size)] * 3))
    spacing = draw(st.tuples(*[st.floats(0.4, 6.0)] * 3))
    origin = draw(st.tuples(*[st.floats(-150, 150)] * 3))
    # Rounded: ITK's singular value decomposition fails on cosines like 1e-303, which no scanner writes.
    angles = draw(st.tuples(*[st.floats(-max_angle, max_angle).map(lambda angle: round(angle, 6))] * 3))
    order, signs = draw(st.sampled_from(STORAGES))
    direction = rotation(angles)[:, list(order)] * np.array(signs)
    return Grid(size, spacing, origin, tuple(float(v) for v in direction.ravel()))
