"""Plots of a cohort as PNG: agreement of volumes, and Dice by group. Drawn without pyplot, so without global state."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from ..base.errors import InputError
from ..metrics.agreement import limits_of_agreement
from .rows import REFERENCE, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
"""Okabe and Ito's palette: told apart by colour-blind readers, too."""
_ACROSS = 3


def require_matplotlib() -> None:
    """Refuses to begin where plots could not be drawn.

    Raises:
        InputError: if matplotlib is missing.
    """
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise InputError(
            "plots need matplotlib", where="strokeseg evaluate", fix='Install it: pip install "strokeseg[evaluate]"'
        ) from error


def bland_altman(rows: Sequence[Row], label: str) -> bytes:
    """Difference against mean of predicted and reference volume in ml, a panel for each comparison, as PNG."""
    panels = _by(rows, _comparison)
    figure, axes = _panels(len(panels))
    groups = list(dict.fromkeys(row.group for row in rows))
    for axis, (title, cell) in zip(axes, panels.items(), strict=True):
        difference = np.array([row.scores.volume_bias_ml for row in cell])
        for colour, group in zip(_colours(len(groups)), groups, strict=True):
            chosen = np.array([row.group == group for row in cell])
            mean = np.array([(row.scores.predicted_ml + row.scores.truth_ml) / 2 for row in cell])
            axis.scatter(
                mean[chosen], difference[chosen], s=22, color=colour, edgecolor="white", linewidth=0.5, label=group
            )
        bias, low, high = limits_of_agreement(difference)
        axis.axhline(0.0, color="0.8", linewidth=0.8, zorder=0)
        for value, style, name in ((bias, "-", "bias"), (low, "--", "\u22121.96 SD"), (high, "--", "+1.96 SD")):
            if np.isfinite(value):
                axis.axhline(value, color="0.35", linewidth=1.0, linestyle=style, zorder=1)
                axis.annotate(
                    f"{name} {value:.1f}".replace("-", "\u2212"),
                    (1.0, value),
                    (3, 0),
                    xycoords=axis.get_yaxis_transform(),
                    textcoords="offset points",
                    fontsize=7,
                    va="center",
                )
        axis.set_title(f"{title} (n = {len(cell)})", fontsize=9)
        axis.set_xlabel("mean of both volumes (ml)", fontsize=8)
        axis.set_ylabel("predicted \u2212 reference (ml)", fontsize=8)
        axis.margins(0.08, 0.18)
    if len(groups) > 1:
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, fontsize=8, frameon=False, loc="outside lower center", ncols=len(groups))
    figure.suptitle(f"Volumes, {label}: Bland-Altman", fontsize=11)
    return _png(figure)


def dice_boxes(rows: Sequence[Row], label: str) -> bytes:
    """Box plots of Dice for each group, the comparisons side by side, every case a dot, as PNG.

    Boxes reach from the first to the third quartile, whiskers to the last case within 1.5 times that range.
    """
    groups = _by(rows, lambda row: row.group)
    names = list(dict.fromkeys(_comparison(row) for row in rows))
    width = max(4.5, 1.2 + len(groups) * (0.45 * len(names) + 0.5))
    columns = max(int(width / (0.6 + 0.065 * max(map(len, names)))), 1)
    figure = _figure(width, 3.6 + 0.2 * -(-len(names) // columns))
    axis = figure.add_subplot()
    step = 0.8 / len(names)
    random = np.random.default_rng(0)
    for k, (colour, name) in enumerate(zip(_colours(len(names)), names, strict=True)):
        for g, cell in enumerate(groups.values()):
            values = np.array([row.scores.dice for row in cell if _comparison(row) == name])
            if values.size == 0:
                continue
            at = g + (k - (len(names) - 1) / 2) * step
            with _no_window():
                axis.boxplot(
                    values,
                    positions=[at],
                    widths=step * 0.8,
                    showfliers=False,
                    patch_artist=True,
                    boxprops={"facecolor": colour, "alpha": 0.35, "edgecolor": colour},
                    medianprops={"color": "black"},
                    whiskerprops={"color": colour},
                    capprops={"color": colour},
                )
            axis.scatter(at + random.uniform(-0.2, 0.2, values.size) * step, values, s=9, color=colour, zorder=3)
        axis.scatter([], [], s=30, marker="s", color=colour, label=name)
    axis.set_xticks(
        range(len(groups)), [f"{g} (n = {len({row.case for row in c})})" for g, c in groups.items()], fontsize=8
    )
    axis.set_xlim(-0.5, len(groups) - 0.5)
    axis.set_ylim(-0.03, 1.03)
    axis.set_ylabel("Dice", fontsize=9)
    axis.grid(axis="y", color="0.9", linewidth=0.8)
    axis.set_axisbelow(True)
    if len(names) > 1:
        figure.legend(fontsize=7, frameon=False, loc="outside lower center", ncols=min(len(names), columns))
    axis.set_title(f"Dice, {label}", fontsize=11)
    return _png(figure)


def plots(rows: Sequence[Row], labels: Sequence[str]) -> dict[str, bytes]:
    """Every plot by its file name.

    Raises:
        InputError: if matplotlib is missing.
    """
    require_matplotlib()
    drawn = {}
    for number, label in enumerate(labels, 1):
        cell = [row for row in rows if row.label == label]
        # Names of classes may hold what file names may not.
        drawn[f"bland-altman-{number}.png"] = bland_altman(cell, label)
        drawn[f"dice-{number}.png"] = dice_boxes(cell, label)
    return drawn


@contextmanager
def _no_window() -> Iterator[None]:
    """boxplot reads all of matplotlib's settings, and so looks for a library of windows unless one is chosen. Slicer
    has one of its own, and was seen to die of a second."""
    from matplotlib import rcParams

    # As a dictionary: read in the usual way the setting itself would begin the search.
    chosen = dict.__getitem__(rcParams, "backend")
    rcParams["backend"] = "agg"
    try:
        yield
    finally:
        dict.__setitem__(rcParams, "backend", chosen)


def _comparison(row: Row) -> str:
    return row.member if row.reference == REFERENCE else f"{row.member} against {row.reference}"


def _by(rows: Sequence[Row], key: Callable[[Row], str]) -> Mapping[str, list[Row]]:
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(key(row), []).append(row)
    return parts


def _colours(count: int) -> list[str]:
    if count <= len(COLOURS):
        return list(COLOURS[:count])
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    # Many comparisons: neighbours look alike, but no two are the same.
    return [to_hex(colour) for colour in colormaps["turbo"](np.linspace(0.05, 0.95, count))]


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    across = 2 if count == 4 else min(count, _ACROSS)
    down = -(-count // across)
    figure = _figure(1.0 + 3.4 * across, 0.5 + 2.8 * down)
    return figure, [figure.add_subplot(down, across, k + 1) for k in range(count)]


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    # A Figure without a canvas manager draws with Agg and leaves nothing behind.
    return Figure(figsize=(width, height), dpi=144, layout="constrained")


def _png(figure: Figure) -> bytes:
    for axis in figure.axes:
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    out = io.BytesIO()
    # Without a software stamp the same cohort gives the same bytes whatever matplotlib drew it.
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def before_and_after(pairs: Sequence[tuple[float, float]]) -> bytes:
    """Dice before and after something was changed, a dot for each case, as PNG; above the line is better.

    Pairs with NaN are left out.

    Raises:
        InputError: if matplotlib is missing.
    """
    require_matplotlib()
    known = np.array([pair for pair in pairs if not np.isnan(pair).any()]).reshape(-1, 2)
    figure = _figure(4.2, 3.9)
    axis = figure.add_subplot()
    axis.plot((0, 1), (0, 1), color="0.6", linewidth=0.8, zorder=1)
    axis.scatter(known[:, 0], known[:, 1], s=24, color=COLOURS[0], edgecolor="white", linewidth=0.5, zorder=2)
    axis.set_xlim(-0.03, 1.03)
    axis.set_ylim(-0.03, 1.03)
    axis.set_aspect("equal")
    axis.set_xlabel("Dice before", fontsize=9)
    axis.set_ylabel("Dice after", fontsize=9)
    axis.set_title(f"n = {len(known)}", fontsize=9)
    return _png(figure)
