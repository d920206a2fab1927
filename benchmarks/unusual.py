"""How often infarcts of patients are what `mri.doubts` calls unusual.

    python benchmarks/unusual.py --data DATA [--every 1]

DATA/soop holds lesions/*.nii.gz (MNI, 1 mm) and ArterialAtlas136.nii.gz, whose territories, closed and filled, stand
for the brain. Lesions are looked at in voxels of 2 mm. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy import ndimage

from StrokeSegLogic.mri.doubts import Unusual, mirrored_share, rim_share, unusual
from StrokeSegLogic.space.grid import Grid, reorient
from StrokeSegLogic.space.resampling import resample_mask
from StrokeSegLogic.study.volumes.reader import read_volume

STEP_MM = 2.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--every", type=int, default=1, help="only every so many patients")
    given = arguments.parse_args()
    brain, grid = brain_of(given.data / "soop" / "ArterialAtlas136.nii.gz")
    files = sorted((given.data / "soop" / "lesions").glob("sub-*.nii.gz"))[:: given.every]
    kinds = dict.fromkeys(Unusual, 0)
    ml, mirror, rim, any_kind = [], [], [], 0
    for path in files:
        lesion = resample_mask(reorient(read_volume(path)), grid)
        found = unusual(lesion, brain, grid)
        for doubt in found:
            kinds[Unusual(doubt.kind)] += 1
        any_kind += bool(found)
        ml.append(lesion.sum() * grid.voxel_ml)
        mirror.append(mirrored_share(lesion, brain, grid))
        rim.append(rim_share(lesion, brain, grid))
    print(f"{len(files)} patients\n\n| unusual | patients | share |\n| --- | --- | --- |")
    for kind, count in {**{kind.value: count for kind, count in kinds.items()}, "any of them": any_kind}.items():
        print(f"| {kind} | {count} | {count / len(files):.1%} |")
    large = np.array(ml) >= 5
    print(f"\n{large.sum()} patients with 5 ml and more\n\n| share of the lesion | median | 95 % | 99 % | most |")
    print("| --- | --- | --- | --- | --- |")
    for name, shares in (("mirrored", mirror), ("at the rim", rim)):
        points = " | ".join(f"{value:.2f}" for value in np.percentile(np.array(shares)[large], (50, 95, 99, 100)))
        print(f"| {name} | {points} |")


def brain_of(atlas: Path) -> tuple[np.ndarray, Grid]:
    """The brain, bool (z, y, x), and its grid."""
    territories = reorient(read_volume(atlas))
    own = Grid.of(territories)
    grid = own.about_centre(tuple(round(n / STEP_MM) for n in own.size), (STEP_MM,) * 3)
    known = np.pad(resample_mask(territories > 0, grid), 4)
    whole = ndimage.binary_fill_holes(ndimage.binary_closing(known, iterations=3))
    return whole[4:-4, 4:-4, 4:-4], grid


if __name__ == "__main__":
    main()
