"""Small pieces of HTML: everything that comes in as text goes out escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from .pictures import Colour, Figure
from .png import encode_png

NONE = "\u2013"
"""A dash for what is not known or not there."""


_SVG_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'


def section(title: str, *content: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(content) + "\n</section>"


def bullets(items: Iterable[str], kind: str = "") -> str:
    return f'<ul class="{kind}">' + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def row(kind: str, shown: Sequence[Figure]) -> str:
    """Pictures side by side: "six" of one width, or "scaled" to one scale."""
    return f'<div class="row {kind}">' + "".join(framed(one) for one in shown) + "</div>"


def framed(figure: Figure) -> str:
    height, width = figure.picture.shape[:2]
    data = base64.b64encode(encode_png(figure.picture)).decode("ascii")
    return (
        f'<figure style="--w:{width}"><img src="data:image/png;base64,{data}" width="{width}" height="{height}" '
        f'alt="{escape(figure.alt)}"><figcaption>{escape(figure.caption)}</figcaption></figure>'
    )


def key_numbers(cells: Iterable[tuple[str, str, str]]) -> str:
    """Boxes of a title, a number and words below it."""
    boxes = (
        f"<div><dt>{escape(title)}</dt><dd>{escape(value)}<small>{escape(words)}</small></dd></div>"
        for title, value, words in cells
    )
    return f'<dl class="key">{"".join(boxes)}</dl>'


def colour_legend(colours: Iterable[tuple[Colour, str]], first: str = "") -> str:
    entries = "".join(
        f'<li><i style="background:rgb({colour[0]},{colour[1]},{colour[2]})"></i>{escape(words)}</li>'
        for colour, words in colours
    )
    return f'<ul class="legend">{first}{entries}</ul>'


def colour_bar(gradient: str, low: str, high: str, unit: str) -> str:
    """The colours of a map from its lowest to its highest value; `gradient` is a CSS background."""
    return (
        f'<p class="bar"><span>{escape(low)}</span><i style="background:{gradient}"></i>'
        f"<span>{escape(high)} {escape(unit)}</span></p>"
    )


def plot(svg: str) -> str:
    """An SVG figure that keeps a readable size: on narrow screens it scrolls."""
    # Inside HTML the namespace goes without saying.
    return f'<div class="scroll plot">{svg.replace(_SVG_NAMESPACE, "")}</div>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> str:
    """A table whose last `numbers` columns are right-aligned."""

    def cells(tag: str, values: Sequence[str]) -> str:
        words = [f"<{tag}>{escape(value)}</{tag}>" for value in values]
        figures = [f'<{tag} class="number">{escape(value)}</{tag}>' for value in values]
        first = len(values) - numbers
        return "".join(words[:first] + figures[first:])

    body = "".join(f"<tr>{cells('td', one)}</tr>" for one in rows)
    return f'<div class="scroll"><table><thead><tr>{cells("th", heads)}</tr></thead><tbody>{body}</tbody></table></div>'


def tree(value: Any) -> str:
    """Any JSON-ready value as HTML: mappings as tables, lists in a line where they are short words."""
    if isinstance(value, Mapping):
        rows = "".join(
            f"<tr><th scope='row'>{escape(str(key).replace('_', ' '))}</th><td>{tree(one)}</td></tr>"
            for key, one in value.items()
        )
        return f"<table><tbody>{rows}</tbody></table>" if rows else "none"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        if any(isinstance(one, Mapping) for one in value):
            return "".join(tree(one) for one in value)
        return ", ".join(tree(one) for one in value) or "none"
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(f"{value:.6g}" if isinstance(value, float) else str(value))
