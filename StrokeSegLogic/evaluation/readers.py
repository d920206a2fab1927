"""Two readers' masks joined to one reference: what "against NR1 & NR2" is to mean.

The slow-fusion paper's Table 3 has a row "model vs (NR1 & NR2)" and does not say how the two are joined. It is not the
mean of the model's scores against each: for LVO penumbra these are a delta V of 11.2 and 29.2 ml, and the joint row
has 15.5 ml. In the Non-LVO group the joint row repeats most of reader 1's figures. So none of these is the paper's.
"""

from __future__ import annotations

from enum import Enum

import numpy as np


class Joint(str, Enum):
    """How two readers are joined.

    MEAN: metric by metric the mean of the scores against each reader; no third mask is made up. The default.
    INTERSECTION: a voxel has the label that both readers give it, else 0.
    UNION: a voxel has the label that either gives it; where they give two, the higher (core over penumbra).
    """

    MEAN = "mean"
    INTERSECTION = "intersection"
    UNION = "union"


def join(first: np.ndarray, second: np.ndarray, how: Joint) -> np.ndarray:
    """One label map of two.

    Raises:
        ValueError: for the mean, which has no label map.
    """
    if how is Joint.INTERSECTION:
        return np.where(first == second, first, 0)
    if how is Joint.UNION:
        return np.maximum(first, second)
    raise ValueError("the mean of two readers is one of scores, not of masks")
