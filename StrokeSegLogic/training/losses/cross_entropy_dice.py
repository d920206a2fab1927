"""Weighted sum of weighted cross-entropy and Dice loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class CrossEntropyDice:
    """Weighted cross-entropy plus Dice loss (arXiv 2511.07281; its weights are not stated there, these are ours).

    Attributes:
        cross_entropy: weight of the cross-entropy.
        dice: weight of the Dice loss.
        lesion: weight in the cross-entropy of voxels of any class but the background, whose weight is 1.
    """

    cross_entropy: float = 1.0
    dice: float = 1.0
    lesion: float = 1.0
    kind: str = "cross_entropy_dice"

    def __post_init__(self) -> None:
        if min(self.cross_entropy, self.dice, self.lesion) < 0 or self.cross_entropy + self.dice == 0:
            raise ValueError("the weights of cross_entropy, dice and lesion must not be negative, nor both losses' 0")


def cross_entropy_and_dice(logits: Tensor, labels: Tensor, counted: Tensor, spec: CrossEntropyDice) -> Tensor:
    """The loss as a scalar, for logits (N, C, *S), labels in 0 ... C-1 (N, *S) and counted bool (N, *S).

    Cross-entropy is the mean over counted voxels, not divided by the sum of their weights. Dice is taken over the
    whole batch at once (slices without lesion have no Dice of their own) on each class but the background, and its
    mean over these classes; a constant of one voxel keeps it defined where a class is nowhere.
    """
    weights = torch.full((logits.shape[1],), spec.lesion, dtype=logits.dtype, device=logits.device)
    weights[0] = 1.0
    per_voxel = functional.cross_entropy(logits, labels, weights, reduction="none")
    counted = counted.to(per_voxel.dtype)
    entropy = (per_voxel * counted).sum() / counted.sum().clamp(min=1)
    probability = logits.softmax(1)
    losses = []
    for one in range(1, logits.shape[1]):
        found = probability[:, one] * counted
        truth = (labels == one).to(found.dtype) * counted
        losses.append(1 - (2 * (found * truth).sum() + 1) / (found.sum() + truth.sum() + 1))
    return spec.cross_entropy * entropy + spec.dice * torch.stack(losses).mean()
