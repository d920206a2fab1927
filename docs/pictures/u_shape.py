"""A network's U as a picture: boxes down the left, up the right, arrows between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

# Paul Tol's "light" scheme: told apart by colour-blind readers, and black text is legible on it.
IMAGE, PRETRAINED, OURS, DECODER, CLINICAL = "#EEEEEE", "#99DDFF", "#FFAABB", "#DDE6A1", "#EEDD88"
GATE = "#EE8866"
WORDS = {
    IMAGE: "images, logits",
    PRETRAINED: "encoder (pretrained weights fit)",
    OURS: "not pretrained",
    DECODER: "decoder",
    CLINICAL: "NIHSS branch",
    GATE: "attention gate (optional)",
}
WIDTH, HEIGHT, PITCH, INDENT, SPAN, STEP = 3.5, 0.78, 1.32, 0.34, 10.2, 0.07


@dataclass
class Box:
    """Text in a colour; several behind one another where each image has its own."""

    lines: Sequence[str]
    colour: str
    stack: int = 1


@dataclass
class Drawing:
    """A U: what goes down on the left, what lies at the bottom, what comes up on the right; finest first.

    Attributes:
        title: above it.
        left: boxes at each level, the deepest left out.
        bottom: box at the deepest level.
        right: boxes at each level, as many as on the left.
        skips: words on the arrow across at each level; None where there is none.
        down, up: words on the arrows.
        head: box above the last box on the right.
        top: boxes above the first box on the left, uppermost first.
        aside: box beside the bottom.
        gates: whether attention gates may sit on the skips.
    """

    title: str
    left: list[Box]
    bottom: Box
    right: list[Box]
    skips: list[str | None]
    down: str
    up: str
    head: Box
    top: list[Box]
    aside: Box | None = None
    gates: bool = False
    used: set[str] = field(default_factory=set)


def paint(plan: Drawing) -> Figure:
    depth = len(plan.left)
    figure = Figure(figsize=(9.2, 1.02 * (depth + 1 + max(len(plan.top), 1)) + 0.55))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    ys = [-PITCH * level for level in range(depth)]
    lefts = [INDENT * level for level in range(depth)]
    rights = [SPAN - x for x in lefts]
    middle = (lefts[0] + rights[0]) / 2
    floor = -PITCH * depth
    for place, upper in enumerate(reversed(plan.top), start=1):
        box(axes, plan, lefts[0], PITCH * place, upper)
        below = plan.top[len(plan.top) - place + 1] if place > 1 else plan.left[0]
        arrow(axes, (lefts[0], PITCH * place - HEIGHT / 2), (lefts[0], PITCH * (place - 1) + top_of(below)))
    for level, (y, x, left) in enumerate(zip(ys, lefts, plan.left, strict=True)):
        box(axes, plan, x, y, left)
        if level:
            arrow(axes, (x, ys[level - 1] - HEIGHT / 2), (x, y + top_of(left)), plan.down if level == 1 else "", "left")
    for level, (y, x, right) in enumerate(zip(ys, rights, plan.right, strict=True)):
        box(axes, plan, x, y, right)
        if level:
            arrow(axes, (x, y + HEIGHT / 2), (x, ys[level - 1] - HEIGHT / 2), plan.up if level == 1 else "", "right")
        words = plan.skips[level]
        if words is not None:
            start, end = lefts[level] + WIDTH / 2, x - WIDTH / 2
            behind = STEP * (plan.left[level].stack - 1)
            arrow(axes, (start + behind, y), (end, y), words, "above", dashed=True)
            if plan.gates:
                axes.plot([(start + end) / 2 + 0.45], [y], marker="D", markersize=8, color=GATE, mec="#555555")
                plan.used.add(GATE)
    box(axes, plan, middle, floor, plan.bottom, wide=1.12)
    turn(axes, (lefts[-1], ys[-1] - HEIGHT / 2), (middle - WIDTH * 0.56, floor), down=True)
    turn(axes, (middle + WIDTH * 0.56, floor), (rights[-1], ys[-1] - HEIGHT / 2), down=False)
    box(axes, plan, rights[0], PITCH, plan.head)
    arrow(axes, (rights[0], HEIGHT / 2), (rights[0], PITCH - HEIGHT / 2))
    bottom = floor - HEIGHT
    if plan.aside is not None:
        bottom -= PITCH - 0.15
        box(axes, plan, middle, floor - PITCH + 0.1, plan.aside, wide=1.12)
        arrow(axes, (middle, floor - PITCH + 0.1 + HEIGHT / 2), (middle, floor - HEIGHT / 2))
    axes.set_xlim(lefts[0] - WIDTH / 2 - 0.35, rights[0] + WIDTH / 2 + 0.45)
    axes.set_ylim(bottom - 0.45, PITCH * max(len(plan.top), 1) + HEIGHT / 2 + 0.75)
    axes.text(middle, axes.get_ylim()[1] - 0.12, plan.title, ha="center", va="top", fontsize=11, weight="bold")
    keys = [
        Patch(facecolor=colour, edgecolor="#555555", label=WORDS[colour]) for colour in WORDS if colour in plan.used
    ]
    if not any(left.stack > 1 or left.colour == PRETRAINED for left in plan.left):
        keys = [key for key in keys if key.get_label() != WORDS[OURS]]
        keys.insert(1, Patch(facecolor=OURS, edgecolor="#555555", label="contracting path"))
    axes.legend(handles=keys, loc="lower center", ncols=len(keys), frameon=False, fontsize=8.5, borderaxespad=0.2)
    return figure


def times(text: str) -> str:
    """With the sign of a size between numbers, which source code has no need of."""
    return re.sub(r"(?<=\d)( ?)x( ?)(?=\d)", "\\1\u00d7\\2", text)


def top_of(shape: Box) -> float:
    """How far above its middle a box and what is stacked behind it reach."""
    return HEIGHT / 2 + STEP * (shape.stack - 1)


def box(axes: Axes, plan: Drawing, x: float, y: float, shape: Box, wide: float = 1.0) -> None:
    """A box whose middle lies at (x, y), in front of the rest of its stack."""
    plan.used.add(shape.colour)
    width = WIDTH * wide
    for behind in reversed(range(shape.stack)):
        shift = STEP * behind
        axes.add_patch(
            FancyBboxPatch(
                (x - width / 2 + shift, y - HEIGHT / 2 + shift),
                width,
                HEIGHT,
                boxstyle="round,pad=0,rounding_size=0.09",
                facecolor=shape.colour,
                edgecolor="#555555",
                linewidth=0.8,
                zorder=3,
            )
        )
    for line, (text, weight) in enumerate(zip(shape.lines, ("bold", "normal"), strict=True)):
        text = times(text)
        axes.text(x, y + 0.17 - 0.34 * line, text, ha="center", va="center", fontsize=8.5, weight=weight, zorder=4)


def arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    words: str = "",
    side: str = "right",
    dashed: bool = False,
) -> None:
    style = {"arrowstyle": "-|>", "color": "#555555", "linewidth": 1.1, "linestyle": "--" if dashed else "-"}
    axes.annotate("", end, start, arrowprops={**style, "shrinkA": 0, "shrinkB": 0})
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    words = times(words)
    if side == "above":
        axes.text(x - (0.2 if words else 0), y + 0.06, words, ha="center", va="bottom", fontsize=8.5)
    elif words:
        shift = 0.1 if side == "right" else -0.1
        axes.text(x + shift, y, words, ha="left" if side == "right" else "right", va="center", fontsize=8.5)


def turn(axes: Axes, start: tuple[float, float], end: tuple[float, float], down: bool) -> None:
    """An arrow round the corner of the U."""
    corner = (start[0], end[1]) if down else (end[0], start[1])
    axes.plot([start[0], corner[0]], [start[1], corner[1]], color="#555555", linewidth=1.1, solid_capstyle="butt")
    arrow(axes, corner, end)
