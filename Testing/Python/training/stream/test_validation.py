from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.stream.samples import CHANNELS, Sample
from StrokeSegLogic.training.stream.tensors import CANVAS
from StrokeSegLogic.training.stream.validation import THRESHOLDS, best_threshold, predict, score

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


def test_where_every_threshold_marks_too_much_the_highest_is_taken() -> None:
    assert best_threshold([[(said(0.99), TRUTH), (said(0.99, 0.99), NONE)]]) == THRESHOLDS[-1]


def test_areas_count_not_pixels() -> None:
    found = score([(said(0.9), NONE)], 0.5, pixel_mm2=0.25)
    assert found.false_pixels == 25.0
    assert math.isnan(score([(said(0.9), TRUTH)], 0.5, pixel_mm2=0.25).dice), "100 pixels of 0.25 mm² are 25 mm²"


class SaysWhatItSees(nn.Module):
    """Lesion where the channel of one sequence is brighter than the brain's median."""

    def __init__(self, role: Role) -> None:
        super().__init__()
        self._channel = CHANNELS.index(role)

    def forward(self, images: Tensor) -> Tensor:
        seen = images[:, self._channel]
        return torch.stack([torch.zeros_like(seen), 50 * seen], dim=1)


@pytest.mark.parametrize(("roles", "sees"), [((Role.DWI,), True), ((Role.FLAIR,), False)])
def test_a_network_is_validated_on_the_named_sequences_and_inside_the_brain(
    roles: tuple[Role, ...], sees: bool
) -> None:
    brain = np.zeros((20, 20), bool)
    brain[1:19, 1:19] = True
    dwi = np.where(TRUTH, 200.0, 100.0).astype(np.float32)
    flair = np.full_like(dwi, 100.0)
    sample = Sample({Role.DWI: dwi, Role.FLAIR: flair}, TRUTH, brain, np.ones_like(brain), "axial", "p")
    ((probability, truth),) = predict(SaysWhatItSees(Role.DWI), [sample], roles, (192, 192))
    assert probability.shape == truth.shape == (CANVAS, CANVAS) and truth.sum() == TRUTH.sum()
    assert ((probability > 0.5) == truth).all() == sees
    assert probability.max() == pytest.approx(1.0 if sees else 0.5)
    assert (probability > 0).sum() == brain.sum()
