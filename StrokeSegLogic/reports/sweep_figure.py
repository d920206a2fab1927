"""The sweep over thresholds as a picture: scalable, without a plotting library, to stand in a report as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..ctp.numbers.sweep import Sweep
from .svg_parts import COLOURS, rule, svg, text, tick_step, ticks

_WIDTH, _HEIGHT, _GAP = 250.0, 170.0, 70.0
_LEFT, _TOP, _BOTTOM = 52.0, 34.0, 46.0
_RATIO_LIMIT, _CORE_LIMIT_ML = 1.8, 70.0
"""Of DEFUSE 3 (Albers et al., NEJM 2018, 378:708)."""
_HIGHEST_RATIO = 10.0


@dataclass(frozen=True)
class _Line:
    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str


@dataclass(frozen=True)
class _Panel:
    """A plot: lines, where the threshold in use is, and a trial's limit where there is any."""

    title: str
    x_words: str
    y_words: str
    lines: Sequence[_Line]
    reach: tuple[float, float]
    used: float
    least: float
    limit: tuple[float, str] | None = None


def sweep_svg(table: Sweep) -> str:
    """Core over rCBF, hypoperfused volume over Tmax, and mismatch ratio over rCBF, as an SVG element.

    Text takes the page's colour. Ratios above 10, and infinite ratios, are drawn at 10.
    """
    panels = _panels(table)
    width = len(panels) * (_WIDTH + _GAP)
    height = _TOP + _HEIGHT + _BOTTOM
    drawn = "".join(_drawn(panel, _LEFT + k * (_WIDTH + _GAP)) for k, panel in enumerate(panels))
    return svg(width, height, "How the volumes move with the thresholds", drawn)


def sweep_table(table: Sweep) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of a table: mismatch ratio by Tmax (down) and rCBF (across), volumes first."""
    flows = sorted({row.core_rcbf for row in table.rows})
    heads = ["Tmax over", "ml", *(f"rCBF < {100 * flow:g} %" for flow in flows)]
    rows = []
    for time in sorted({row.tmax_s for row in table.rows}):
        cells = table.at(tmax_s=time)
        rows.append(
            [f"{time:g} s", f"{cells[0].hypoperfused_ml:.1f}"]
            + [f"{cell.core_ml:.1f} ml, ratio {_short(cell.mismatch_ratio)}" for cell in cells]
        )
    return heads, rows


def _short(ratio: float | None) -> str:
    if ratio is None:
        return "\u2013"
    return "\u221e" if math.isinf(ratio) else f"{ratio:.1f}"


def _panels(table: Sweep) -> tuple[_Panel, ...]:
    used = table.at(tmax_s=table.tmax_s)
    times = table.at(core_rcbf=table.core_rcbf)
    near = [t for t in (table.tmax_s - 2, table.tmax_s, table.tmax_s + 2) if table.at(tmax_s=t)]
    flows = [100 * row.core_rcbf for row in used]
    reach = (flows[0], flows[-1])
    core = _Line(f"Tmax > {table.tmax_s:g} s", flows, [row.core_ml for row in used], COLOURS[0])
    whole = _Line("", [row.tmax_s for row in times], [row.hypoperfused_ml for row in times], COLOURS[0])
    ratios = [
        _Line(f"Tmax > {time:g} s", flows, [min(ratio, _HIGHEST_RATIO) for ratio in found], colour)
        for time, colour in zip(near, COLOURS, strict=False)
        if (found := [row.mismatch_ratio for row in table.at(tmax_s=time) if row.mismatch_ratio is not None])
    ]
    return (
        _Panel(
            "Core",
            "rCBF below (%)",
            "ml",
            [core],
            reach,
            100 * table.core_rcbf,
            10.0,
            (_CORE_LIMIT_ML, "DEFUSE 3: 70 ml"),
        ),
        _Panel(
            "Hypoperfused tissue",
            "Tmax over (s)",
            "ml",
            [whole],
            (times[0].tmax_s, times[-1].tmax_s),
            table.tmax_s,
            10.0,
        ),
        _Panel(
            "Mismatch ratio",
            "rCBF below (%)",
            "",
            ratios,
            reach,
            100 * table.core_rcbf,
            2.0,
            (_RATIO_LIMIT, "DEFUSE 3: 1.8"),
        ),
    )


def _drawn(panel: _Panel, left: float) -> str:
    low, high = panel.reach
    # No lesion is drawn on a scale of its own, or the axis would count in billionths.
    top = max([panel.least, *(max(line.y) for line in panel.lines)])
    # A limit is drawn where it does not press the lines into the floor.
    limit = panel.limit if panel.limit and panel.limit[0] <= 3 * top else None
    step = tick_step(max(top, limit[0] if limit else 0.0))
    roof = step * math.ceil(max(top, limit[0] if limit else 0.0, step) / step - 1e-9)

    def x(value: float) -> float:
        return left + _WIDTH * (value - low) / max(high - low, 1e-9)

    def y(value: float) -> float:
        return _TOP + _HEIGHT * (1 - value / roof)

    floor = _TOP + _HEIGHT
    out = [text(left, 14, panel.title, "start", 'font-weight="600" font-size="12"')]
    for k in range(round(roof / step) + 1):
        height = y(k * step)
        out.append(rule(left, height, left + _WIDTH, height, 'stroke="currentColor" stroke-opacity="0.15"'))
        out.append(text(left - 6, height + 4, f"{k * step:g}", "end"))
    for value in ticks(low, high):
        out.append(text(x(value), floor + 16, f"{value:g}", "middle"))
    out.append(text(left + _WIDTH / 2, floor + 34, panel.x_words, "middle"))
    if panel.y_words:
        out.append(text(left - 6, _TOP - 8, panel.y_words, "end"))
    used = x(panel.used)
    out.append(rule(used, _TOP, used, floor, 'stroke="currentColor" stroke-opacity="0.5" stroke-dasharray="3 3"'))
    if limit:
        height = y(limit[0])
        out.append(rule(left, height, left + _WIDTH, height, 'stroke="#CC79A7" stroke-width="1.5"'))
        out.append(text(left + 4, height - 4, limit[1], "start", 'fill="#CC79A7"'))
    if not panel.lines:
        out.append(text(left + _WIDTH / 2, _TOP + _HEIGHT / 2, "no lesion", "middle"))
    for number, line in enumerate(panel.lines):
        points = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in zip(line.x, line.y, strict=True))
        out.append(f'<polyline points="{points}" fill="none" stroke="{line.colour}" stroke-width="2"/>')
        out += [
            f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="2.5" fill="{line.colour}"/>'
            for a, b in zip(line.x, line.y, strict=True)
        ]
        if len(panel.lines) > 1:
            out.append(
                text(left + 110 + 52 * number, 14, line.name.replace("Tmax ", ""), "start", f'fill="{line.colour}"')
            )
    return "".join(out)
