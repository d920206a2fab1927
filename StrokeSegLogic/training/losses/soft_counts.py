"""True and false voxels counted by probability: what the overlap losses are made of."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor
from torch.nn import functional


class SoftCounts(NamedTuple):
    """Sums of probability over counted voxels, each (N, C).

    Attributes:
        hit: of the class where it is (true positives).
        missed: of all else where the class is (false negatives).
        false: of the class where it is not (false positives).
    """

    hit: Tensor
    missed: Tensor
    false: Tensor

    def over_batch(self) -> SoftCounts:
        """Summed over the samples, (1, C)."""
        return SoftCounts(*(value.sum(0, keepdim=True) for value in self))

    def of_classes(self, background: bool) -> SoftCounts:
        """All classes, or those but the first."""
        return self if background else SoftCounts(*(value[:, 1:] for value in self))


def soft_counts(logits: Tensor, labels: Tensor, counted: Tensor) -> SoftCounts:
    """Counts for logits (N, C, *S), labels in 0 ... C-1 (N, *S) and counted bool (N, *S)."""
    probability = logits.softmax(1)
    truth = functional.one_hot(labels, logits.shape[1]).movedim(-1, 1).to(probability.dtype)
    counting = counted.unsqueeze(1).to(probability.dtype)
    inside, outside = truth * counting, (1 - truth) * counting
    hit, missed, false = (
        value.flatten(2).sum(2) for value in (probability * inside, (1 - probability) * inside, probability * outside)
    )
    return SoftCounts(hit, missed, false)
