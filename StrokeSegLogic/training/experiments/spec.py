"""What a paper's table is made of, as its file under Resources/Experiments says."""

from __future__ import annotations

from dataclasses import dataclass

from ...base.errors import InputError
from ...base.files import resource
from ...base.settings import from_mapping, read_toml
from ...evaluation.catalog import METRICS
from ..splits import PARTS


@dataclass(frozen=True)
class ExperimentRow:
    """One line of a table.

    Attributes:
        name: what the line is, in the paper's words.
        recipe: that its model is trained by.
        member: of the model: "network", a plane, "vote" or "weighted-vote"; or a reader.
        reference: what it is scored against: "reference" or a reader or both ("NR1 & NR2").
        paper: the paper's figures, as many as the table's `paper_heads`; empty where the paper has no such line.
    """

    name: str
    recipe: str
    member: str = "network"
    reference: str = "reference"
    paper: tuple[str, ...] = ()


@dataclass(frozen=True)
class Experiment:
    """A paper's table.

    Attributes:
        title, source: of the table and its paper.
        part: whose cases are scored: "val" or "test".
        metrics, groups, labels: columns: every metric for every group and every class. No group is all cases.
        paper_heads: heads of the paper's own figures.
        rows: in the paper's order.
        readers: whether cases are scored against two readers.
        empty_as_zero: whether two empty masks count 0, see `evaluation.scores.zero_where_both_empty`.
        notes: what a reader of the table must know.
    """

    title: str
    source: str
    part: str
    metrics: tuple[str, ...]
    labels: tuple[str, ...]
    paper_heads: tuple[str, ...]
    rows: tuple[ExperimentRow, ...]
    groups: tuple[str, ...] = ()
    readers: bool = False
    empty_as_zero: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.part not in PARTS:
            raise ValueError(f"part '{self.part}' is not one of {', '.join(PARTS)}")
        for metric in self.metrics:
            if metric not in METRICS:
                raise ValueError(f"metric '{metric}' is not one of {', '.join(METRICS)}")
        for row in self.rows:
            if row.paper and len(row.paper) != len(self.paper_heads):
                raise ValueError(f"row '{row.name}' has {len(row.paper)} figures for {len(self.paper_heads)} heads")

    @property
    def recipes(self) -> tuple[str, ...]:
        """Every recipe once, in the order of the rows."""
        return tuple(dict.fromkeys(row.recipe for row in self.rows))


def experiment_names() -> tuple[str, ...]:
    """Names of the tables that come with StrokeSeg."""
    return tuple(sorted(path.stem for path in resource("Experiments").glob("*.toml")))


def read_experiment(name: str) -> Experiment:
    """The table of that name.

    Raises:
        InputError: if there is none.
    """
    if name not in experiment_names():
        raise InputError(f"no experiment is called '{name}'", fix=f"Use one of {', '.join(experiment_names())}")
    path = resource("Experiments", f"{name}.toml")
    return from_mapping(Experiment, read_toml(path), path)
