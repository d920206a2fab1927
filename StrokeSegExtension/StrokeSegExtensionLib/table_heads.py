"""The heads of a table with a row a thing: lesions, cases of a review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import qt


def set_heads(table: Any, heads: Sequence[tuple[str, str]]) -> None:
    """Gives a table its columns, as wide as what stands in them, and no numbers beside its rows.

    Args:
        table: a QTableWidget.
        heads: what stands over each column, and what it is in full, which the mouse shows.
    """
    table.setColumnCount(len(heads))
    for column, (head, full) in enumerate(heads):
        item = qt.QTableWidgetItem(head)
        item.setToolTip(full)
        table.setHorizontalHeaderItem(column, item)
    table.verticalHeader().setVisible(False)
    header = table.horizontalHeader()
    header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
    header.setMinimumSectionSize(20)
    header.setHighlightSections(False)
