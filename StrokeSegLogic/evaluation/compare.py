"""Who is scored against whom, for one case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from .readers import Joint, join
from .scores import CaseScores, mean_scores

ByClass = Mapping[str, CaseScores]
Score = Callable[[np.ndarray, np.ndarray], ByClass]
"""Scores by class of a prediction against a truth, both label maps of one shape."""


def comparisons(
    members: Mapping[str, np.ndarray], references: Mapping[str, np.ndarray], score: Score, joint: Joint = Joint.MEAN
) -> Iterator[tuple[str, str, ByClass]]:
    """Member, reference and scores by class, in the order of the slow-fusion paper's Table 3.

    With two references (readers A and B): every member against both joined, A against B, every member against A and
    against B. With one reference: every member against it.

    Args:
        members: label maps of what is scored.
        references: label maps of one truth or two readers.
        score: how.
        joint: what "against both readers" means.
    """
    against = {
        (member, name): score(labels, truth) for member, labels in members.items() for name, truth in references.items()
    }
    if len(references) == 2:
        (a, own), (b, other) = references.items()
        for member, labels in members.items():
            if joint is Joint.MEAN:
                first, second = against[member, a], against[member, b]
                yield member, f"{a} & {b}", {label: mean_scores(first[label], second[label]) for label in first}
            else:
                yield member, f"{a} & {b}", score(labels, join(own, other, joint))
        yield a, b, score(own, other)
    for (member, name), each in against.items():
        yield member, name, each
