"""Confidence intervals of means over patients, by resampling patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 2000
_CELLS = 1 << 22
"""Weights held at once: memory stays bounded for a large cohort."""


def bootstrap_intervals(
    values: np.ndarray,
    patients: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> np.ndarray:
    """Percentile intervals of means (Efron and Tibshirani 1993, chapter 13), whole patients drawn with replacement.

    A patient brings all of their values along, so that two slabs of one patient do not count as two independent cases.

    Args:
        values: (cases,) or (cases, metrics); NaN is left out, its patient is drawn all the same.
        patients: the patient of each case.
        resamples: how many cohorts are drawn.
        seed: of the draw; the same cohort and seed give the same interval, whatever the order of its cases.
        level: covered part.

    Returns:
        (2,) or (metrics, 2): lower and upper end; NaN where fewer than two patients have a value.

    Raises:
        ValueError: if there are not as many patients as cases.
    """
    table = np.asarray(values, float)
    if len(table) != len(patients):
        raise ValueError(f"{len(table)} cases of {len(patients)} patients")
    columns = table.reshape(len(table), -1)
    names, index = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    known = ~np.isnan(columns)
    total, count = np.zeros((2, len(names), columns.shape[1]))
    np.add.at(total, index, np.where(known, columns, 0.0))
    np.add.at(count, index, known)
    means = _resampled_means(total, count, resamples, np.random.default_rng(seed))
    ends = np.full((columns.shape[1], 2), np.nan)
    for k in np.flatnonzero((count > 0).sum(0) > 1):
        # A drawn cohort in which nobody has a value has no mean.
        ends[k] = np.nanpercentile(means[:, k], [50 * (1 - level), 50 * (1 + level)])
    return ends[0] if table.ndim == 1 else ends


def _resampled_means(total: np.ndarray, count: np.ndarray, resamples: int, random: np.random.Generator) -> np.ndarray:
    size = len(total)
    if size == 0:
        return np.empty((0, total.shape[1]))
    step = max(_CELLS // size, 1)
    means = []
    for start in range(0, resamples, step):
        # How often each patient is drawn, rather than who: sums over cohorts are then one product.
        drawn = random.multinomial(size, np.full(size, 1 / size), min(step, resamples - start)).astype(float)
        values = drawn @ count
        means.append(np.divide(drawn @ total, values, out=np.full_like(values, np.nan), where=values > 0))
    return np.concatenate(means)
