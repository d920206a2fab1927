"""DWI-FLAIR mismatch on real slices: the FLAIR signal of experts' infarcts against the mirrored side.

    python benchmarks/flair_signal.py --data DATA [--picture FILE]

DATA/isles22/slices: an axial slice a patient with DWI, FLAIR and an expert's mask, taken for slices of 5 mm in pixels
of 1 mm. They were decoded from figures: grey values are a window of the scanner's, so that bright lesions are cut off,
and ratios are no longer the scanner's; no time of onset is known. Shown is how often there is another side to compare
with, and what the limits make of such infarcts. With --picture FLAIR slices from the lowest ratio to the highest, the
mask red and its mirror image blue.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import binary_erosion

from StrokeSegLogic.brain.hemispheres import MidPlane, mirrored
from StrokeSegLogic.mri.flair import FlairSignal, judged
from StrokeSegLogic.result.lesions import Surroundings, lesions
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.stream.samples import Sample
from StrokeSegLogic.training.stream.sources.isles22 import Isles22Slices

BOTH = (Role.DWI, Role.FLAIR)
PERCENTILES = (5, 25, 50, 75, 95)
SHOWN, TILE = 12, (224, 192)


@dataclass(frozen=True)
class Judged:
    """A slice, what is said of it, and the plane between its hemispheres."""

    sample: Sample
    signal: FlairSignal
    plane: MidPlane
    grid: Grid


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--picture", type=Path, default=None)
    given = arguments.parse_args()
    samples = Isles22Slices(given.data / "isles22" / "slices", -1).samples
    found = [judge(sample) for sample in samples if set(BOTH) <= sample.images.keys() and sample.lesion.any()]
    counts = Counter(each.signal.visible or each.signal.why_not.partition(":")[0] for each in found)
    print("| visible on FLAIR, or why it is refused | patients |\n| --- | --- |")
    for name, count in counts.most_common():
        print(f"| {name} | {count} of {len(found)} |")
    known = sorted((each for each in found if each.signal.ratio is not None), key=lambda each: each.signal.ratio or 0)
    ratios = np.percentile([each.signal.ratio or 0 for each in known], PERCENTILES)
    print("\nRatio: " + ", ".join(f"{value:.2f} ({p} %)" for value, p in zip(ratios, PERCENTILES, strict=True)))
    if given.picture is not None:
        at = np.linspace(0, len(known) - 1, SHOWN).astype(int)
        tiles = [tile(known[k]) for k in at]
        rows = [np.hstack(tiles[k : k + SHOWN // 2]) for k in (0, SHOWN // 2)]
        Image.fromarray(np.vstack(rows)).save(given.picture)
        print("Shown: " + ", ".join(f"{known[k].sample.patient[-4:]} {known[k].signal.ratio:.2f}" for k in at))


def judge(sample: Sample) -> Judged:
    """The slice as the engine would see its lesion, if it had found what the expert outlined."""
    height, width = sample.brain.shape
    # Rows run from front to back, columns from left to right of the picture: the patient's right to left.
    grid = Grid((width, height, 1), (1.0, 1.0, 5.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    brain, lesion = sample.brain[None], sample.lesion[None]
    plane = MidPlane.of(brain, grid)
    images = {role.value: grid.image(sample.images[role][None].astype(np.float32)) for role in BOTH}
    around = Surroundings(None, brain, plane, images)
    return Judged(sample, judged(lesions(lesion, lesion.astype(np.float32), grid, around)), plane, grid)


def tile(of: Judged) -> np.ndarray:
    """FLAIR, RGB, with the lesion and its mirror image outlined."""
    values, lesion = of.sample.images[Role.FLAIR], of.sample.lesion
    grey = np.clip(255 * values / max(float(np.percentile(values[of.sample.brain], 99.8)), 1), 0, 255)
    colours = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=-1)
    for mask, colour in ((mirrored(lesion[None], of.plane, of.grid)[0], (60, 200, 255)), (lesion, (255, 60, 60))):
        colours[mask & ~binary_erosion(mask)] = colour
    return np.array(Image.fromarray(colours).resize(TILE[::-1]))


if __name__ == "__main__":
    main()
