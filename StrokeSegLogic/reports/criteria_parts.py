"""Trial criteria in words: the verdict's sign, what was measured, what was asked."""

from __future__ import annotations

import math

from ..ctp.numbers.criteria import Criterion, Verdict
from .page import NONE

SIGNS: dict[Verdict, tuple[str, str]] = {
    "met": ("yes", "\u2713"),
    "not met": ("no", "\u2715"),
    "unknown": ("unknown", "?"),
}
"""CSS class and a sign, so that colour is not all that tells them apart."""


def value(item: Criterion) -> str:
    if item.value is None:
        # An item of several has no value of its own; an unknown item lacks it.
        return "not given" if item.verdict == "unknown" and not item.parts else NONE
    if math.isinf(item.value):
        return "infinite (no core)"
    return f"{item.value:.1f} {item.unit}".strip() if item.value % 1 else f"{item.value:g} {item.unit}".strip()


def limit(item: Criterion) -> str:
    # What joins several has their units in its words, and behind what was not judged the reason stands.
    plain = not item.parts and item.unit and not item.at_other_thresholds
    return f"{item.limit} {item.unit}" if plain else item.limit
