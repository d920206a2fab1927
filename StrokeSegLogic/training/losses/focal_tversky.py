"""Focal Tversky loss with the Non-LVO penalty."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .soft_counts import SoftCounts, soft_counts

STRAIGHT = 1e-4
"""Below this error x ** (1 / gamma) is replaced by a line through 0: its own slope is infinite there."""


@dataclass(frozen=True)
class FocalTversky:
    """(1 - TI) ** (1 / gamma) with TI = (TP + s) / (TP + alpha FN + beta FP + s).

    As in Abraham & Khan 2019 (arXiv 1810.07842) alpha weighs what is missed (FN) and beta what is falsely found (FP);
    Salehi et al. 2017 and MONAI name them the other way round. gamma and alpha are those that Tomasetti et al. 2022
    chose in their Exp-1; beta stands alone because that table also has alpha = beta = 1.

    The paper does not say how classes are joined nor how much Non-LVO patients weigh. What stands here is read from
    the code that its authors published (Biomedical-Data-Analysis-Laboratory/multi-input-ischemic-Stroke-segmentation):
    `classes="together"`, weights 0.1, 50 and 440 for healthy brain, penumbra and core, and `non_lvo=6` in training
    alone. The default, `classes="each"` with equal weights, is Abraham & Khan's, divided by the number of classes.

    Attributes:
        gamma: 1 is the plain Tversky loss; above 1 large overlaps keep a steeper slope.
        alpha: weight of missed voxels.
        beta: weight of falsely found voxels; None is 1 - alpha.
        non_lvo: how many times more the errors on all classes but the background weigh in emphasised samples.
        weights: of the classes, the background first; empty is 1 for all.
        background: whether the background is a class of the loss (in the papers it is).
        classes: "each" class has its index; or "together", one index of weighted sums over classes.
        smooth: voxels (s) that keep the index defined where a class is nowhere; Abraham & Khan's code has 1.
    """

    gamma: float = 4 / 3
    alpha: float = 0.7
    beta: float | None = None
    non_lvo: float = 6.0
    weights: tuple[float, ...] = ()
    background: bool = True
    classes: str = "each"
    smooth: float = 1.0
    kind: str = "focal_tversky"

    def __post_init__(self) -> None:
        if not self.gamma > 0 or not self.smooth > 0:
            raise ValueError("gamma and smooth must be positive")
        if min(self.alpha, self.missed_and_false[1]) < 0 or sum(self.missed_and_false) == 0:
            raise ValueError("alpha and beta must not be negative, nor both 0; beta is 1 - alpha if it is not given")
        if self.non_lvo < 1:
            raise ValueError("non_lvo is how many times more errors weigh: at least 1")
        if self.weights and (min(self.weights) < 0 or sum(self.weights[0 if self.background else 1 :]) <= 0):
            raise ValueError("class weights must not be negative, nor 0 for all classes of the loss")
        if self.classes not in ("each", "together"):
            raise ValueError(f"classes is '{self.classes}': use each or together")

    @property
    def missed_and_false(self) -> tuple[float, float]:
        """alpha and beta."""
        return self.alpha, 1 - self.alpha if self.beta is None else self.beta


def focal_tversky(logits: Tensor, labels: Tensor, counted: Tensor, emphasised: Tensor, spec: FocalTversky) -> Tensor:
    """The mean over samples, as a scalar; see `FocalTversky` and `loss_of` for shapes.

    With classes "each" a sample's loss is the weighted mean of its classes' losses; emphasis multiplies the weights of
    its lesion classes but not what the mean is divided by. With classes "together" a sample has one index, and its
    loss is multiplied by the mean over its counted voxels of the weight of their true class, emphasis included.

    Raises:
        ValueError: if the spec's weights are not as many as the classes.
    """
    weights = _class_weights(logits, spec)
    lesion = torch.ones_like(weights)
    lesion[1:] = spec.non_lvo
    # (N, C): weights of the classes in each sample.
    emphasis = torch.where(emphasised.unsqueeze(1), weights * lesion, weights)
    counts = soft_counts(logits, labels, counted)
    if spec.classes == "each":
        return (emphasis * _focal(_error(counts, spec), spec)).sum(1).mean() / weights.sum()
    pooled = SoftCounts(*((value * weights).sum(1) for value in counts))
    voxels = counted.flatten(1).sum(1).clamp(min=1)
    importance = (emphasis.gather(1, labels.flatten(1)) * counted.flatten(1)).sum(1) / voxels
    return (importance * _focal(_error(pooled, spec), spec)).mean()


def _class_weights(logits: Tensor, spec: FocalTversky) -> Tensor:
    values = spec.weights or (1.0,) * logits.shape[1]
    if len(values) != logits.shape[1]:
        raise ValueError(f"the loss has {len(values)} class weights and the network {logits.shape[1]} classes")
    weights = torch.tensor(values, dtype=logits.dtype, device=logits.device)
    if not spec.background:
        weights[0] = 0.0
    return weights


def _error(counts: SoftCounts, spec: FocalTversky) -> Tensor:
    """1 - TI, without taking a number near 1 from 1."""
    alpha, beta = spec.missed_and_false
    wrong = alpha * counts.missed + beta * counts.false
    return wrong / (counts.hit + wrong + spec.smooth)


def _focal(error: Tensor, spec: FocalTversky) -> Tensor:
    power = 1 / spec.gamma
    return torch.where(error < STRAIGHT, error * STRAIGHT ** (power - 1), error.clamp(min=STRAIGHT) ** power)
