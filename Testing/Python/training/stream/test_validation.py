from __future__ import annotations

import math

import numpy as np

from StrokeSegLogic.training.stream.validation import best_threshold, score

TRUTH = np.zeros((20, 20), bool)
TRUTH[2:12, 2:12] = True
NONE = np.zeros_like(TRUTH)


def said(inside: float, outside: float = 0.0) -> np.ndarray:
    return np.where(TRUTH, inside, outside).astype(np.float32)


def test_slices_with_and_without_lesion_are_scored_apart() -> None:
    found = score([(said(0.9), TRUTH), (said(0.9), NONE), (said(0.1), NONE)], 0.5)
    assert (found.dice, found.slices, found.false_pixels, found.clear_slices) == (1.0, 1, 50.0, 2)


def test_a_lesion_of_a_few_pixels_counts_neither_way() -> None:
    few = NONE.copy()
    few[0, :5] = True
    found = score([(said(0.9), few)], 0.5)
    assert math.isnan(found.dice) and math.isnan(found.false_pixels)


def test_the_threshold_that_fits_all_sets_best_is_chosen() -> None:
    # The first set is right from 0.3 down, the second only above 0.2.
    assert best_threshold([[(said(0.32), TRUTH)], [(said(0.9, 0.22), TRUTH)]]) == 0.3
    assert best_threshold([[(said(0.9), NONE)]]) == 0.5


def test_a_threshold_that_marks_clear_slices_is_not_chosen() -> None:
    # At 0.3 both lesions are found, but the clear slice holds 100 false pixels.
    lesion, clear = (said(0.5), TRUTH), (said(0.33), NONE)
    assert best_threshold([[(said(0.31), TRUTH), lesion]]) == 0.3
    assert best_threshold([[(said(0.31), TRUTH), lesion, clear]]) == 0.5
