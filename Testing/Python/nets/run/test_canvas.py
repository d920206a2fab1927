from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.nets.run.inputs import LOWEST, canvases, centred, on_canvas

sides = st.tuples(st.integers(1, 40), st.integers(1, 40))


@given(shape=sides, canvas=sides)
def test_an_image_lies_in_the_middle_of_a_canvas_and_what_is_too_large_loses_as_much_on_both_sides(
    shape: tuple[int, int], canvas: tuple[int, int]
) -> None:
    target, origin = centred(shape, canvas)
    for n, side, to, of in zip(shape, canvas, target, origin, strict=True):
        assert to.stop - to.start == of.stop - of.start == min(n, side)
        assert 0 <= (side - to.stop) - to.start <= 1
        assert 0 <= of.start - (n - of.stop) <= 1


@given(shape=sides, canvas=sides)
def test_slices_on_a_canvas_are_whole_and_lie_in_background(shape: tuple[int, int], canvas: tuple[int, int]) -> None:
    slices = np.random.default_rng(0).uniform(0.5, 1.0, (2, 3, *shape)).astype(np.float32)
    slices[0, 1] = 0
    longer = (max(shape[0], canvas[0]), max(shape[1], canvas[1]))
    assert canvases(slices, canvas) == [longer] * 2
    shown, (rows, columns), origin = on_canvas(slices, longer)
    assert shown.shape == (2, 3, *longer) and origin == (slice(0, shape[0]), slice(0, shape[1]))
    np.testing.assert_array_equal(shown[..., rows, columns], slices)
    # A missing sequence is 0 around the brain, too.
    assert not shown[0, 1].any()
    added = np.ones(longer, bool)
    added[rows, columns] = False
    assert (shown[0, 0][added] == LOWEST).all() and (shown[1][:, added] == LOWEST).all()


def test_background_beyond_the_canvas_is_cut_and_brain_is_not_whatever_other_slices_hold() -> None:
    slices = np.full((2, 2, 30, 40), LOWEST, np.float32)
    slices[0, 0, 8:22, 12:28] = 0.5
    slices[1, 0, 8:22, 4:36] = 0.5
    slices[:, 1] = 0
    assert canvases(slices, (20, 20)) == [(20, 20), (20, 40)]
    shown, target, origin = on_canvas(slices[:1], (20, 20))
    assert shown.shape == (1, 2, 20, 20) and (shown > LOWEST)[0, 0].sum() == 14 * 16 and not shown[0, 1].any()
    np.testing.assert_array_equal(shown[..., target[0], target[1]], slices[:1, ..., origin[0], origin[1]])


def test_without_a_canvas_slices_stay_as_they_are() -> None:
    slices = np.ones((2, 1, 5, 7), np.float32)
    assert canvases(slices, ()) == [(5, 7)] * 2
    shown, target, origin = on_canvas(slices, (5, 7))
    assert shown is slices and target == origin == (slice(0, 5), slice(0, 7))
