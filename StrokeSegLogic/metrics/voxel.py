"""Overlap of two masks, voxel by voxel."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Dice's coefficient of two masks of one shape; 1.0 where both are empty.

    Raises:
        ValueError: if the shapes differ.
    """
    return overlap(a, b).dice


@dataclass(frozen=True)
class Overlap:
    """The four counts of a prediction against a truth, in voxels, and the ratios made of them.

    A ratio whose denominator is zero is NaN, but for Dice and Jaccard: they are 1 where both masks are empty.
    """

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def predicted(self) -> int:
        return self.true_positive + self.false_positive

    @property
    def true(self) -> int:
        return self.true_positive + self.false_negative

    @property
    def dice(self) -> float:
        total = self.predicted + self.true
        return 2.0 * self.true_positive / total if total else 1.0

    @property
    def jaccard(self) -> float:
        union = self.true_positive + self.false_positive + self.false_negative
        return self.true_positive / union if union else 1.0

    @property
    def precision(self) -> float:
        return _ratio(self.true_positive, self.predicted)

    @property
    def recall(self) -> float:
        """Sensitivity."""
        return _ratio(self.true_positive, self.true)

    @property
    def specificity(self) -> float:
        return _ratio(self.true_negative, self.true_negative + self.false_positive)

    @property
    def accuracy(self) -> float:
        return _ratio(
            self.true_positive + self.true_negative, self.predicted + self.false_negative + self.true_negative
        )

    @property
    def balanced_accuracy(self) -> float:
        """Mean of recall and specificity."""
        return (self.recall + self.specificity) / 2


def overlap(prediction: np.ndarray, truth: np.ndarray, within: np.ndarray | None = None) -> Overlap:
    """Counts two masks against each other.

    Args:
        prediction: mask; every value but 0 is set.
        truth: mask of the same shape.
        within: the domain to count in, a mask of the same shape; the whole volume if None.

    Raises:
        ValueError: if the shapes differ.
    """
    masks = [prediction, truth] if within is None else [prediction, truth, within]
    if len({mask.shape for mask in masks}) != 1:
        raise ValueError(f"masks of shapes {' and '.join(str(mask.shape) for mask in masks)}")
    p, t = prediction.astype(bool), truth.astype(bool)
    if within is not None:
        domain = within.astype(bool)
        p, t = p[domain], t[domain]
    both, predicted, true = (int(np.count_nonzero(mask)) for mask in (p & t, p, t))
    return Overlap(both, predicted - both, true - both, p.size - predicted - true + both)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else nan
