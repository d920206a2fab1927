"""Losses over slices; each takes logits (N, C, H, W), labels (N, H, W) and where to count (N, H, W)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class LossSpec:
    """Weighted sum of weighted cross-entropy and Dice loss (arXiv 2511.07281; its weights are not stated there).

    Attributes:
        cross_entropy: weight of the cross-entropy.
        dice: weight of the Dice loss.
        lesion: weight of lesion pixels in the cross-entropy, background's being 1.
    """

    cross_entropy: float = 1.0
    dice: float = 1.0
    lesion: float = 1.0


def cross_entropy_and_dice(logits: Tensor, labels: Tensor, counted: Tensor, spec: LossSpec) -> Tensor:
    """The loss as a scalar.

    Dice is taken over the whole batch at once (slices without lesion have no Dice of their own) on the lesion's
    probability; a constant of one pixel keeps it defined without any lesion.
    """
    logits = logits.float()
    weights = torch.tensor([1.0, spec.lesion], device=logits.device)
    per_pixel = functional.cross_entropy(logits, labels, weights, reduction="none")
    counted = counted.to(per_pixel.dtype)
    entropy = (per_pixel * counted).sum() / counted.sum().clamp(min=1)
    lesion = logits.softmax(1)[:, 1] * counted
    truth = (labels == 1).to(lesion.dtype) * counted
    dice = 1 - (2 * (lesion * truth).sum() + 1) / (lesion.sum() + truth.sum() + 1)
    return spec.cross_entropy * entropy + spec.dice * dice
