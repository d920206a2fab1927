"""Cohorts scored and tabulated: cases -> scores -> tables -> files. Knows nothing of torch.

Python entry points:

    scores = evaluate_pair(prediction, truth, spacing_mm)          # arrays (z, y, x) -> CaseScores
    rows = [Row("case1", "patient1", "LVO", "vote", "reference", "core", scores), ...]
    table = paper_table(summarise(rows, by=("member",)), rows=("member",), columns=("metric",))
    print(table.markdown())

Folders: `evaluate_folders(Sources(predictions, references))`, then `write_evaluation`.
"""

from .cohort import Evaluation, Sources, evaluate_folders
from .rows import Row
from .scores import CaseScores, evaluate_labels, evaluate_pair, zero_where_both_empty
from .summary import TableRow, summarise
from .tables import Table, paper_table

__all__ = [
    "CaseScores",
    "Evaluation",
    "Row",
    "Sources",
    "Table",
    "TableRow",
    "evaluate_folders",
    "evaluate_labels",
    "evaluate_pair",
    "paper_table",
    "summarise",
    "zero_where_both_empty",
]
