"""Weights between the old and the new; which settings can be."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.training.adapt.fine_tune import mixed
from StrokeSegLogic.training.adapt.settings import AdaptSettings


@given(st.floats(0, 1, allow_subnormal=False))
def test_mixed_weights_lie_on_the_line_between_both(share: float) -> None:
    before = {"weight": torch.tensor([0.0, -2.0]), "counter": torch.tensor([3])}
    after = {"weight": torch.tensor([1.0, 2.0]), "counter": torch.tensor(5)}
    found = mixed(before, after, share)
    assert torch.allclose(found["weight"], torch.tensor([share, -2 + 4 * share]))
    assert int(found["counter"]) == 5


@pytest.mark.parametrize(("patients", "count"), [(2, 2), (8, 8), (9, 9), (10, 5), (40, 5)])
def test_below_ten_patients_each_is_a_fold(patients: int, count: int) -> None:
    assert AdaptSettings().folds_of(patients) == count


@pytest.mark.parametrize(
    "change", [{"steps": 0}, {"mixing": 0.0}, {"mixing": 1.5}, {"rate": 0.0}, {"folds": 1}, {"seed": -1}], ids=str
)
def test_settings_that_cannot_be_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must|parts|leaves"):
        AdaptSettings(**change)  # type: ignore[arg-type]
