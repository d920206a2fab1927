"""Trial criteria as tables: item by item met, not met or unknown, and what flips within the uncertainty."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from ..html_parts import NONE, bullets, section
from ..perfusion.criteria import RESEARCH_USE_ONLY, Criteria, Criterion, Verdict

_SIGNS: dict[Verdict, tuple[str, str]] = {
    "met": ("yes", "\u2713"),
    "not met": ("no", "\u2715"),
    "unknown": ("unknown", "?"),
}
"""CSS class and a sign, so that colour is not all that tells them apart."""
_FLIPS = "flips within the uncertainty"


def criteria_section(criteria: tuple[Criteria, ...]) -> str:
    """All trials; "" without any."""
    if not criteria:
        return ""
    words = f"<p class='research inline'>{escape(RESEARCH_USE_ONLY)}</p>"
    return section("Trial criteria, item by item", words, *(_trial(one) for one in criteria))


def _trial(one: Criteria) -> str:
    flagged = ""
    if one.flips:
        flagged = (
            f"<p class='flag'>The overall verdict {_FLIPS} of the measurement: {escape(one.uncertainty or '')}.</p>"
        )
    rows = "".join(_rows(one))
    heads = "".join(f"<th>{head}</th>" for head in ("Item", "Verdict", "Value", "Criterion"))
    words = f"Source: {one.source}."
    if one.uncertainty and not one.flips and one.verdict != "unknown":
        words += f" The verdict holds within the uncertainty taken: {one.uncertainty}."
    return (
        f"<h3>{escape(one.trial)}: {_verdict(one.verdict)}</h3>{flagged}"
        f'<div class="scroll criteria"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        f"<p class='soft'>Not judged here:</p>{bullets(one.not_judged, 'notes soft')}"
        f"<p class='soft'>{escape(words)}</p>"
    )


def _rows(one: Criteria) -> Iterator[str]:
    for item in one.items:
        yield _row(item, "")
        for part in item.parts:
            yield _row(part, " class='part'")


def _row(item: Criterion, kind: str) -> str:
    flips = f" <span class='flag'>{_FLIPS}</span>" if item.flips else ""
    return (
        f"<tr{kind}><td>{escape(item.name)}</td><td>{_verdict(item.verdict)}{flips}</td>"
        f"<td>{escape(_value(item))}</td><td>{escape(_limit(item))}</td></tr>"
    )


def _verdict(verdict: Verdict) -> str:
    kind, sign = _SIGNS[verdict]
    return f"<span class='verdict {kind}'>{sign} {verdict}</span>"


def _value(item: Criterion) -> str:
    if item.value is None:
        # An item of several has none of its own; one that is unknown lacks it.
        return "not given" if item.verdict == "unknown" and not item.parts else NONE
    if math.isinf(item.value):
        return "infinite (no core)"
    return f"{item.value:.1f} {item.unit}".strip() if item.value % 1 else f"{item.value:g} {item.unit}".strip()


def _limit(item: Criterion) -> str:
    # A limit that has its units in its words stays as it is.
    plain = not item.parts and item.unit and item.limit[-1].isdigit()
    return f"{item.limit} {item.unit}" if plain else item.limit
