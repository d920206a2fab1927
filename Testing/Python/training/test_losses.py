from __future__ import annotations

import numpy as np
import pytest
import torch

from StrokeSegLogic.training.losses import LossSpec, cross_entropy_and_dice


def example(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 2, 6, 5, generator=generator, dtype=torch.float64)
    labels = torch.rand(2, 6, 5, generator=generator) < 0.3
    counted = torch.rand(2, 6, 5, generator=generator) < 0.8
    return logits, labels.long(), counted


def by_hand(logits: torch.Tensor, labels: torch.Tensor, counted: torch.Tensor, spec: LossSpec) -> float:
    """The same sums in numpy, from the formulas."""
    z, y, c = logits.numpy(), labels.numpy(), counted.numpy()
    p = np.exp(z[:, 1]) / np.exp(z).sum(1)
    weight = np.where(y == 1, spec.lesion, 1.0)
    entropy = -(weight * np.log(np.where(y == 1, p, 1 - p)))[c].mean()
    dice = 1 - (2 * p[c & (y == 1)].sum() + 1) / (p[c].sum() + (y[c] == 1).sum() + 1)
    return spec.cross_entropy * entropy + spec.dice * dice


@pytest.mark.parametrize("spec", [LossSpec(), LossSpec(0.3, 0.7, 5.0)])
def test_the_loss_is_what_the_formulas_say(spec: LossSpec) -> None:
    found = float(cross_entropy_and_dice(*example(), spec))
    assert found == pytest.approx(by_hand(*example(), spec), rel=1e-5)


def test_pixels_that_do_not_count_have_no_gradient() -> None:
    logits, labels, counted = example()
    logits.requires_grad_()
    cross_entropy_and_dice(logits, labels, counted, LossSpec()).backward()
    assert logits.grad is not None
    assert not logits.grad.permute(0, 2, 3, 1)[~counted].any()
    assert logits.grad.permute(0, 2, 3, 1)[counted].all()


def test_a_batch_without_lesion_has_a_finite_loss_that_falls_with_certainty() -> None:
    labels, counted = torch.zeros(1, 4, 4).long(), torch.ones(1, 4, 4, dtype=torch.bool)
    sure = torch.stack([torch.full((1, 4, 4), 8.0), torch.zeros(1, 4, 4)], 1)
    unsure = torch.zeros(1, 2, 4, 4)
    assert 0 <= float(cross_entropy_and_dice(sure, labels, counted, LossSpec())) < 0.1
    assert float(cross_entropy_and_dice(unsure, labels, counted, LossSpec())) > 0.5
