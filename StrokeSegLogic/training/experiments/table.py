"""A table as it came out, beside the paper's figures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from ...base.csv_files import csv_text
from ...base.recorded_files import write_recorded
from ...evaluation.catalog import METRICS
from ...evaluation.rows import ALL, Row
from ...evaluation.summary import TableRow, summarise
from ...evaluation.tables import DASH, Table, cases_csv, paper_cell
from ..cohort.recipe import CohortRecipe
from ..datasets.subject import SIMULATED, DataSet
from ..loss_log import LossLog, read
from ..splits import Split
from ..transfer import SCHEMES
from .spec import Experiment, ExperimentRow

RECORD = "experiment.json"
FILES = ("cases.csv", "table.csv", "table.md", RECORD)
Cells = dict[tuple[str, str, str], str]
"""Words by metric, group and label."""


def tables_of(
    experiment: Experiment,
    rows: Sequence[ExperimentRow],
    found: Mapping[str, Sequence[Row]],
    resamples: int,
    seed: int,
) -> list[Table]:
    """The tables: name, number of cases, our figures (mean ± SD), the paper's; one a metric where there are groups."""
    lines = []
    for row in rows:
        own = [
            scored for scored in found[row.recipe] if (scored.member, scored.reference) == (row.member, row.reference)
        ]
        lines.append((row, len({scored.case for scored in own}), _cells(own, experiment, resamples, seed)))
    if not experiment.groups:
        return [_table(experiment, experiment.title, experiment.metrics, lines, experiment.paper_heads)]
    tables = []
    for metric in experiment.metrics:
        name = METRICS[metric].title
        heads = tuple(head for head in experiment.paper_heads if head.startswith(name))
        tables.append(_table(experiment, f"{experiment.title}: {METRICS[metric].head}", (metric,), lines, heads))
    return tables


def _table(
    experiment: Experiment,
    title: str,
    metrics: Sequence[str],
    lines: Sequence[tuple[ExperimentRow, int, Cells]],
    paper_heads: Sequence[str],
) -> Table:
    groups = experiment.groups or (ALL,)
    columns = [(m, g, label) for m in metrics for g in groups for label in experiment.labels]
    printed = [experiment.paper_heads.index(head) for head in paper_heads]
    return Table(
        title,
        ("Row", "n", *(_head(experiment, *column) for column in columns), *(f"paper: {head}" for head in paper_heads)),
        tuple(
            (
                row.name,
                str(cases),
                *(cells.get(column, DASH) for column in columns),
                *(row.paper[k] if row.paper else DASH for k in printed),
            )
            for row, cases, cells in lines
        ),
    )


def _head(experiment: Experiment, metric: str, group: str, label: str) -> str:
    words = [] if experiment.groups else [METRICS[metric].head]
    if experiment.groups:
        words.append(group)
    if len(experiment.labels) > 1:
        words.append(label)
    return " ".join(words)


def _cells(rows: Sequence[Row], experiment: Experiment, resamples: int, seed: int) -> Cells:
    if not rows:
        return {}
    summary: list[TableRow] = summarise(rows, ("label",), experiment.metrics, resamples=resamples, seed=seed)
    cells = {(figure.metric, ALL, figure.key["label"]): paper_cell(figure) for figure in summary}
    grouped = summarise(rows, ("group", "label"), experiment.metrics, resamples=resamples, seed=seed)
    for figure in grouped:
        if figure.key["group"] != ALL:
            cells[figure.metric, figure.key["group"], figure.key["label"]] = paper_cell(figure)
    return cells


def write_tables(
    experiment: Experiment,
    rows: Sequence[ExperimentRow],
    found: Mapping[str, Sequence[Row]],
    data: DataSet,
    recipes: Mapping[str, CohortRecipe],
    split: Split,
    changes: Sequence[str],
    output: Path,
    resamples: int,
    seed: int,
    *,
    overwrite: bool = False,
) -> Path:
    """Writes table.md, table.csv and cases.csv, and the record of them.

    Returns:
        table.md.

    Raises:
        OutputError: if they cannot be written, or files that are not ours are in the way.
    """
    tables = tables_of(experiment, rows, found, resamples, seed)
    lines = [
        *(table.markdown() for table in tables),
        f"Paper: {experiment.source}. Its data, split and machine are others than these: the figures are no contest.",
        "",
        "How these figures came about:",
        "",
        f"- Data: layout {data.layout}, {len(data.subjects)} cases of {len(data.patients)} patients; trained on "
        f"{len(split.train)}, validated on {len(split.val)}, scored on {len(getattr(split, experiment.part))} "
        f"({experiment.part}); split by patient, in split.tsv.",
        *(f"- Data: {note}" for note in ([SIMULATED] if data.simulated else []) + list(data.notes)),
        f"- {os.cpu_count()} processor cores.",
        f"- Changes to the recipes: {'; '.join(changes) if changes else 'none'}.",
        *(
            f"- {name}: {words_of(recipe, output / 'runs' / name.replace('/', '-'))}"
            for name, recipe in recipes.items()
        ),
        *(f"- {note}" for note in experiment.notes),
        "",
        "Mean±SD over cases (sample SD). Research use only: not a medical device.",
        "",
    ]
    contents = {
        "cases.csv": cases_csv([row for own in found.values() for row in own]),
        "table.csv": _csv(tables),
        "table.md": "\n".join(lines),
    }
    writers = {name: partial(_write, text.encode("utf-8", "backslashreplace")) for name, text in contents.items()}
    write_recorded(output, writers, RECORD, {"experiment": experiment.title}, overwrite=overwrite)
    return output / "table.md"


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def words_of(recipe: CohortRecipe, run: Path) -> str:
    """How a recipe's run went: seed, start, scheme, epochs and steps of each network."""
    frozen = min(SCHEMES[recipe.transfer.scheme]) < 1
    if recipe.network.encoder is None:
        start = "no encoder"
    elif recipe.pretrained:
        start = f"encoders begin with ImageNet ({recipe.pretrained})"
    else:
        start = "encoders begin at random" + (" and are frozen: no transfer" if frozen else "")
    went = []
    for member in recipe.members:
        epochs = read(LossLog(run, member).epochs)
        best = min(epochs, key=lambda row: row["validation"])
        steps = f", step {epochs[-1]['phase'] + 1:.0f} of {recipe.transfer.steps}" if recipe.transfer.steps > 1 else ""
        went.append(f"{member} {len(epochs)} of {recipe.epochs} epochs{steps}, best {best['epoch'] + 1:.0f}")
    return f"seed {recipe.seed}; {start}; scheme {recipe.transfer.scheme}; {'; '.join(went)}."


def _csv(tables: Sequence[Table]) -> str:
    """The tables below one another, parted by an empty line."""
    return csv_text(row for table in tables for row in ([table.title], table.heads, *table.rows, []))
