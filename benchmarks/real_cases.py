"""Whole native volumes: Dice against expert masks, and a report with pictures of each case to look at.

    python benchmarks/real_cases.py --data DATA --output FOLDER [--model NAME]

DATA/isles22 holds sub-strokecase*/ (DWI, ADC, *_msk.nii.gz) and case_without_mask/. Prints Markdown tables; each
result is written to FOLDER, for 3D Slicer and the browser.
"""

from __future__ import annotations

import argparse
import time
from itertools import product
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from mri_data import VOLUME_ROLES, mask_folders, masked_case

import StrokeSegLogic
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.metrics.voxel import dice
from StrokeSegLogic.mri.prepare import prepare
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.mri.vote import run_planes
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.nets.run.network import choose, load
from StrokeSegLogic.outputs.files import write_outputs
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.resampling import onto_reference, resample
from StrokeSegLogic.study.case import Case, Role


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--output", type=Path, required=True)
    arguments.add_argument("--model", default=None)
    given = arguments.parse_args()
    with_masks(given.data, given.output, given.model)
    without_mask(given.data / "isles22" / "case_without_mask", given.output, given.model)


def with_masks(data: Path, output: Path, model: str | None) -> None:
    """Dice, volumes and what each plane says, for DWI + ADC and for DWI alone."""
    print("| case | sequences | truth ml | found ml | Dice | false ml | axial, coronal, sagittal Dice | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for folder, roles in product(mask_folders(data), VOLUME_ROLES):
        case, mask = masked_case(folder, roles)
        truth = sitk.GetArrayFromImage(mask) > 0
        started = time.perf_counter()
        result = StrokeSegLogic.segment(case, reference=Role.DWI, model=model)
        seconds = time.perf_counter() - started
        found = result.array() > 0
        name = "+".join(map(str, roles))
        write_outputs(result, output / f"{folder.name}-{name}")
        ml = result.grid.voxel_ml
        planes = ", ".join(f"{value:.2f}" for value in _planes(case, truth, model))
        print(
            f"| {folder.name} | {name} | {truth.sum() * ml:.2f} | {found.sum() * ml:.2f} "
            f"| {dice(found, truth):.3f} | {(found & ~truth).sum() * ml:.2f} | {planes} | {seconds:.0f} |"
        )


def _planes(case: Case, truth: np.ndarray, model: str | None) -> list[float]:
    """Dice of each plane alone, on the reference grid."""
    bundle, device = find(model), choose()
    spec = bundle.planes
    prepared = prepare(case, Role.DWI, spec.roles, spec.spacing_mm, Progress())
    planes = run_planes(load(bundle, device), prepared, device, Progress(), canvas=spec.canvas)
    grid = Grid.of(case.series[Role.DWI].image)
    limit = spec.threshold_for(prepared.of_most)
    return [dice(onto_reference(values, prepared.grid, grid) >= limit, truth) for values in planes.values()]


def without_mask(folder: Path, output: Path, model: str | None) -> None:
    """The case whose FLAIR lies on another grid: the result on either must be the same lesion in space."""
    case = StrokeSegLogic.load_case(folder)
    results: dict[Role, Segmentation] = {}
    for role in (Role.DWI, Role.FLAIR):
        results[role] = StrokeSegLogic.segment(case, reference=role, model=model)
        write_outputs(results[role], output / f"case_without_mask-on-{role}")
    on_dwi, on_flair = results[Role.DWI], results[Role.FLAIR]
    # The FLAIR was laid on the DWI, and what was found on it goes with it.
    laid = Grid.of(on_dwi.case.series[Role.FLAIR].image).image(on_flair.array())
    moved = sitk.GetArrayFromImage(resample(laid, on_dwi.grid, "nearest")) > 0
    print("\n| case_without_mask | on DWI | on FLAIR |\n| --- | --- | --- |")
    volumes = [f"{result.statistics.volume_ml:.1f}" for result in (on_dwi, on_flair)]
    centres = [str([round(v) for v in result.statistics.lesions[0].centre_mm]) for result in (on_dwi, on_flair)]
    print(f"| volume, ml | {volumes[0]} | {volumes[1]} |")
    print(f"| largest lesion's centre, mm LPS | {centres[0]} | {centres[1]} |")
    print(f"| Dice between the two, on the DWI's grid | {dice(on_dwi.array(), moved):.3f} | |")


if __name__ == "__main__":
    main()
