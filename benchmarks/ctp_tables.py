"""Scores of routes on patients whose core and penumbra are known, as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from StrokeSegLogic.ctp.tissue.thresholds import CORE, PENUMBRA
from StrokeSegLogic.evaluation.bootstrap import bootstrap_intervals
from StrokeSegLogic.metrics.voxel import dice

CLASSES = {"core": CORE, "penumbra": PENUMBRA}
DICES = ("core Dice", "penumbra Dice", "both Dice")
VOLUMES = ("core dV", "core |dV|", "penumbra dV", "penumbra |dV|", "core false", "penumbra false")
_GROUPS = ("LVO", "Non-LVO")
_HEADS = {
    "both Dice": "core + penumbra Dice",
    "core false": "no stroke: core",
    "penumbra false": "no stroke: penumbra",
}


@dataclass(frozen=True)
class Scored:
    """One patient's scores of one route; NaN where a score has no meaning."""

    case: str
    group: str
    values: Mapping[str, float]


def score(found: np.ndarray, truth: np.ndarray, voxel_ml: float, case: str, group: str) -> Scored:
    """Dice and volume error (ml) of each class; false volume (ml) where there is no stroke.

    Args:
        found: labels (z, y, x): 1 penumbra, 2 core.
        truth: likewise.
        voxel_ml: of one voxel.
        case: the patient's name.
        group: "WIS" for a patient without stroke.
    """
    # Penumbra of thresholds is what is late and no core: the whole is what all routes mean alike.
    values = {"both Dice": dice(found > 0, truth > 0) if truth.any() else np.nan}
    for name, label in CLASSES.items():
        said, true = found == label, truth == label
        error = float(int(said.sum()) - int(true.sum())) * voxel_ml
        values |= {f"{name} dV": error, f"{name} |dV|": abs(error)}
        values[f"{name} Dice"] = dice(said, true) if true.any() else np.nan
        values[f"{name} false"] = float(said.sum()) * voxel_ml if group == "WIS" else np.nan
    return Scored(case, group, values)


def tables(rows: Mapping[str, Sequence[Scored]]) -> None:
    """Prints Dice, Dice by group and volumes of each route."""
    print("\nDice: mean ± SD (95 % interval of the mean), median\n")
    _print(rows, {_HEADS.get(key, key): (key, None) for key in DICES}, "interval")
    print("\nDice by group: mean ± SD, median\n")
    groups = [group for group in _GROUPS if any(row.group == group for row in next(iter(rows.values())))]
    _print(rows, {f"{group}: {key}": (key, group) for group in groups for key in DICES[:2]}, "median")
    print("\nVolume errors and volumes marked where there is no stroke, ml: mean ± SD, median\n")
    heads = {_HEADS.get(key, key.replace("dV", "ΔV").replace("|", "\\|")): (key, None) for key in VOLUMES}
    _print(rows, heads, "ml")


def _print(rows: Mapping[str, Sequence[Scored]], columns: Mapping[str, tuple[str, str | None]], how: str) -> None:
    counts = []
    for key, group in columns.values():
        counts.append(len(_values(next(iter(rows.values())), key, group)))
    heads = [f"{head} (n = {count})" for head, count in zip(columns, counts, strict=True)]
    print("| route | " + " | ".join(heads) + " |\n" + "| --- " * (len(columns) + 1) + "|")
    for way, scored in rows.items():
        print(f"| {way} | " + " | ".join(_cell(way, scored, *column, how) for column in columns.values()) + " |")


def _cell(way: str, scored: Sequence[Scored], key: str, group: str | None, how: str) -> str:
    values = _values(scored, key, group)
    # A network that knows the core alone has nothing to say of penumbra.
    if ("unet3d" in way and not key.startswith("core")) or not len(values):
        return "-"
    digits = 1 if how == "ml" else 3
    sd = np.std(values, ddof=1) if len(values) > 1 else 0.0
    text = f"{np.mean(values):.{digits}f} ± {sd:.{digits}f}"
    if how == "interval":
        low, high = bootstrap_intervals(values, [str(number) for number in range(len(values))])
        text += f" ({low:.{digits}f} to {high:.{digits}f})"
    return f"{text}, {np.median(values):.{digits}f}"


def _values(scored: Sequence[Scored], key: str, group: str | None) -> np.ndarray:
    values = np.array([row.values[key] for row in scored if group is None or row.group == group])
    return values[~np.isnan(values)]
