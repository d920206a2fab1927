"""How good a network is on held-out slices, without augmentation and with real sequences only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ..case import Role
from .batches import normalised
from .samples import CHANNELS, Sample
from .sources.soop import LESION_PIXELS
from .tensors import collate


@dataclass(frozen=True)
class Score:
    """Figures over slices.

    Attributes:
        dice: mean Dice over slices with at least 50 lesion pixels; NaN without such a slice.
        slices: how many those are.
        false_pixels: mean number of pixels called lesion on slices without any; NaN without such a slice.
        clear_slices: how many those are.
    """

    dice: float
    slices: int
    false_pixels: float
    clear_slices: int


@torch.inference_mode()
def score(
    network: nn.Module, samples: Iterable[Sample], roles: tuple[Role, ...] | None = None, threshold: float = 0.5
) -> Score:
    """Slices that went through the network one by one.

    Args:
        network: gives logits (N, 2, H, W).
        samples: real slices.
        roles: use just these sequences of each sample; None is all.
        threshold: of the lesion's probability.
    """
    was_training = network.training
    network.eval()
    dices, false = [], []
    for sample in samples:
        batch = collate([sample])
        if roles is not None:
            batch.present &= torch.tensor([[role in roles for role in CHANNELS]])
        probability = network(normalised(batch)).softmax(1)[0, 1].numpy()
        found = (probability >= threshold) & batch.brain[0, 0].numpy()
        truth = batch.lesion[0, 0].numpy()
        if truth.sum() >= LESION_PIXELS:
            dices.append(2 * (found & truth).sum() / (found.sum() + truth.sum()))
        elif not truth.any():
            false.append(found.sum())
    network.train(was_training)
    return Score(
        float(np.mean(dices)) if dices else float("nan"),
        len(dices),
        float(np.mean(false)) if false else float("nan"),
        len(false),
    )
