"""Rows of cases summed up to rows of a cohort's table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from .bootstrap import RESAMPLES, bootstrap_intervals
from .catalog import METRICS
from .rows import ALL, Row

BY = ("member", "reference", "group", "label")
"""The fields of a row that a table tells apart unless asked otherwise."""


@dataclass(frozen=True)
class TableRow:
    """One metric over the cases of one cell.

    Attributes:
        key: value of each field that was told apart, such as {"member": "vote", "group": "LVO"}.
        metric: its name, as in CaseScores.
        n: cases that the figures are taken over.
        undefined: further cases for which the metric is undefined (NaN); they are in no figure.
        mean, median: NaN where n is 0.
        sd: sample standard deviation (ddof 1); NaN where n is below 2.
        low, high: 95 % bootstrap interval of the mean; NaN where fewer than two patients have a value.
    """

    key: dict[str, str]
    metric: str
    n: int
    undefined: int
    mean: float
    sd: float
    median: float
    low: float
    high: float


def summarise(
    rows: Iterable[Row],
    by: Sequence[str] = BY,
    metrics: Sequence[str] | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[TableRow]:
    """A table row for every metric of every cell, cells in the order of their first case.

    Where groups are told apart and there are several, "All" follows them.

    Args:
        rows: cases.
        by: fields of Row that make a cell.
        metrics: names of metrics; None for all that were measured.
        resamples, seed: of the bootstrap.

    Raises:
        ValueError: for a field or metric that is unknown.
    """
    rows = list(rows)
    if unknown := [name for name in (*by, *(metrics or ())) if name not in METRICS and name not in Row.__annotations__]:
        raise ValueError(f"unknown: {', '.join(unknown)}")
    if "group" in by and len({row.group for row in rows}) > 1:
        rows += [replace(row, group=ALL) for row in rows]
    cells: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        cells.setdefault(tuple(getattr(row, name) for name in by), []).append(row)
    return [
        line
        for key, cell in cells.items()
        for line in _table_rows(dict(zip(by, key, strict=True)), cell, metrics or tuple(METRICS), resamples, seed)
    ]


def _table_rows(
    key: dict[str, str], cell: list[Row], metrics: Sequence[str], resamples: int, seed: int
) -> list[TableRow]:
    """The summary of each metric but those that were not measured in every case of the cell."""
    measured = [name for name in metrics if all(getattr(row.scores, name) is not None for row in cell)]
    values = np.array([[getattr(row.scores, name) for name in measured] for row in cell], float)
    intervals = bootstrap_intervals(values, [row.patient for row in cell], resamples=resamples, seed=seed)
    table = []
    for name, column, (low, high) in zip(measured, values.T, intervals, strict=True):
        known = column[~np.isnan(column)]
        table.append(
            TableRow(
                key=key,
                metric=name,
                n=known.size,
                undefined=column.size - known.size,
                mean=float(known.mean()) if known.size else nan,
                sd=float(known.std(ddof=1)) if known.size > 1 else nan,
                median=float(np.median(known)) if known.size else nan,
                low=float(low),
                high=float(high),
            )
        )
    return table
