"""Dice of the slice interface on held-out patients, from FLAIR alone: SOOP's test split.

    python benchmarks/slices.py --data DATA [--model NAME] [--split val] [--thresholds 0.2 0.5 0.8]

DATA holds soop/ as the training recipe expects it. Prints a Markdown table. For the ISLES'22 slices, all of which the
bundled model was trained on, see five_folds.py.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import numpy as np
from mri_data import Slice, heading, soop_slices

from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.stream.validation import measured

RESAMPLES, SEED = 2000, 0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    arguments.add_argument("--split", default="test", choices=("val", "test"))
    arguments.add_argument("--thresholds", type=float, nargs="*", help="instead of the model's own")
    given = arguments.parse_args()
    print(f"{heading(given.model)}\n")
    print("| split | plane | threshold | slices with lesion | mean Dice (95 % interval) | without | false pixels |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    slices = soop_slices(given.data, given.model, split=given.split)
    thresholds = given.thresholds or [find(given.model).planes.threshold_for([Role.FLAIR])]
    for threshold, plane in product(thresholds, PLANES):
        row(given.split, plane, threshold, [sample for sample in slices if sample.plane == plane])


def row(split: str, plane: str, threshold: float, slices: list[Slice]) -> None:
    """Prints a table row: slices with at least 50 lesion pixels, and those with none."""
    each, false = measured([(sample.probability, sample.truth) for sample in slices], threshold)
    found = np.array(each)
    low, high = interval(found)
    print(
        f"| {split} | {plane} | {threshold:g} | {len(found)} | {found.mean():.3f} ({low:.3f} to {high:.3f}) "
        f"| {len(false)} | {np.mean(false):.0f} |"
    )


def interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean, over slices."""
    random = np.random.default_rng(SEED)
    means = random.choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


if __name__ == "__main__":
    main()
