"""Whether an MRI model's probability means what it says, and whether it or the planes' agreement ranks slices by error.

    python benchmarks/calibration.py --data DATA [--model NAME] [--output PNG] [--slices N]

DATA holds soop/ and isles22/sub-strokecase*/. Measured are SOOP's test slices (FLAIR alone, each plane's network by
itself) and the three native volumes with masks (after the vote: the mean of the planes). Prints Markdown tables:

1. Expected calibration error, 15 bins of equal width, each voxel of the brain counting alike; beside it that of the
   voxels of a probability from 0.05 on, because the many clear voxels make the first figure small. Then a
   reliability table of each set, and with --output a figure.
2. Area under the ROC curve for "the slice's Dice is below 0.5". Two sets of slices: those with something found; and
   these with those where a lesion (50 mm² and more) was missed wholly. The second flatters scores that call an empty
   answer bad and harms those that call it good: slices where rightly nothing was found are in neither set, so that
   every empty answer in it is wrong by choice. Scores, higher for worse:
   - 1 - expected Dice: of the thresholded mask, were each voxel lesion with its probability and independent
     (`StrokeSegLogic.metrics.calibration.expected_dice`); 1 where nothing was found;
   - entropy: mean binary entropy over what was found and the pixels around it (8 neighbours); where nothing was
     found over the likeliest pixel and those around it;
   - small: the area found, less is worse; no judgement of the model, and what the others have to beat;
   - disagreement (volumes, axial slices): 1 - part of the voxels called lesion by any plane that all planes call;
     0 where no plane calls any, for then they agree.
   Intervals: 95 %, percentile bootstrap with a fixed seed. In SOOP patients are drawn, each with up to three slices;
   in the volumes slices, since three patients are too few: neighbouring slices are alike, so that these intervals
   are too narrow.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from mri_data import VOLUME_ROLES, Slice, Volume, heading, masked_volumes, soop_slices

from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.metrics.calibration import BINS, Reliability, auroc, binary_entropy, expected_dice, reliability
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.study.case import Role

LIKELY = 0.05
LESION_MM2 = 50.0
POOR_DICE = 0.5
RESAMPLES, SEED = 2000, 0

Sets = dict[str, tuple[np.ndarray, np.ndarray]]
"""Probability and truth of the brain's voxels (N,), by name."""


@dataclass(frozen=True)
class Ranked:
    """A slice that counts for the ranking.

    Attributes:
        group: what is drawn in the bootstrap.
        dice: of the slice.
        found: whether anything was.
        scores: by name, higher for worse.
    """

    group: str
    dice: float
    found: bool
    scores: dict[str, float]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    arguments.add_argument("--output", type=Path, default=None, help="a PNG file for the reliability figure")
    arguments.add_argument("--slices", type=int, default=None, help="only the first so many of SOOP's slices a plane")
    given = arguments.parse_args()
    print(heading(given.model))
    threshold = find(given.model).planes.threshold_for([Role.FLAIR])
    slices = soop_slices(given.data, given.model, given.slices)
    sets = soop_sets(slices)
    ranked = {f"SOOP test, {plane}": ranked_slices(slices, plane, threshold) for plane in PLANES}
    ranked["SOOP test, all planes"] = [ranking for plane in list(ranked.values()) for ranking in plane]
    for roles in VOLUME_ROLES:
        name = f"volumes, {' + '.join(map(str, roles))}"
        volumes = list(masked_volumes(given.data, roles, given.model))
        sets[name] = joined([of_brain(v.probability, truth, v.brain) for _, v, truth in volumes])
        ranked[f"{name}, axial"] = [ranking for case, v, truth in volumes for ranking in ranked_volume(case, v, truth)]
    tables = {name: reliability(*pair) for name, pair in sets.items()}
    calibration_table(sets, tables)
    for name, table in tables.items():
        reliability_table(name, table)
    ranking_table(ranked)
    if given.output is not None:
        draw(tables, given.output)


def of_brain(probability: np.ndarray, truth: np.ndarray, brain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both inside the brain, flat."""
    return probability[brain], truth[brain]


def joined(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([values for values, _ in parts]), np.concatenate([values for _, values in parts])


def soop_sets(slices: Sequence[Slice]) -> Sets:
    """Each plane's voxels, and all."""
    sets = {
        f"SOOP test, {plane}": joined([of_brain(s.probability, s.truth, s.brain) for s in slices if s.plane == plane])
        for plane in PLANES
    }
    sets["SOOP test, all planes"] = joined(list(sets.values()))
    return sets


def ranked_slices(slices: Sequence[Slice], plane: str, threshold: float) -> list[Ranked]:
    """SOOP's slices of a plane that count, with their scores; pixels of 1 mm."""
    counted = []
    for sample in slices:
        found = sample.probability >= threshold
        if sample.plane == plane and counts(found, sample.truth, 1.0):
            scores = from_probability(sample.probability, found)
            counted.append(Ranked(sample.patient, dice(found, sample.truth), bool(found.any()), scores))
    return counted


def ranked_volume(case: str, volume: Volume, truth: np.ndarray) -> list[Ranked]:
    """The axial slices of a volume that count."""
    counted = []
    stacks = zip(volume.found, volume.probability, volume.agreement, truth, strict=True)
    for number, (found, probability, agreement, true) in enumerate(stacks):
        if counts(found, true, volume.pixel_mm2):
            scores = from_probability(probability, found) | {"disagreement": disagreement(agreement)}
            counted.append(Ranked(f"{case} {number}", dice(found, true), bool(found.any()), scores))
    return counted


def counts(found: np.ndarray, truth: np.ndarray, pixel_mm2: float) -> bool:
    """Whether a slice has lesion enough to be scored, or something was found in it."""
    return bool(truth.sum() * pixel_mm2 >= LESION_MM2 or found.any())


def from_probability(probability: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """The scores that need nothing but the probability."""
    expected = expected_dice(probability, found) if found.any() else 0.0
    small = -float(found.sum())
    return {"1 - expected Dice": 1 - expected, "entropy": border_entropy(probability, found), "small": small}


def border_entropy(probability: np.ndarray, found: np.ndarray) -> float:
    """Mean entropy over what was found (or the likeliest pixel) and the pixels around it."""
    region = found.copy()
    if not found.any():
        region[np.unravel_index(int(probability.argmax()), probability.shape)] = True
    wide = sitk.BinaryDilate(sitk.GetImageFromArray(region.astype(np.uint8)), (1, 1), sitk.sitkBox)
    return float(binary_entropy(probability[sitk.GetArrayFromImage(wide) > 0]).mean())


def disagreement(agreement: np.ndarray) -> float:
    """Part of what any plane calls lesion that not all planes call."""
    called = int((agreement > 0).sum())
    return 1 - int((agreement == len(PLANES)).sum()) / called if called else 0.0


def interval(ranked: Sequence[Ranked], score: str) -> tuple[float, float]:
    """95 % of the bootstrapped areas; NaN where too few of them are defined."""
    groups = sorted({sample.group for sample in ranked})
    held = [np.flatnonzero([sample.group == group for sample in ranked]) for group in groups]
    scores, poor = _columns(ranked, score)
    random = np.random.default_rng(SEED)
    areas = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([held[k] for k in random.integers(len(held), size=len(held))])
        areas.append(auroc(scores[drawn], poor[drawn]))
    if np.isnan(areas).mean() > 0.05:
        return float("nan"), float("nan")
    low, high = np.nanpercentile(areas, (2.5, 97.5))
    return float(low), float(high)


def _columns(ranked: Sequence[Ranked], score: str) -> tuple[np.ndarray, np.ndarray]:
    return np.array([sample.scores[score] for sample in ranked]), np.array(
        [sample.dice < POOR_DICE for sample in ranked]
    )


def calibration_table(sets: Sets, tables: Mapping[str, Reliability]) -> None:
    """One row a set."""
    print(f"\n| set | voxels | ECE, {BINS} bins | voxels from {LIKELY:g} on | their ECE | their mean | lesion |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, (probability, truth) in sets.items():
        likely = probability >= LIKELY
        some = reliability(probability[likely], truth[likely])
        mean, part = (probability[likely].mean(), truth[likely].mean()) if likely.any() else (np.nan, np.nan)
        print(
            f"| {name} | {len(truth)} | {tables[name].expected_error:.4f} | {likely.sum()} | {some.expected_error:.3f} "
            f"| {mean:.3f} | {part:.3f} |"
        )


def reliability_table(name: str, table: Reliability) -> None:
    """Every bin."""
    print(f"\n| {name}: bin | voxels | mean probability | lesion |\n| --- | --- | --- | --- |")
    for k, (count, mean, part) in enumerate(zip(table.count, table.probability, table.part, strict=True)):
        figures = f"{mean:.3f} | {part:.3f}" if count else "- | -"
        print(f"| {table.edges[k]:.3f} to {table.edges[k + 1]:.3f} | {count} | {figures} |")


def ranking_table(ranked: Mapping[str, Sequence[Ranked]]) -> None:
    """The rows of every set of slices, first without those where all was missed."""
    print(f"\n| slices | counted | of them Dice < {POOR_DICE:g} | score | AUROC (95 % interval) |")
    print("| --- | --- | --- | --- | --- |")
    for name, slices in ranked.items():
        ranking_rows(f"{name}: something found", [sample for sample in slices if sample.found])
        ranking_rows(f"{name}: these and wholly missed lesions", slices)


def ranking_rows(name: str, slices: Sequence[Ranked]) -> None:
    """One row a score."""
    for score in slices[0].scores if slices else ():
        scores, poor = _columns(slices, score)
        low, high = interval(slices, score)
        area = "-" if np.isnan(low) else f"{auroc(scores, poor):.3f} ({low:.3f} to {high:.3f})"
        print(f"| {name} | {len(slices)} | {poor.sum()} | {score} | {area} |")


def draw(tables: Mapping[str, Reliability], path: Path) -> None:
    """Part of lesion over mean probability, one line a set."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 6), dpi=120)
    axis.plot((0, 1), (0, 1), color="grey", linestyle=":", label="as it says")
    for name, table in tables.items():
        held = table.count > 0
        axis.plot(table.probability[held], table.part[held], marker="o", markersize=3, label=name)
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean probability of a bin", ylabel="part that is lesion", aspect="equal")
    axis.legend(fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, bbox_inches="tight")
    pyplot.close(figure)


if __name__ == "__main__":
    main()
