"""The loss that a recipe asks for, and what every loss asks of a batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ...base.errors import InputError
from .cross_entropy_dice import CrossEntropyDice, cross_entropy_and_dice
from .focal_tversky import FocalTversky, focal_tversky
from .iou import IoU, iou

LossSpec = CrossEntropyDice | FocalTversky | IoU
"""What `[loss]` in a recipe may be; its `kind` chooses, and without a kind it is the first."""

Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""A scalar of logits (N, C, *S), labels int64 (N, *S), counted bool (N, *S) and emphasised bool (N,)."""


def loss_of(spec: LossSpec) -> Loss:
    """The loss as a function of one batch; S is (H, W) or (D, H, W), class 0 the background.

    Voxels that are not counted have neither value nor gradient, whatever their label. Samples that are emphasised
    (Non-LVO patients) weigh more in the focal Tversky loss alone; the others do not look at them. float16 and
    bfloat16 logits are computed on in float32.

    Raises (when called):
        ValueError: if shapes do not belong together.
        InputError: if a counted voxel's label is none of the classes.
    """

    def loss(logits: Tensor, labels: Tensor, counted: Tensor, emphasised: Tensor) -> Tensor:
        logits, labels = _checked(logits, labels, counted, emphasised)
        if isinstance(spec, FocalTversky):
            return focal_tversky(logits, labels, counted, emphasised, spec)
        if isinstance(spec, IoU):
            return iou(logits, labels, counted, spec)
        return cross_entropy_and_dice(logits, labels, counted, spec)

    return loss


def _checked(logits: Tensor, labels: Tensor, counted: Tensor, emphasised: Tensor) -> tuple[Tensor, Tensor]:
    """Logits in float32 at least, and labels with 0 where nothing counts.

    Raises:
        ValueError: if shapes do not belong together.
        InputError: if a counted voxel's label is none of the classes.
    """
    if logits.ndim < 3 or labels.shape != (logits.shape[0], *logits.shape[2:]):
        raise ValueError(f"labels {tuple(labels.shape)} do not belong to logits {tuple(logits.shape)}")
    if logits.shape[1] < 2:
        raise ValueError("a loss needs at least two classes, the background among them")
    if counted.shape != labels.shape or emphasised.shape != labels.shape[:1]:
        raise ValueError(f"counted {tuple(counted.shape)} or emphasised {tuple(emphasised.shape)} has a wrong shape")
    labels = labels.masked_fill(~counted, 0)
    lowest, highest = (int(value) for value in torch.stack(torch.aminmax(labels)))
    if lowest < 0 or highest >= logits.shape[1]:
        raise InputError(
            f"there is a label {lowest if lowest < 0 else highest} where the network has the classes 0 to "
            f"{logits.shape[1] - 1}",
            where="training labels",
            fix="Correct the masks, or the number of classes in the recipe",
        )
    return logits.to(torch.promote_types(logits.dtype, torch.float32)), labels
