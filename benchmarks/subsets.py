"""An MRI model on every mixture of sequences: mean Dice of slices, and false pixels on slices without lesion.

    python benchmarks/subsets.py --data DATA [--model NAME] [--slices 60] [--seed 0]

DATA holds soop/, open_ms/ and isles22/sub-strokecase*/. The mixtures are the 24 of T1, T2, DWI, FLAIR and ADC that hold
DWI or FLAIR. All see the same axial, coronal and sagittal slices, and these show simulated signal: real brains (T1, T2
and FLAIR of MS patients, whose own lesions are no infarcts and no truth), lesion shapes of SOOP's test patients placed
into them, their signal painted, DWI and ADC made from the FLAIR, all as for training and without augmentation. The
shapes are held out; the brains are not, a model may have been trained on them with other shapes. The simulation's
ranges are those of training: the figures compare mixtures, and promise nothing for real images.

Real images follow, and are named so: SOOP's test slices (FLAIR) and axial slices of the native volumes after the vote.
Prints one Markdown table. A mixture that fails has its error in the table, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from mri_data import VOLUME_ROLES, heading, masked_volumes, soop_slices

from StrokeSegLogic.base.settings import PLANES, Plane
from StrokeSegLogic.mri.slices import predict_slices
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.study.case import MRI_ROLES, Role
from StrokeSegLogic.training.stream.samples import CHANNELS, LESION_PIXELS, Sample
from StrokeSegLogic.training.stream.simulate import complete, paint
from StrokeSegLogic.training.stream.sources.build import mri_carriers, one_of
from StrokeSegLogic.training.stream.sources.carriers import Carriers
from StrokeSegLogic.training.stream.sources.lesions import read_shapes
from StrokeSegLogic.training.stream.tensors import Dice, collate
from StrokeSegLogic.training.stream.validation import measured

NEEDED = (Role.DWI, Role.FLAIR)
SHAPES = 130
"""At most so many lesion shapes: SOOP's test patients."""
CLEAR = 3
"""Every such simulated slice of a plane holds no lesion; the others are cut through a lesion."""
TRIES = 200
FAINT = 1e-3
"""Least signal of a brain's pixel over the median: 0 would put it outside the brain."""

Pair = tuple[np.ndarray, np.ndarray, float]
"""What was found and the truth, bool (H, W), and the area of a pixel in mm²."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    arguments.add_argument(
        "--slices", type=int, default=60, help="simulated slices of all planes; real slices are all used"
    )
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--only-simulated", action="store_true", help="leave the real images out")
    given = arguments.parse_args()
    print(f"{heading(given.model)}\n")
    print("| slices | signal | sequences | with lesion | mean Dice | without lesion | false mm² |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    samples = drawn(given.data, given.slices, given.seed)
    stacks = [simulated(sample, given.seed + number) for number, sample in enumerate(samples)]
    well = [
        row("placed lesions", "simulated", roles, partial(on_simulated, given.model, samples, stacks, roles))
        for roles in mixtures()
    ]
    if not given.only_simulated:
        well += real(given.data, given.model)
    return 0 if all(well) else 1


def mixtures() -> list[tuple[Role, ...]]:
    """Every mixture with at least one of the needed sequences, the smallest first."""
    every = [roles for size in range(1, len(MRI_ROLES) + 1) for roles in combinations(MRI_ROLES, size)]
    return [roles for roles in every if set(roles) & set(NEEDED)]


def drawn(data: Path, count: int, seed: int) -> list[Sample]:
    """The fixed slices: two of three through a lesion of at least 50 pixels, the others without any."""
    shapes = read_shapes(data / "soop", SHAPES, seed, "test")
    choose = one_of(mri_carriers(data / "open_ms"))
    random = np.random.default_rng(seed)
    through = Carriers(choose, shapes, lesion_share=1.0, through_lesion=1.0)
    clear = Carriers(choose, shapes, lesion_share=0.0)
    samples = []
    for number in range(count):
        plane = PLANES[number % len(PLANES)]
        lesion = number // len(PLANES) % CLEAR != CLEAR - 1
        samples.append(_first(through, plane, random) if lesion else clear.draw(plane, random))
    return samples


def _first(source: Carriers, plane: Plane, random: np.random.Generator) -> Sample:
    for _ in range(TRIES):
        sample = source.draw(plane, random)
        if sample.lesion.sum() >= LESION_PIXELS:
            return sample
    raise SystemExit(f"none of {TRIES} {plane} slices shows {LESION_PIXELS} pixels of lesion: are there shapes?")


def simulated(sample: Sample, seed: int) -> dict[Role, np.ndarray]:
    """All five sequences (1, H, W) of a slice on the training canvas, 0 outside the brain."""
    batch = collate([sample])
    dice = Dice(1, torch.Generator().manual_seed(seed))
    paint(batch, dice)
    complete(batch, dice)
    brain = batch.brain[0].numpy()
    made = {}
    for channel, role in enumerate(CHANNELS):
        made[role] = np.where(brain, np.maximum(batch.images[0, channel : channel + 1].numpy(), FAINT), np.float32(0))
    return made


def on_simulated(
    model: str | None, samples: Sequence[Sample], stacks: Sequence[dict[Role, np.ndarray]], roles: Sequence[Role]
) -> list[Pair]:
    """What the model finds in the simulated slices, of these sequences alone."""
    threshold = find(model).planes.threshold_for(roles)
    pairs: list[Pair] = []
    for sample, stack in zip(samples, stacks, strict=True):
        probability = predict_slices(model, sample.plane, {role: stack[role] for role in roles}, (1.0, 1.0))
        pairs.append((probability[0] >= threshold, collate([sample]).lesion[0, 0].numpy(), 1.0))
    return pairs


def real(data: Path, model: str | None) -> list[bool]:
    """The rows of real images."""
    well = [row("SOOP test, all planes", "real", (Role.FLAIR,), partial(on_soop, data, model))]
    for roles in VOLUME_ROLES:
        well.append(row("volumes, axial", "real", roles, partial(on_volumes, data, model, roles)))
    return well


def on_soop(data: Path, model: str | None) -> list[Pair]:
    """SOOP's test slices."""
    threshold = find(model).planes.threshold_for([Role.FLAIR])
    return [(sample.probability >= threshold, sample.truth, 1.0) for sample in soop_slices(data, model)]


def on_volumes(data: Path, model: str | None, roles: Sequence[Role]) -> list[Pair]:
    """The axial slices with brain of the native volumes, after the vote."""
    pairs: list[Pair] = []
    for _, volume, truth in masked_volumes(data, roles, model):
        slices = zip(volume.found, truth, volume.brain, strict=True)
        pairs += [(found, true, volume.pixel_mm2) for found, true, brain in slices if brain.any() or true.any()]
    return pairs


def row(slices: str, signal: str, roles: Iterable[Role], measure: Callable[[], list[Pair]]) -> bool:
    """Prints a row, with the error if there was any; whether there was none."""
    start = f"| {slices} | {signal} | {' + '.join(map(str, roles))} |"
    try:
        pairs = measure()
    except Exception as error:  # whatever it is, it belongs into the table
        print(f"{start} failed: {type(error).__name__}: {error} | | | |", flush=True)
        return False
    each = [measured([(probability, truth)], 0.5, area) for probability, truth, area in pairs]
    found, false = [value for part, _ in each for value in part], [value for _, part in each for value in part]
    mean, wrong = (f"{np.mean(found):.3f}" if found else "-"), (f"{np.mean(false):.1f}" if false else "-")
    print(f"{start} {len(found)} | {mean} | {len(false)} | {wrong} |", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
