"""Small batches for the losses, and the formulas' sums in numpy."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

Batch = tuple[Tensor, Tensor, Tensor, Tensor]

SHAPES = [(6, 5), (4, 3, 5)]


def batch(shape: tuple[int, ...] = (6, 5), classes: int = 3, seed: int = 0, count: int = 3) -> Batch:
    """Logits in float64, labels, counted (about 80 %), the second sample emphasised."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(count, classes, *shape, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, classes, (count, *shape), generator=generator)
    counted = torch.rand(count, *shape, generator=generator) < 0.8
    return logits, labels, counted, torch.arange(count) == 1


def all_counted(given: Batch) -> Batch:
    logits, labels, counted, _ = given
    return logits, labels, torch.ones_like(counted), torch.zeros(len(logits), dtype=torch.bool)


def softmax(logits: Tensor) -> np.ndarray:
    exponents = np.exp(logits.detach().double().numpy())
    return exponents / exponents.sum(1, keepdims=True)


def counts(given: Batch, sample: int, label: int) -> tuple[float, float, float]:
    """True positives, false negatives and false positives of a class in a sample, by probability."""
    logits, labels, counted, _ = given
    p, y, c = softmax(logits)[sample, label], labels[sample].numpy() == label, counted[sample].numpy()
    return float(p[y & c].sum()), float((1 - p)[y & c].sum()), float(p[~y & c].sum())
