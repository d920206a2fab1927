"""The evaluation as one HTML page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import __version__
from ..reports.page import page
from .tables import Table


def html_page(
    title: str,
    tables: Sequence[Table],
    plots: Mapping[str, bytes],
    notes: Sequence[str],
    missing: Sequence[str],
    told: Sequence[str] = (),
) -> str:
    """Tables, plots (PNG, inside the page) and notes; no script, nothing loaded from elsewhere.

    Args:
        title: of the page.
        tables, plots: in this order.
        notes: how the figures are meant.
        missing: what is in no figure.
        told: what a reader must know before the first figure.
    """
    return page(
        "evaluation.html",
        title=title,
        tables=tables,
        plots=plots,
        notes=notes,
        missing=missing,
        told=told,
        version=__version__,
    )
