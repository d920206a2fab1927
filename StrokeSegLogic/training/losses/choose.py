"""The loss that a recipe asks for."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from .checks import checked
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
        logits, labels = checked(logits, labels, counted, emphasised)
        if isinstance(spec, FocalTversky):
            return focal_tversky(logits, labels, counted, emphasised, spec)
        if isinstance(spec, IoU):
            return iou(logits, labels, counted, spec)
        return cross_entropy_and_dice(logits, labels, counted, spec)

    return loss
