"""How far two judges agree: volumes by intraclass correlation and limits of agreement, yes and no by kappa."""

from __future__ import annotations

from math import nan

import numpy as np

_LIMIT = 1.96
"""Standard deviations on either side that hold 95 % of normally distributed differences."""


def limits_of_agreement(differences: np.ndarray) -> tuple[float, float, float]:
    """Bias and its limits, mean ± 1.96 sample SD (Bland and Altman, Lancet 1986, i:307-310).

    Limits are NaN below two cases.
    """
    bias = float(np.mean(differences))
    spread = _LIMIT * float(np.std(differences, ddof=1)) if len(differences) > 1 else float("nan")
    return bias, bias - spread, bias + spread


def intraclass_correlation(ratings: np.ndarray) -> float:
    """ICC(2,1): two-way random effects, absolute agreement, a single rater (Shrout and Fleiss, Psychol Bull 1979,
    86:420-428; ICC(A,1) of McGraw and Wong 1996). A constant difference between raters lowers it.

    Args:
        ratings: (subjects, raters).

    Returns:
        NaN below two subjects or two raters, or where all values are the same.

    Raises:
        ValueError: if the array is not 2-D, or a value is not finite.
    """
    values = np.asarray(ratings, np.float64)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError("ratings are (subjects, raters), finite")
    subjects, raters = values.shape
    if subjects < 2 or raters < 2:
        return nan
    mean = values.mean()
    of_subjects, of_raters = values.mean(axis=1), values.mean(axis=0)
    between = raters * float(((of_subjects - mean) ** 2).sum()) / (subjects - 1)
    across = subjects * float(((of_raters - mean) ** 2).sum()) / (raters - 1)
    rest = values - of_subjects[:, None] - of_raters[None] + mean
    error = float((rest**2).sum()) / ((subjects - 1) * (raters - 1))
    total = between + (raters - 1) * error + raters * (across - error) / subjects
    return (between - error) / total if total > 0 else nan


def cohens_kappa(first: np.ndarray, second: np.ndarray) -> float:
    """Agreement on yes and no beyond chance (Cohen, Educ Psychol Meas 1960, 20:37-46).

    Args:
        first, second: (items,); every value but 0 is yes.

    Returns:
        NaN without items, and where both always say the same one thing: nothing is left to chance.

    Raises:
        ValueError: if the shapes differ.
    """
    a, b = np.asarray(first) != 0, np.asarray(second) != 0
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"judgements of shapes {a.shape} and {b.shape}")
    if not a.size:
        return nan
    seen = float((a == b).mean())
    by_chance = float(a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean()))
    return (seen - by_chance) / (1 - by_chance) if by_chance < 1 else nan
