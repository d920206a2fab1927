"""From which probability on the brain network's answer is brain: the mask's Dice against what it cuts off lesions.

    python benchmarks/brain_threshold.py --data DATA [--heads 2]

Heads of the subjects that the network was trained on, drawn anew at 1 mm with lesions, half of them at the rim (the
left-out subjects choose nothing); seed 6. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from brain_network import SHAPE, image_of

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.brain.network import one_brain, probability_of_head
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.nets.models.registry import BRAIN, find
from StrokeSegLogic.nets.run.network import choose, load
from StrokeSegLogic.space.grid import Grid, working_grid
from StrokeSegLogic.space.resampling import resample
from StrokeSegLogic.training.heads.contrast import NAMED
from StrokeSegLogic.training.heads.generate import draw_head
from StrokeSegLogic.training.heads.label_maps import LEFT_OUT, read_heads
from StrokeSegLogic.training.stream.sources.lesions import read_shapes

SEED = 6
THRESHOLDS = (0.5, 0.4, 0.3, 0.2, 0.1, 0.05)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--heads", type=int, default=1, help="of each subject")
    given = arguments.parse_args()
    bundle = find(BRAIN)
    device = choose("cpu", full_precision=True)
    network = load(bundle, device)["network"]
    random = np.random.default_rng(SEED)
    shapes = read_shapes(given.data / "soop", 100, SEED)
    subjects = [head for head in read_heads(given.data / "heads" / "synthseg") if head.subject not in LEFT_OUT]
    names = [name for name in (*NAMED, "any", "any", "any") if name != "CT"]
    scores: dict[float, list[float]] = {threshold: [] for threshold in THRESHOLDS}
    lost: dict[float, list[float]] = {threshold: [] for threshold in THRESHOLDS}
    for number, subject in enumerate(subjects * given.heads):
        name = names[number % len(names)]
        head = draw_head([subject], random, SHAPE, 1.0, contrast=name, shapes=shapes, lesion_share=1.0)
        image = image_of(head)
        grid = Grid.of(image)
        coarse = working_grid(grid, bundle.brain.spacing_mm)
        values = sitk.GetArrayFromImage(resample(image, coarse))
        probability = probability_of_head(network, device, values, bundle.brain.field, Progress())
        brain, lesion = head.brain & head.shown, head.lesion & head.shown
        for threshold in THRESHOLDS:
            kept = one_brain(probability, threshold)
            mask = sitk.GetArrayFromImage(resample(coarse.image(kept), grid)) >= threshold
            scores[threshold].append(dice(mask, brain))
            lost[threshold].append(float((lesion & ~mask).sum() / max(lesion.sum(), 1)))
    print(f"{len(subjects) * given.heads} heads\n\n| from | Dice | lost % | worst % |\n| --- | --- | --- | --- |")
    for threshold in THRESHOLDS:
        parts = 100 * np.array(lost[threshold])
        print(f"| {threshold} | {np.mean(scores[threshold]):.3f} | {parts.mean():.2f} | {parts.max():.1f} |")


if __name__ == "__main__":
    main()
