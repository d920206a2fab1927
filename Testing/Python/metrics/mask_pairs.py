"""Random pairs of masks with odd spacings, for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

Pair = tuple[np.ndarray, np.ndarray, tuple[float, float, float]]


def spacings() -> st.SearchStrategy[tuple[float, float, float]]:
    """Anisotropic voxel sizes in mm, (z, y, x)."""
    side = st.floats(0.3, 7.0).map(lambda mm: round(mm, 3))
    return st.tuples(side, side, side)


@st.composite
def mask_pairs(draw: st.DrawFn, empty: bool = False, most: int = 9) -> Pair:
    """A prediction and a truth (z, y, x) that overlap more or less, and their spacing; neither empty unless allowed."""
    shape = draw(st.tuples(*[st.integers(2, most)] * 3))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    density = draw(st.floats(0.0 if empty else 0.02, 0.9))
    truth = random.random(shape) < density
    swapped = random.random(shape) < draw(st.floats(0.0, 0.6))
    prediction = truth ^ swapped
    if not empty:
        truth[random.integers(shape[0]), 0, 0] = True
        prediction[0, random.integers(shape[1]), 0] = True
    return prediction, truth, draw(spacings())


def pair_of(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A fixed pair of scattered masks: many small components, some found, some missed, some invented."""
    random = np.random.default_rng(seed)
    truth = random.random((9, 10, 11)) < 0.05
    noise = random.random((9, 10, 11))
    return np.where(truth, noise < 0.6, noise < 0.02), truth
