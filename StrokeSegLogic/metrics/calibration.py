"""Whether a probability means what it says, and whether it tells good results from bad.

Expected calibration error: Naeini, Cooper and Hauskrecht, AAAI 2015, here of one class, the lesion, with bins of equal
width (Guo et al., ICML 2017). Area under the ROC curve: Hanley and McNeil, Radiology 1982, 143:29-36.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, nan

import numpy as np
from scipy.special import entr
from scipy.stats import mannwhitneyu

BINS = 15


@dataclass(frozen=True)
class Reliability:
    """Predictions sorted into bins of equal width from 0 to 1.

    A bin holds its lower edge and not its upper edge; the last bin holds 1, too.

    Attributes:
        count: predictions of each bin (B,).
        probability: mean probability in each bin (B,); NaN where the bin is empty.
        part: part of each bin that is true (B,); NaN where it is empty.
    """

    count: np.ndarray
    probability: np.ndarray
    part: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """The bins' edges (B + 1,)."""
        return np.linspace(0.0, 1.0, len(self.count) + 1)

    @property
    def expected_error(self) -> float:
        """Mean distance of probability and true part, each bin weighted by its predictions; NaN without any."""
        held = self.count > 0
        if not held.any():
            return nan
        gap = np.abs(self.probability[held] - self.part[held])
        return float((gap * self.count[held]).sum() / self.count.sum())


def reliability(probability: np.ndarray, truth: np.ndarray, bins: int = BINS) -> Reliability:
    """Sorts predictions into bins.

    Args:
        probability: 0 to 1, any shape.
        truth: same shape; every value but 0 is true.
        bins: how many.

    Raises:
        ValueError: if the shapes differ, a probability lies beyond 0 to 1, or there is no bin.
    """
    if probability.shape != truth.shape:
        raise ValueError(f"probabilities of shape {probability.shape} and a truth of shape {truth.shape}")
    if bins < 1:
        raise ValueError(f"{bins} bins")
    values = probability.astype(np.float64).ravel()
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError("a probability lies beyond 0 to 1")
    edges = np.linspace(0.0, 1.0, bins + 1)
    which = np.searchsorted(edges[1:-1], values, side="right")
    count = np.bincount(which, minlength=bins)
    sums = np.bincount(which, values, bins), np.bincount(which, truth.ravel() != 0, bins)
    mean, part = (np.divide(total, count, out=np.full(bins, nan), where=count > 0) for total in sums)
    return Reliability(count, mean, part)


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """How often a positive has a higher score than a negative, ties counting half: the area under the ROC curve.

    The rank statistic of Mann and Whitney. NaN unless there are positives and negatives.

    Args:
        scores: (N,), numbers; higher for what is taken for positive.
        positive: (N,); every value but 0 is positive.

    Raises:
        ValueError: if the shapes differ or a score is NaN.
    """
    scores, positive = np.asarray(scores, np.float64), np.asarray(positive) != 0
    if scores.shape != positive.shape or scores.ndim != 1:
        raise ValueError(f"scores of shape {scores.shape} and classes of shape {positive.shape}")
    if np.isnan(scores).any():
        raise ValueError("a score is NaN")
    hits, others = int(positive.sum()), int((~positive).sum())
    if not hits or not others:
        return nan
    # No p-value is wanted: the asymptotic method costs nothing.
    found = mannwhitneyu(scores[positive], scores[~positive], method="asymptotic")
    return float(found.statistic / (hits * others))


def expected_dice(probability: np.ndarray, mask: np.ndarray) -> float:
    """The Dice to expect of a mask if each voxel were lesion with its probability, whatever the others are.

    The ratio of the expected counts, 2 sum(p in the mask) / (voxels of the mask + sum of p): it differs from the
    expected ratio by the order of 1 / (number of voxels). For probabilities of 0 and 1 it is the Dice of both masks;
    1 where the mask and all probabilities are empty, as for Dice.

    Args:
        probability: 0 to 1, any shape.
        mask: same shape; every value but 0 is set.

    Raises:
        ValueError: if the shapes differ.
    """
    if probability.shape != mask.shape:
        raise ValueError(f"probabilities of shape {probability.shape} and a mask of shape {mask.shape}")
    values, inside = probability.astype(np.float64), mask != 0
    total = float(inside.sum() + values.sum())
    return 2.0 * float(values[inside].sum()) / total if total else 1.0


def binary_entropy(probability: np.ndarray) -> np.ndarray:
    """Entropy in bits of yes or no with that probability, 0 (certain) to 1 (even): same shape, float64."""
    p = np.asarray(probability, np.float64)
    return (entr(p) + entr(1 - p)) / log(2)
