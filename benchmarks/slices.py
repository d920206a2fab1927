"""Dice of the slice interface on held-out patients: SOOP's test split and the held-out fold of the ISLES'22 slices.

    python benchmarks/slices.py --data DATA [--model NAME]

DATA holds soop/ and isles22/slices/ as the training recipe expects them. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from StrokeSegLogic.case import Role
from StrokeSegLogic.inference import predict_slices
from StrokeSegLogic.metrics import dice
from StrokeSegLogic.models.registry import find
from StrokeSegLogic.planes import PLANES
from StrokeSegLogic.training.stream.samples import Sample
from StrokeSegLogic.training.stream.sources.isles22 import Isles22Slices
from StrokeSegLogic.training.stream.sources.soop import LESION_PIXELS, Soop

RESAMPLES, SEED = 2000, 0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    arguments.add_argument("--split", default="test", choices=("val", "test"))
    given = arguments.parse_args()
    bundle = find(given.model)
    threshold = bundle.planes.threshold
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
    fold = _held_out(bundle.spec.card)
    if fold is None:
        print("\nThe model has not held out a fold of the ISLES'22 slices: nothing to measure there.")
        return
    samples = Isles22Slices(given.data / "isles22" / "slices", fold, only_held_out=True).samples
    for roles in ((Role.DWI, Role.FLAIR), (Role.DWI,), (Role.FLAIR,)):
        usable = [sample for sample in samples if set(roles) <= set(sample.images)]
        pairs = [(_predict(given.model, sample, roles) >= threshold, sample.lesion) for sample in usable]
        row(f"ISLES'22 fold {fold}", "axial", " + ".join(map(str, roles)), pairs)


def _held_out(card: dict) -> int | None:
    sources = card["recipe"]["sources"]
    return next((int(source["held_out"]) for source in sources if source["kind"] == "isles22_slices"), None)


def _predict(model: str | None, sample: Sample, roles: Iterable[Role]) -> np.ndarray:
    images = {role: np.where(sample.brain, sample.images[role], 0)[None] for role in roles}
    return predict_slices(model, sample.plane, images, (1.0, 1.0))[0]


def row(data: str, plane: str, sequences: str, pairs: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Prints a table row: slices with at least 50 lesion pixels, and those with none."""
    found = np.array([dice(p, m) for p, m in pairs if m.sum() >= LESION_PIXELS])
    false = [int(p.sum()) for p, m in pairs if not m.any()]
    random = np.random.default_rng(SEED)
    means = random.choice(found, (RESAMPLES, len(found))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    without = f"{len(false)} | {np.mean(false):.0f}" if false else "0 | -"
    print(
        f"| {data} | {plane} | {sequences} | {len(found)} | {found.mean():.3f} ({low:.3f} to {high:.3f}) | {without} |"
    )


if __name__ == "__main__":
    main()
