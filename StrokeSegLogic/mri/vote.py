"""The vote of the planes.

Karkera and Chowdhury (arXiv 2511.07281): each voxel gets the label that most planes give. The paper names a vote
weighted by the planes' confidence as future work; the mean of probabilities stands beside both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..base.progress import check_cancelled
from ..base.settings import VOTES, Plane, one_of


@dataclass(frozen=True)
class Vote:
    """What the planes decided together; arrays of the planes' own shape.

    Attributes:
        labels: uint8, 1 is lesion.
        agreement: uint8, number of planes that said lesion, whatever the method.
        probability: float32, mean of the planes (weighted by the weights for "weighted").
        members: each plane's own lesion, bool.
    """

    labels: np.ndarray
    agreement: np.ndarray
    probability: np.ndarray
    members: dict[Plane, np.ndarray]


def vote(
    probabilities: Mapping[Plane, np.ndarray],
    method: str = "majority",
    threshold: float = 0.5,
    weights: Mapping[str, float] | None = None,
) -> Vote:
    """Lets the planes vote.

    A plane says lesion where its probability is at least the threshold. "majority": lesion where more than half of
    the planes say so. "weighted": where the planes that say so hold more than half of the weight. "mean": where the
    mean probability is at least the threshold.

    Args:
        probabilities: lesion probability of each plane, arrays of one shape.
        method: one of `base.settings.VOTES`.
        threshold: of the probability.
        weights: for "weighted"; equal if None.

    Raises:
        InputError: if there is no such method.
    """
    one_of(method, VOTES, "vote")
    members = {plane: probability >= threshold for plane, probability in probabilities.items()}
    agreement = np.asarray(sum(member.astype(np.uint8) for member in members.values()))
    share = {plane: (weights or {}).get(plane, 1.0) if method == "weighted" else 1.0 for plane in members}
    total = sum(share.values())
    # Summed one by one in float32: a stack of three large volumes would double the memory.
    probability = np.zeros(agreement.shape, np.float32)
    for plane, values in probabilities.items():
        check_cancelled()
        probability += np.float32(share[plane] / total) * values
    if method == "mean":
        labels = probability >= threshold
    else:
        said = np.zeros(agreement.shape, np.float64)
        for plane, member in members.items():
            check_cancelled()
            said += share[plane] * member
        labels = said > total / 2
    return Vote(labels.astype(np.uint8), agreement, probability, members)
