from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.metrics import dice


@given(st.integers(0, 10_000))
def test_dice_agrees_with_simpleitk(seed: int) -> None:
    random = np.random.default_rng(seed)
    a, b = (random.random((2, 5, 6, 7)) < random.random()).astype(np.uint8)
    a[0, 0, 0] = 1
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(sitk.GetImageFromArray(a), sitk.GetImageFromArray(b))
    assert dice(a, b) == pytest.approx(overlap.GetDiceCoefficient(1))


def test_two_empty_masks_agree() -> None:
    assert dice(np.zeros(3), np.zeros(3)) == 1.0


def test_masks_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        dice(np.zeros(3), np.zeros(4))
