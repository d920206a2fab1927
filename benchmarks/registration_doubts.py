"""Which pairs of volumes registration doubts: sequences of a head, the same flipped, and those of other patients.

    python benchmarks/registration_doubts.py --data DATA

DATA/isles22/case_without_mask (FLAIR onto DWI) and DATA/heads/ms_raw (T2 onto FLAIR, three patients), through
`alignment.align`. Flips turn the voxels over and leave the header. Other patients' FLAIR are laid middle onto middle.
Prints a Markdown table: mutual information (nats) after registration, and how many are doubted.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from registration import brain_of, diffusion_and_flair, heads

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.mri.alignment import Position, align
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.case import Case, Role, Series

AXES = {"left to right": 2, "back to front": 1, "upside down": 0}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    given = arguments.parse_args()
    patients = dict([*diffusion_and_flair(given.data), *heads(given.data)])
    found: dict[str, list[Position]] = defaultdict(list)
    for name, images in patients.items():
        reference, role = (Role.DWI, Role.FLAIR) if Role.DWI in images else (Role.FLAIR, Role.T2)
        fixed, moving = images[reference], images[role]
        brain = brain_of(fixed, reference)
        found["as given"].append(position(fixed, reference, moving, role, brain))
        for way, axis in AXES.items():
            found[way].append(position(fixed, reference, flipped(moving, axis), role, brain))
        for other, theirs in patients.items():
            if other != name:
                # A FLAIR beside a FLAIR goes by another name; only voxels are registered.
                laid = centred(theirs[Role.FLAIR], fixed)
                found["another patient's"].append(position(fixed, reference, laid, role, brain))
    print("| volume | n | mutual information | moved | refused | doubted |\n| --- | --- | --- | --- | --- | --- |")
    for kind, positions in found.items():
        nats = [p.found.after for p in positions if p.found]
        counts = (sum(p.decision == decision for p in positions) for decision in ("moved", "refused"))
        doubted = sum(bool(p.doubt) for p in positions)
        print(
            f"| {kind} | {len(positions)} | {min(nats):.2f} to {max(nats):.2f} | {' | '.join(map(str, counts))} "
            f"| {doubted} |"
        )


def position(fixed: sitk.Image, reference: Role, moving: sitk.Image, role: Role, brain: sitk.Image) -> Position:
    """What registration says of a volume."""
    series = [Series(kind, image, "benchmark", "", 1.0, "") for kind, image in ((reference, fixed), (role, moving))]
    _, (found,) = align(Case.of("benchmark", series), reference, {role: ()}, brain, Progress())
    return found


def flipped(image: sitk.Image, axis: int) -> sitk.Image:
    """Its voxels turned over along an axis of the array (z, y, x)."""
    return Grid.of(image).image(np.flip(sitk.GetArrayViewFromImage(image), axis).copy())


def centred(image: sitk.Image, onto: sitk.Image) -> sitk.Image:
    """The image with its middle where the other has it."""
    shift = Grid.of(onto).corners().mean(axis=0) - Grid.of(image).corners().mean(axis=0)
    return sitk.TransformGeometry(image, sitk.TranslationTransform(3, (-shift).tolist()))


if __name__ == "__main__":
    main()
