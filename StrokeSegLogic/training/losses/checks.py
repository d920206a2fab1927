"""What every loss asks of a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from ...base.errors import InputError


def checked(logits: Tensor, labels: Tensor, counted: Tensor, emphasised: Tensor) -> tuple[Tensor, Tensor]:
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
