"""Dice of the slice interface on held-out patients: SOOP's test split.

    python benchmarks/slices.py --data DATA [--model NAME]

DATA holds soop/ as the training recipe expects it. Prints a Markdown table. For the ISLES'22 slices, all of which the
bundled model was trained on, see five_folds.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from StrokeSegLogic.case import Role
from StrokeSegLogic.inference import predict_slices
from StrokeSegLogic.metrics import dice
from StrokeSegLogic.models.registry import find
from StrokeSegLogic.planes import PLANES
from StrokeSegLogic.training.stream.sources.soop import LESION_PIXELS, Soop

RESAMPLES, SEED = 2000, 0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    arguments.add_argument("--split", default="test", choices=("val", "test"))
    given = arguments.parse_args()
    bundle = find(given.model)
    threshold = bundle.planes.threshold_for([Role.FLAIR])
    print(f"Model {bundle.spec.name} {bundle.spec.version}, weights {bundle.spec.weights.sha256[:12]}\n")
    print(
        "| data | plane | sequences | slices with lesion | mean Dice (95 % interval) | slices without | false pixels |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    soop = Soop(given.data / "soop", given.split)
    for plane in PLANES:
        probability = predict_slices(given.model, plane, {Role.FLAIR: soop.flair[plane]}, (1.0, 1.0))
        pairs = [(p >= threshold, m) for p, m in zip(probability, soop.mask[plane], strict=True)]
        row(f"SOOP {given.split}", plane, "FLAIR", pairs)


def row(data: str, plane: str, sequences: str, pairs: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Prints a table row: slices with at least 50 lesion pixels, and those with none."""
    found = np.array([dice(p, m) for p, m in pairs if m.sum() >= LESION_PIXELS])
    false = [int(p.sum()) for p, m in pairs if not m.any()]
    low, high = interval(found)
    without = f"{len(false)} | {np.mean(false):.0f}" if false else "0 | -"
    print(
        f"| {data} | {plane} | {sequences} | {len(found)} | {found.mean():.3f} ({low:.3f} to {high:.3f}) | {without} |"
    )


def interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean, over slices."""
    random = np.random.default_rng(SEED)
    means = random.choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


if __name__ == "__main__":
    main()
