"""A page of brain masks on real heads, to look at: a row a head, its outline red, MindGrab's green if it is asked for.

    python benchmarks/mask_pictures.py --data DATA --output FILE.png [--masks FOLDER] [--others FOLDER]

The heads are DATA/heads/ms_raw (Lesjak et al., Neuroinformatics 2017, CC BY), or those in FOLDER/DWI of --others. Masks
are those that lesions are looked for in. Five axial slices at even heights of the brain, a coronal and a sagittal slice
through its middle; the patient's left is on the right, the front of sagittal slices on the left. With --masks MindGrab
is asked, too, and its masks are kept there (minutes a volume). Prints each row's head and its place.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from brain_network import edge
from mindgrab import mindgrab_mask
from PIL import Image
from whole_heads import Shown, ms_raw, others

from StrokeSegLogic.brain.head import brain_mask
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.space.grid import Grid, working_grid
from StrokeSegLogic.space.resampling import resample, resample_mask

STEP_MM = 2.0
TILE = (112, 112)
"""Pixels (rows, columns) about the brain's middle."""
AXIAL = (0.06, 0.2, 0.4, 0.6, 0.85)
"""Of the brain's height, from its lowest section."""
OWN, OTHER = (255, 50, 50), (60, 255, 60)
COLOURS = 64


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--output"):
        arguments.add_argument(name, type=Path, required=True)
    for name in ("--masks", "--others"):
        arguments.add_argument(name, type=Path, default=None)
    given = arguments.parse_args()
    weights = given.data / "weights" / "mindgrab.npz"
    heads = ms_raw(given.data, None) if given.others is None else others(given.others)
    rows = []
    for number, head in enumerate(heads, 1):
        other = None if given.masks is None else mindgrab_mask(head.image, weights, given.masks)
        tiles, found = row(head, other)
        ml = Grid.of(head.image).voxel_ml
        against = "" if other is None else f", MindGrab {other.sum() * ml:.0f} ml, Dice {dice(found, other):.3f}"
        print(f"{number}. {head.name} {head.role}: {found.sum() * ml:.0f} ml{against}", flush=True)
        rows.append(np.hstack(tiles))
    # In few colours a page is a third as large.
    page = Image.fromarray(np.vstack(rows).astype(np.uint8)).quantize(COLOURS)
    given.output.parent.mkdir(parents=True, exist_ok=True)
    page.save(given.output, optimize=True)


def row(head: Shown, other: np.ndarray | None) -> tuple[list[np.ndarray], np.ndarray]:
    """Tiles (rows, columns, RGB) of a head, and its mask, bool (z, y, x) on its own grid."""
    own = Grid.of(head.image)
    found = brain_mask({head.role: head.image}, head.role, own).mask
    cubes = working_grid(own, STEP_MM)
    values = sitk.GetArrayFromImage(resample(sitk.Cast(head.image, sitk.sitkFloat32), cubes))
    low, high = np.percentile(values, (2, 99.5))
    grey = ((values - low) / max(high - low, 1e-6)).clip(0, 1) * 255
    outlines = [
        (colour, resample_mask(own.image(mask.astype(np.uint8)), cubes))
        for colour, mask in ((OTHER, other), (OWN, found))
        if mask is not None
    ]
    where = np.argwhere(outlines[-1][1])
    (top, front, right), (bottom, back, left) = where.min(axis=0), where.max(axis=0)
    middle = ((top + bottom) // 2, (front + back) // 2, (right + left) // 2)
    slices = [(0, round(bottom - share * (bottom - top))) for share in AXIAL] + [(1, middle[1]), (2, middle[2])]
    return [tile(grey, outlines, axis, at, middle) for axis, at in slices], found


def tile(
    grey: np.ndarray,
    outlines: list[tuple[tuple[int, int, int], np.ndarray]],
    axis: int,
    at: int,
    middle: tuple[int, int, int],
) -> np.ndarray:
    """A slice (rows, columns, RGB) about the brain's middle, black beyond the volume."""
    picture = np.repeat(np.take(grey, at, axis)[..., None], 3, -1)
    for colour, mask in outlines:
        picture[edge(np.take(mask, at, axis))] = colour
    centre = [middle[other] for other in range(3) if other != axis]
    padded = np.pad(picture, ((TILE[0] // 2,) * 2, (TILE[1] // 2,) * 2, (0, 0)))
    return padded[centre[0] : centre[0] + TILE[0], centre[1] : centre[1] + TILE[1]]


if __name__ == "__main__":
    main()
