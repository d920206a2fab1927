"""Loss of intersection over union (Jaccard)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .soft_counts import soft_counts


@dataclass(frozen=True)
class IoU:
    """1 - TP / (TP + FN + FP), on probabilities: the loss of the modified 3-D U-Net (Omarov et al. 2022).

    The paper gives no more than the name; the classes, the batch and the constant are ours.

    Attributes:
        background: whether the background is a class of the loss.
        batch: whether voxels are summed over the whole batch before dividing, and not for each sample.
        smooth: voxels added above and below, so that a class that is nowhere has a loss of 0 unless it is found.
    """

    background: bool = False
    batch: bool = False
    smooth: float = 1.0
    kind: str = "iou"

    def __post_init__(self) -> None:
        if not self.smooth > 0:
            raise ValueError("smooth must be positive")


def iou(logits: Tensor, labels: Tensor, counted: Tensor, spec: IoU) -> Tensor:
    """The mean over samples and classes, as a scalar; see `loss_of` for shapes."""
    counts = soft_counts(logits, labels, counted).of_classes(spec.background)
    if spec.batch:
        counts = counts.over_batch()
    wrong = counts.missed + counts.false
    return (wrong / (counts.hit + wrong + spec.smooth)).mean()
