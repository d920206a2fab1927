"""The threshold of each set of sequences, chosen on patients and heads that nothing was learned from.

    python benchmarks/thresholds.py --data DATA [--model NAME] [--heads 150]

FLAIR: SOOP's val split, three planes. DWI: the axial slices of ISLES'22 patients whom only DATA/isles22/more_slices has
(no recipe that leaves that source out was trained on them), and, for what a slice without infarct costs, slices of
synthesised heads of the two label maps that are left out of all training (simulated: no scanner made them). Sets with
ADC, and DWI with FLAIR, have synthesised heads alone. For each threshold: Dice of all slices taken together (pooled,
empty slices included), mean Dice of slices with at least 50 mm² of lesion, and the mean area called lesion on slices
without any, all of them and less the worst. Chosen is the highest pooled Dice among thresholds with at most
40 mm² of that area. Seed 11.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mri_data import heading

from StrokeSegLogic.base.csv_files import read_records
from StrokeSegLogic.base.settings import PLANES, Plane
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.nets.run.network import Device, load
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.heads.anatomy import read_anatomies
from StrokeSegLogic.training.heads.atlas import read_territories
from StrokeSegLogic.training.heads.label_maps import LEFT_OUT
from StrokeSegLogic.training.heads.slices import Library
from StrokeSegLogic.training.stream.samples import Sample
from StrokeSegLogic.training.stream.sources.heads import HeadSlices
from StrokeSegLogic.training.stream.sources.lesions import read_other_shapes, read_shapes
from StrokeSegLogic.training.stream.sources.more_isles22 import MoreIsles22Slices
from StrokeSegLogic.training.stream.sources.soop import Soop
from StrokeSegLogic.training.stream.validation import Pairs, measured, predict

SEED = 11
THRESHOLDS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
MAX_FALSE_MM2 = 40.0
FEWEST_CLEAR = 10
"""Slices without lesion, for a set to say what a threshold costs there."""
ADC, DWI, FLAIR, T1, T2 = Role.ADC, Role.DWI, Role.FLAIR, Role.T1, Role.T2
SETS: tuple[tuple[Role, ...], ...] = (
    (FLAIR,),
    (DWI,),
    (DWI, ADC),
    (DWI, FLAIR),
    (DWI, ADC, FLAIR),
    (T1, T2, DWI, FLAIR, ADC),
    (T2,),
    (ADC,),
)


@dataclass(frozen=True)
class Figures:
    """At a threshold, over slices of 1 mm pixels; see the script's text."""

    pooled: float
    mean: float
    false: float
    without_worst: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    arguments.add_argument("--heads", type=int, default=150, help="synthesised slices in each plane")
    given = arguments.parse_args()
    print(f"{heading(given.model)}\n")
    soop = Soop(given.data / "soop", "val")
    real: dict[Plane, list[Sample]] = {p: [soop.sample(p, i) for i in range(len(soop.subjects))] for p in PLANES}
    drawn = {plane: list(synthesised(given.data, plane, given.heads)) for plane in PLANES}
    dwi: dict[Plane, list[Sample]] = {"axial": new_patients(given.data)}
    for roles in SETS:
        sets = {"synthesised heads": answers(given.model, drawn, roles)}
        if roles == (FLAIR,):
            sets = {"SOOP val": answers(given.model, real, roles), **sets}
        if roles == (DWI,):
            sets = {"ISLES'22, patients of more_slices alone": answers(given.model, dwi, roles), **sets}
        report(roles, sets)


def left_out(data: Path) -> Library:
    """The heads that nothing is trained on."""
    folder = data / "soop"
    return Library(
        read_anatomies(data / "heads" / "synthseg", folder, LEFT_OUT),
        read_territories(folder),
        read_shapes(folder, 200, SEED),
        read_other_shapes(data / "lesions" / "lesymap", 40, SEED),
        read_other_shapes(data / "lesions" / "ms", 30, SEED),
    )


def synthesised(data: Path, plane: Plane, count: int) -> Iterator[Sample]:
    """Slices of the heads that are left out."""
    source = HeadSlices(left_out(data))
    for number in range(count):
        yield source.draw(plane, np.random.default_rng([SEED, PLANES.index(plane), number]))


def new_patients(data: Path) -> list[Sample]:
    """DWI slices of the patients of whom nothing else is in the data."""
    slices = {row["case"][-4:] for row in read_records(data / "isles22" / "slices" / "index.tsv", "\t", ("case",))}
    known = slices | {
        path.name.split("_")[0][-4:] for path in (data / "isles22" / "dwi_only_no_mask").glob("*_dwi.nii.gz")
    }
    return [
        sample
        for sample in MoreIsles22Slices(data / "isles22" / "more_slices", -1).samples
        if sample.patient[-4:] not in known
    ]


def answers(model: str | None, slices: dict[Plane, list[Sample]], roles: tuple[Role, ...]) -> dict[Plane, Pairs]:
    """What a model says of each plane's slices that have these sequences."""
    bundle = find(model)
    networks = load(bundle, Device(torch.device("cpu"), None, "cpu"))
    return {
        plane: predict(
            networks[plane], [s for s in samples if set(roles) <= s.images.keys()], roles, bundle.planes.canvas
        )
        for plane, samples in slices.items()
    }


def figures(pairs: Pairs, threshold: float) -> Figures:
    marked = [probability >= threshold for probability, _ in pairs]
    both = sum(int((m & truth).sum()) for m, (_, truth) in zip(marked, pairs, strict=True))
    either = sum(int(m.sum() + truth.sum()) for m, (_, truth) in zip(marked, pairs, strict=True))
    dices, false = measured(pairs, threshold)
    kept = sorted(false)[:-1]
    return Figures(
        2 * both / either if either else float("nan"),
        float(np.mean(dices)) if dices else float("nan"),
        float(np.mean(false)) if false else float("nan"),
        float(np.mean(kept)) if kept else float("nan"),
    )


def report(roles: Sequence[Role], sets: dict[str, dict[Plane, Pairs]]) -> None:
    """Prints a set of sequences: a table for each set of slices, and what is chosen on the first with clear slices."""
    name = " + ".join(roles)
    for title, planes in sets.items():
        every = [pair for pairs in planes.values() for pair in pairs]
        clear = sum(not truth.any() for _, truth in every)
        print(f"### {name}: {title} ({len(every)} slices, {clear} without lesion)\n")
        print("| threshold | pooled Dice | by plane | mean Dice, ≥ 50 mm² | false mm² | without the worst |")
        print("| --- | --- | --- | --- | --- | --- |")
        for threshold in THRESHOLDS:
            found = figures(every, threshold)
            by_plane = ", ".join(
                f"{value.pooled:.3f}/{value.mean:.3f} ({value.false:.0f})"
                for value in (figures(pairs, threshold) for pairs in planes.values())
            )
            print(
                f"| {threshold:g} | {found.pooled:.3f} | {by_plane} | {found.mean:.3f} | {found.false:.0f} "
                f"| {found.without_worst:.0f} |"
            )
        print()
    # Chosen where the patients are real, if any are; spared where there are slices without lesion.
    pooled = [[pair for pairs in planes.values() for pair in pairs] for planes in sets.values()]
    sparing = next(pairs for pairs in pooled if sum(not truth.any() for _, truth in pairs) >= FEWEST_CLEAR)
    allowed = [threshold for threshold in THRESHOLDS if figures(sparing, threshold).false <= MAX_FALSE_MM2]
    best = max(allowed, key=lambda threshold: figures(pooled[0], threshold).pooled, default=THRESHOLDS[-1])
    print(f"**{name}: {best:g}**\n")


if __name__ == "__main__":
    main()
