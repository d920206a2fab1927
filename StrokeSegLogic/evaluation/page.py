"""The evaluation as one HTML page that needs nothing beside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape

from .. import __version__
from ..html_parts import bullets, section, table
from .tables import Table

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #777; }
body { font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; max-width: 76rem;
  margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.8rem 0 .5rem; }
.research { font-weight: 650; } .soft { color: var(--soft); font-size: .88rem; }
.missing { border-left: 4px solid #e8b64c; padding-left: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; }
th, td { text-align: left; padding: .25rem .65rem .25rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { vertical-align: bottom; font-weight: 600; }
/* Wide tables fold their heads and "(17/19)" before they scroll; what a row is stays in sight. */
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: normal; }
td { vertical-align: top; }
th:first-child, td:first-child { position: sticky; left: 0; background: Canvas; }
@media print { .scroll { overflow: visible; } table { font-size: .6rem; } }
img { max-width: 100%; height: auto; background: #fff; display: block; margin: .5rem 0; }
"""


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
    gaps = f'<section class="missing"><h2>In no figure</h2>{bullets(missing)}</section>' if missing else ""
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
            f"<h1>{escape(title)}</h1>",
            '<p class="research">Research use only: not a medical device</p>',
            *(f"<p>{escape(sentence)}</p>" for sentence in told),
            gaps,
            *(section(one.title, table(one.heads, one.rows, len(one.heads) - one.names)) for one in tables),
            section("Plots", *(_image(name, content) for name, content in plots.items())) if plots else "",
            section("How the figures are meant", bullets(notes)),
            f'<p class="soft">StrokeSeg {escape(__version__)}</p>\n</body>\n</html>\n',
        ]
    )


def _image(name: str, content: bytes) -> str:
    data = base64.b64encode(content).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{escape(name)}">'
