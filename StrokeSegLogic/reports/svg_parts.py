"""Small pieces of the perfusion figures: plain SVG whose text takes the page's colour."""

from __future__ import annotations

import math
from html import escape

COLOURS = ("#0072B2", "#D55E00", "#009E73")
"""Of Okabe and Ito's palette: told apart by colour-blind readers, too."""


def tick_step(top: float) -> float:
    """A round step (1, 2 or 5 times a power of ten) that divides 0 to `top` into at most four parts."""
    rough = top / 4
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`."""
    step = tick_step(max(high - low, 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float, more: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {more}/>'


def svg(width: float, height: float, title: str, drawn: str) -> str:
    """An SVG element that may stand in a page or in a file of its own."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'font-family="sans-serif" font-size="11" fill="currentColor"><title>{escape(title)}</title>{drawn}</svg>'
    )
