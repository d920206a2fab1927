"""Tables for people and for spreadsheets, out of the rows of cases and cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from ..base.csv_files import csv_text
from .catalog import METRICS
from .rows import Row
from .scores import METRIC_NAMES
from .summary import BY, TableRow

DASH = "\u2013"


@dataclass(frozen=True)
class Table:
    """Words in rows and columns; the first `names` columns say what a row is."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1

    def markdown(self) -> str:
        """A GitHub table under a heading; numbers are right-aligned."""
        marks = ["---"] * self.names + ["---:"] * (len(self.heads) - self.names)
        lines = [[_safe(word) for word in self.heads], marks, *([_safe(word) for word in row] for row in self.rows)]
        return f"### {self.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def paper_cell(row: TableRow) -> str:
    """Mean ± SD as the papers print it: 0.81±0.1; with "(17/19)" where the metric is defined for 17 of 19 cases."""
    metric = METRICS[row.metric]
    if row.n == 0:
        return f"{DASH} (0/{row.undefined})" if row.undefined else DASH
    spread = DASH if isnan(row.sd) else f"{row.sd:.{metric.sd_decimals}f}"
    defined = f" ({row.n}/{row.n + row.undefined})" if row.undefined else ""
    return f"{row.mean:.{metric.decimals}f}\u00b1{spread}{defined}"


def interval_cell(row: TableRow) -> str:
    """Mean, 95 % interval and median: 0.81 (0.75 to 0.86); 0.84."""
    if row.n == 0:
        return DASH
    digits = METRICS[row.metric].decimals
    interval = DASH if isnan(row.low) else f"{row.low:.{digits}f} to {row.high:.{digits}f}"
    return f"{row.mean:.{digits}f} ({interval}); {row.median:.{digits}f}"


def paper_table(
    summary: Iterable[TableRow],
    rows: Sequence[str] = ("member", "reference"),
    columns: Sequence[str] = ("metric", "group", "label"),
    *,
    metrics: Sequence[str] | None = None,
    title: str = "Mean\u00b1SD",
    interval: bool = False,
) -> Table:
    """A summary laid out as a paper has it.

    The MRI paper: rows=("member",), columns=("metric",). Slow fusion's Table 3: the defaults.

    Args:
        summary: from `summarise`.
        rows, columns: the fields of its keys, and "metric", that make the rows and the columns.
        metrics: names of those to show, in this order; None for all.
        title: above the table.
        interval: mean, 95 % interval and median in place of mean ± SD.

    A column n says how many cases a line is made of, where all its cells are made of as many.

    Raises:
        ValueError: if two figures fall into one cell: a field that tells them apart is in neither list.
    """
    shown = [figure for figure in summary if metrics is None or figure.metric in metrics]
    if metrics is not None:
        shown.sort(key=lambda figure: list(metrics).index(figure.metric))
    cells: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}
    for figure in shown:
        place = (_values(figure, rows), _values(figure, columns))
        if place in cells:
            raise ValueError(f"two figures for {' '.join((*place[0], *place[1]))}")
        cells[place] = interval_cell(figure) if interval else paper_cell(figure)
    sizes: dict[tuple[str, ...], set[int]] = {}
    for figure in shown:
        sizes.setdefault(_values(figure, rows), set()).add(figure.n + figure.undefined)
    counted = all(len(found) == 1 for found in sizes.values())
    lines = _together(list(dict.fromkeys(place[0] for place in cells)), rows)
    heads = _nested([place[1] for place in cells])
    return Table(
        title,
        (*(name.capitalize() for name in rows), *["n"] * counted, *(" \u00b7 ".join(head) for head in heads)),
        tuple(
            (*line, *[str(max(sizes[line]))] * counted, *(cells.get((line, head), DASH) for head in heads))
            for line in lines
        ),
        len(rows),
    )


def telling(summary: Iterable[TableRow], fields: Sequence[str]) -> tuple[str, ...]:
    """Those fields in which the rows differ; the first field if they differ in none."""
    rows = list(summary)
    return tuple(name for name in fields if len({row.key[name] for row in rows}) > 1) or tuple(fields[:1])


def cases_csv(rows: Iterable[Row]) -> str:
    """One line a row; an empty cell was not measured, "nan" is undefined."""
    heads = ("case", "patient", "group", "member", "reference", "label")
    return _csv(
        (*heads, *METRIC_NAMES),
        ((*(getattr(row, name) for name in heads), *map(_number, row.scores.values().values())) for row in rows),
    )


def summary_csv(summary: Iterable[TableRow], by: Sequence[str] = BY) -> str:
    """One line for each cell and metric, with all figures."""
    figures = ("n", "undefined", "mean", "sd", "median", "low", "high")
    names = ("n", "undefined", "mean", "sd", "median", "ci95_low", "ci95_high")
    return _csv(
        (*by, "metric", "unit", *names),
        (
            (*(row.key[name] for name in by), row.metric, METRICS[row.metric].unit)
            + tuple(_number(getattr(row, name)) for name in figures)
            for row in summary
        ),
    )


def _values(row: TableRow, fields: Sequence[str]) -> tuple[str, ...]:
    known: Mapping[str, str] = {**row.key, "metric": METRICS[row.metric].head}
    return tuple(known[name] for name in fields)


def _together(lines: list[tuple[str, ...]], rows: Sequence[str]) -> list[tuple[str, ...]]:
    """The groups of one comparison below one another, comparisons in the order of appearance."""
    comparisons = [tuple(word for word, name in zip(line, rows, strict=True) if name != "group") for line in lines]
    order = {comparison: place for place, comparison in reversed(list(enumerate(comparisons)))}
    return [line for _, line in sorted(zip(comparisons, lines, strict=True), key=lambda pair: order[pair[0]])]


def _nested(heads: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The columns in order of appearance, those of one first word beside one another, and so on inwards."""
    unique = list(dict.fromkeys(heads))
    if not unique or not unique[0]:
        return unique
    firsts = dict.fromkeys(head[0] for head in unique)
    return [(first, *rest) for first in firsts for rest in _nested(head[1:] for head in unique if head[0] == first)]


def _csv(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return csv_text([heads, *lines])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _safe(word: str) -> str:
    return word.replace("|", "\\|")
