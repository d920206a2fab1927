"""What undoing the receive coils' field costs real infarcts, and what it brings back where a field lies over them.

    python benchmarks/coil_field.py --data DATA

DATA/isles22 holds volumes with experts' masks. They are stripped, and in use stripped volumes are not levelled: here
DWI is levelled all the same (`brain.coil_field`, on the volume's own grid), as it is, and under fields of eight coils
around the head of which those at the back on the right are the strongest. No scanner made these fields, and their form
is not that which is fitted. Prints Markdown; nothing is random.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from mri_data import mask_folders, masked_case

import StrokeSegLogic
from StrokeSegLogic.brain.coil_field import without_coil_field
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role

COILS, AWAY_MM, REACH_MM = 8, 110.0, 70.0
"""Coils on a ring, their distance from the brain's middle, and where a coil's signal has fallen to a half."""
STRENGTHS = (0.0, 1.0, 3.0)
"""How much more the strongest coil receives than the weakest."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    given = arguments.parse_args()
    print("| case | field, 99th over 1st percentile | levelled | lesion over brain | found ml | Dice | false ml |")
    print("| --- | --: | --- | --: | --: | --: | --: |")
    for folder in mask_folders(given.data):
        case, mask = masked_case(folder, (Role.DWI,))
        for row in rows(case, sitk.GetArrayFromImage(mask) > 0):
            print(f"| {folder.name} | {' | '.join(row)} |", flush=True)


def rows(case: Case, truth: np.ndarray) -> Iterator[tuple[str, ...]]:
    series = case.series[Role.DWI]
    values = sitk.GetArrayFromImage(series.image).astype(np.float32)
    grid = Grid.of(series.image)
    brain = values > 0
    for strength in STRENGTHS:
        field = coils_field(brain, grid, strength)
        low, high = np.percentile(field[brain], (1, 99))
        for levelled in (False, True):
            shown = values * field
            if levelled:
                shown = without_coil_field(shown, brain, grid)
            of_field = replace(series, image=grid.image(shown))
            result = StrokeSegLogic.segment(replace(case, series={Role.DWI: of_field}), device="cpu")
            assert isinstance(result, Segmentation)
            found = result.array() > 0
            contrast = np.median(shown[truth]) / np.median(shown[brain & ~truth])
            yield (
                f"{high / low:.2f}",
                "yes" if levelled else "no",
                f"{contrast:.2f}",
                f"{found.sum() * grid.voxel_ml:.1f}",
                f"{dice(found, truth):.3f}",
                f"{(found & ~truth).sum() * grid.voxel_ml:.2f}",
            )


def coils_field(brain: np.ndarray, grid: Grid, strength: float) -> np.ndarray:
    """What a ring of coils receives of each place, (z, y, x); its median in the brain is 1."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in brain.shape), indexing="ij"), axis=-1)[..., ::-1]
    points = grid.to_world(index.reshape(-1, 3)).reshape(index.shape)
    middle = points[brain].mean(axis=0)
    received = np.zeros(brain.shape)
    for number in range(COILS):
        angle = 2 * np.pi * number / COILS
        # From the left (LPS: +x) on; the back is +y, and the right -x.
        place = middle + AWAY_MM * np.array((np.cos(angle), np.sin(angle), 0.0))
        toward = np.cos(angle - 0.75 * np.pi)
        squared = ((points - place) ** 2).sum(axis=-1)
        received += (1.0 + strength * (1.0 + toward) / 2.0) / (1.0 + squared / REACH_MM**2)
    return received / np.median(received[brain]) if strength else np.ones(brain.shape)


if __name__ == "__main__":
    main()
