"""Weighted sum of weighted cross-entropy and Dice loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

DICE_OVER = ("batch", "image")


@dataclass(frozen=True)
class CrossEntropyDice:
    """Weighted cross-entropy plus Dice loss (arXiv 2511.07281; its weights are not stated there, these are ours).

    Attributes:
        cross_entropy: weight of the cross-entropy.
        dice: weight of the Dice loss.
        lesion: weight in the cross-entropy of voxels of any class but the background, whose weight is 1.
        dice_over: "batch" takes Dice over all images together, so that large lesions decide it; "image" over each image
            by itself, so that a lacune weighs as much as a territory.
        smooth: pixels that are added above and below the fraction.
        empty: over images, the weight of an image that does not show the class, where what is found costs
            found / (found + smooth); 0 lets the cross-entropy alone judge it.
    """

    cross_entropy: float = 1.0
    dice: float = 1.0
    lesion: float = 1.0
    dice_over: str = "batch"
    smooth: float = 1.0
    empty: float = 0.0
    kind: str = "cross_entropy_dice"

    def __post_init__(self) -> None:
        if min(self.cross_entropy, self.dice, self.lesion) < 0 or self.cross_entropy + self.dice == 0:
            raise ValueError("the weights of cross_entropy, dice and lesion must not be negative, nor both losses' 0")
        if self.dice_over not in DICE_OVER:
            raise ValueError(f"dice_over '{self.dice_over}' is none of {', '.join(DICE_OVER)}")
        if self.smooth <= 0:
            raise ValueError("smooth must be positive")
        if self.empty < 0 or (self.empty and self.dice_over != "image"):
            raise ValueError("empty must not be negative, and is of Dice over images alone")


def cross_entropy_and_dice(logits: Tensor, labels: Tensor, counted: Tensor, spec: CrossEntropyDice) -> Tensor:
    """The loss as a scalar, for logits (N, C, *S), labels in 0 ... C-1 (N, *S) and counted bool (N, *S).

    Cross-entropy is the mean over counted voxels, not divided by the sum of their weights. Dice is taken on each class
    but the background, and its mean over these classes; a constant, one voxel if nothing else is said, keeps it defined
    where a class is nowhere. It is of the whole batch at once, or the weighted sum over the images divided by their
    number.
    """
    weights = torch.full((logits.shape[1],), spec.lesion, dtype=logits.dtype, device=logits.device)
    weights[0] = 1.0
    per_voxel = functional.cross_entropy(logits, labels, weights, reduction="none")
    counted = counted.to(per_voxel.dtype)
    entropy = (per_voxel * counted).sum() / counted.sum().clamp(min=1)
    probability = logits.softmax(1)
    losses = []
    for label in range(1, logits.shape[1]):
        found = probability[:, label] * counted
        truth = (labels == label).to(found.dtype) * counted
        over = tuple(range(0 if spec.dice_over == "batch" else 1, found.ndim))
        overlap, size = (found * truth).sum(over), truth.sum(over)
        missed = 1 - (2 * overlap + spec.smooth) / (found.sum(over) + size + spec.smooth)
        if spec.dice_over == "image":
            missed = torch.where(size > 0, missed, spec.empty * missed)
        losses.append(missed.mean())
    return spec.cross_entropy * entropy + spec.dice * torch.stack(losses).mean()
