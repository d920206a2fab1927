"""Lesion-wise scores: which connected components were found, by the rules of two challenges, named.

Sources, as their published evaluation code states the rules (facts taken, no code):

`isles22`: github.com/ezequieldlrosa/isles22, utils/eval_utils.py. Components of 26 neighbours. A truth component that
shares a voxel with the prediction is a true positive, else a false negative; a predicted component without a voxel in
the truth is a false positive. So one predicted blob over three truth lesions counts three times, and the score changes
when prediction and truth are exchanged.

`isles24`: github.com/ezequieldlrosa/isles24, utils/eval_utils.py, which calls panoptica (Kofler et al.,
arXiv:2312.02608) with components of 26 neighbours and naive matching by intersection over union: pairs in descending
IoU, each component used once, matched from 0.2 on. F1 is panoptica's recognition quality. The threshold of 0.2 is in
that file since 16 December 2025 (commit 94b3486); before, from August 2024, it used panoptica's default of 0.5.

Both: F1 = TP / (TP + (FP + FN) / 2), 1 where both masks are empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.ndimage import label

_NEIGHBOURS_26 = np.ones((3, 3, 3), bool)
ISLES24_MATCH = 0.2
"""Intersection over union from which two components are one lesion."""


class Variant(str, Enum):
    """The challenge whose rule decides what a found lesion is."""

    ISLES22 = "isles22"
    ISLES24 = "isles24"


@dataclass(frozen=True)
class LesionScores:
    """Counts of connected components.

    Attributes:
        variant: the rule that they were counted by.
        true_positive, false_positive, false_negative: found, invented and missed lesions.
        predicted, true: components of each mask.
    """

    variant: Variant
    true_positive: int
    false_positive: int
    false_negative: int
    predicted: int
    true: int

    @property
    def f1(self) -> float:
        total = self.true_positive + (self.false_positive + self.false_negative) / 2
        return self.true_positive / total if total else 1.0

    @property
    def count_difference(self) -> int:
        """Absolute difference of the two numbers of lesions."""
        return abs(self.predicted - self.true)


def lesion_scores(prediction: np.ndarray, truth: np.ndarray, variant: Variant = Variant.ISLES22) -> LesionScores:
    """Counts found, invented and missed lesions.

    Args:
        prediction: mask (z, y, x); every value but 0 is set.
        truth: mask of the same shape.
        variant: see the module.

    Raises:
        ValueError: if the shapes differ or are not 3-D.
    """
    if prediction.shape != truth.shape or prediction.ndim != 3:
        raise ValueError(f"masks of shapes {prediction.shape} and {truth.shape}")
    (p, predicted), (t, true) = (label(mask, _NEIGHBOURS_26) for mask in (prediction, truth))
    # One row for each pair of components that share voxels: (predicted, true), and how many.
    both = (p > 0) & (t > 0)
    pairs, shared = np.unique(np.stack([p[both], t[both]]), axis=1, return_counts=True)
    if variant is Variant.ISLES22:
        found = int(np.unique(pairs[1]).size)
        invented = predicted - int(np.unique(pairs[0]).size)
        return LesionScores(variant, found, invented, true - found, predicted, true)
    union = np.bincount(p.ravel())[pairs[0]] + np.bincount(t.ravel())[pairs[1]] - shared
    found = _greedy_matches(pairs, shared / union)
    return LesionScores(variant, found, predicted - found, true - found, predicted, true)


def _greedy_matches(pairs: np.ndarray, iou: np.ndarray) -> int:
    used_p: set[int] = set()
    used_t: set[int] = set()
    for k in np.argsort(-iou, kind="stable"):
        if iou[k] < ISLES24_MATCH:
            break
        a, b = int(pairs[0, k]), int(pairs[1, k])
        if a not in used_p and b not in used_t:
            used_p.add(a)
            used_t.add(b)
    return len(used_p)
