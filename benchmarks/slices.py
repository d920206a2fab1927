"""Dice of the slice interface on held-out patients, from FLAIR alone: SOOP's test split.

    python benchmarks/slices.py --data DATA [--model NAME] [--split val] [--thresholds 0.2 0.5 0.8] [--against OTHER]

DATA holds soop/ as the training recipe expects it. Prints a Markdown table: mean Dice of slices with at least 50 mm² of
lesion, the mean area called lesion on slices without any, all and less the worst slice, and how many of the lesions of
each third by area (of slices with at least 50 mm²) were found: marked in at least a tenth of their area. With --against
another model, each at its own threshold, is set beside it: the mean difference in Dice on the same slices with its 95 %
bootstrap interval. For the ISLES'22 slices, all of which the bundled model was trained on, see five_folds.py.
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
from StrokeSegLogic.training.stream.samples import LESION_PIXELS
from StrokeSegLogic.training.stream.validation import measured

RESAMPLES, SEED = 2000, 0
FOUND = 0.1
"""Part of a lesion's area that must be marked for it to be found."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    arguments.add_argument("--split", default="test", choices=("val", "test"))
    arguments.add_argument("--thresholds", type=float, nargs="*", help="instead of the model's own")
    arguments.add_argument("--against", default=None, help="another model: the paired difference in Dice is printed")
    given = arguments.parse_args()
    print(f"{heading(given.model)}\n")
    print(
        "| split | plane | threshold | slices with lesion | mean Dice (95 % interval) | without "
        "| false pixels (less the worst) | found, by third of area |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    slices = soop_slices(given.data, given.model, split=given.split)
    thresholds = given.thresholds or [find(given.model).planes.threshold_for([Role.FLAIR])]
    for threshold, plane in product(thresholds, PLANES):
        row(given.split, plane, threshold, [sample for sample in slices if sample.plane == plane])
    if given.against:
        others = soop_slices(given.data, given.against, split=given.split)
        compare(given.model, slices, given.against, others)


def row(split: str, plane: str, threshold: float, slices: list[Slice]) -> None:
    """Prints a table row: slices with at least 50 lesion pixels, and those with none."""
    each, false = measured([(sample.probability, sample.truth) for sample in slices], threshold)
    found = np.array(each)
    low, high = interval(found)
    print(
        f"| {split} | {plane} | {threshold:g} | {len(found)} | {found.mean():.3f} ({low:.3f} to {high:.3f}) "
        f"| {len(false)} | {np.mean(false):.0f} ({np.mean(sorted(false)[:-1]):.0f}) | {by_thirds(threshold, slices)} |"
    )


def by_thirds(threshold: float, slices: list[Slice]) -> str:
    """The part of the lesions that is found, in each third by area, the smallest first."""
    lesions = sorted((s for s in slices if s.truth.sum() >= LESION_PIXELS), key=lambda s: int(s.truth.sum()))
    thirds = np.array_split(np.arange(len(lesions)), 3)
    found = [(s.probability >= threshold)[s.truth].mean() >= FOUND for s in lesions]
    return ", ".join(f"{np.mean([found[i] for i in third]):.2f}" for third in thirds)


def compare(model: str | None, slices: list[Slice], against: str, others: list[Slice]) -> None:
    """Prints the difference in Dice from another model, each at its own threshold for FLAIR."""
    print(f"\n| plane | Dice less that of {find(against).spec.name} {find(against).spec.version} (95 % interval) |")
    print("| --- | --- |")
    limits = [find(name).planes.threshold_for([Role.FLAIR]) for name in (model, against)]
    for plane in PLANES:
        ours, theirs = (
            np.array(measured([(s.probability, s.truth) for s in of if s.plane == plane], limit)[0])
            for of, limit in zip((slices, others), limits, strict=True)
        )
        low, high = interval(ours - theirs)
        print(f"| {plane} | {(ours - theirs).mean():+.3f} ({low:+.3f} to {high:+.3f}) |")


def interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean, over slices."""
    random = np.random.default_rng(SEED)
    means = random.choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


if __name__ == "__main__":
    main()
