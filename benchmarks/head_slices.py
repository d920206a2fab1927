"""A page of slices of synthesised heads beside real slices, and how their grey values compare.

    python benchmarks/head_slices.py --data DATA --output FOLDER [--heads 3] [--columns 8] [--slices 150]

Each column is a head, its rows DWI, ADC, FLAIR, T2 and T1 as networks are shown them, the infarct outlined on ADC;
below them real slices of SOOP's train split (FLAIR) and of ISLES'22 (DWI). Then, for as many slices, percentiles of the
brain over its median, and of lesions of at least 30 mm². Prints Markdown tables and slices a second; seed 2026, 1 core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from StrokeSegLogic.base.settings import PLANES, Plane
from StrokeSegLogic.nets.run.inputs import centred, normalise
from StrokeSegLogic.study.case import MRI_ROLES, Role
from StrokeSegLogic.training.heads.label_maps import head_files
from StrokeSegLogic.training.heads.slices import draw_slice
from StrokeSegLogic.training.stream.recipe import SourceSpec
from StrokeSegLogic.training.stream.samples import Sample
from StrokeSegLogic.training.stream.sources.heads import as_sample, read_library
from StrokeSegLogic.training.stream.sources.isles22 import Isles22Slices
from StrokeSegLogic.training.stream.sources.soop import Soop

SEED = 2026
ROWS = (Role.DWI, Role.ADC, Role.FLAIR, Role.T2, Role.T1)
BRIGHTEST = {Role.DWI: 1.5, Role.ADC: 2.0, Role.FLAIR: 1.0, Role.T2: 2.0, Role.T1: 0.8}
"""Normalised value that is shown white."""
TILE = (208, 184)
PERCENTILES = (2, 10, 25, 75, 90, 98, 99.5)
LEAST_LESION = 30
EVERYTHING = ((MRI_ROLES, 1.0),)


def tile(sample: Sample, role: Role, *, outlined: bool) -> np.ndarray:
    """A slice as networks are shown it, RGB uint8; black where there is no such sequence."""
    out = np.zeros((*TILE, 3), np.uint8)
    if role in sample.images:
        shown = (normalise(sample.images[role], sample.brain) + 1) / (BRIGHTEST[role] + 1)
        grey = (255 * shown.clip(0, 1)).astype(np.uint8)
        colours = np.repeat(grey[..., None], 3, axis=-1)
        if outlined:
            inner = sample.lesion.copy()
            for axis in (0, 1):
                inner &= np.roll(sample.lesion, 1, axis) & np.roll(sample.lesion, -1, axis)
            colours[sample.lesion & ~inner] = (255, 0, 0)
        target, origin = centred(grey.shape, TILE)
        out[target] = colours[origin]
    return out


def page(synthesised: list[Sample], real: list[list[Sample]]) -> Image.Image:
    """Synthesised slices, a row a sequence, and rows of real slices below them."""
    rows = [[tile(sample, role, outlined=role is Role.ADC) for sample in synthesised] for role in ROWS]
    for samples in real:
        role = Role.DWI if Role.DWI in samples[0].images else Role.FLAIR
        rows.append([tile(sample, role, outlined=False) for sample in samples])
    return Image.fromarray(np.vstack([np.hstack(row) for row in rows]))


def table(name: str, role: Role, samples: Iterable[Sample]) -> str:
    """A row: medians over the slices."""
    brains, lesions = [], []
    for sample in samples:
        if role not in sample.images:
            continue
        values = sample.images[role]
        median = np.median(values[sample.brain])
        brains.append(np.percentile(values[sample.brain & ~sample.lesion], PERCENTILES) / median)
        if sample.lesion.sum() >= LEAST_LESION:
            lesions.append(np.median(values[sample.lesion]) / median)
    brain = " | ".join(f"{value:.2f}" for value in np.median(brains, axis=0))
    found = ", ".join(f"{value:.2f}" for value in np.percentile(lesions, (10, 50, 90)))
    return f"| {name}, {role.value} | {len(brains)} | {brain} | {found} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--heads", type=int, default=3)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--slices", type=int, default=150)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    folder = options.data / "heads" / "synthseg"
    subjects = tuple(head_files(folder))[: options.heads]
    spec = SourceSpec("heads", 1.0, "", subjects, "soop", old="lesions/lesymap", sclerosis="lesions/ms")
    library = read_library(folder, options.data, spec, SEED)
    soop = Soop(options.data / "soop", "train")
    isles = Isles22Slices(options.data / "isles22" / "slices", -1)

    def drawn(plane: Plane, number: int) -> Sample:
        random = np.random.default_rng([SEED, number])
        return as_sample(draw_slice(library, plane, random, protocols=EVERYTHING), plane)

    for plane in PLANES:
        sources = [soop, isles] if plane == "axial" else [soop]
        random = np.random.default_rng(SEED)
        real = [[source.draw(plane, random) for _ in range(options.columns)] for source in sources]
        made = [drawn(plane, number) for number in range(options.columns)]
        page(made, real).save(options.output / f"heads-{plane}.png")
    start = time.process_time()
    made = [drawn(PLANES[number % 3], number) for number in range(options.slices)]
    spent = time.process_time() - start
    real_flair = [soop.sample(plane, number) for number in range(options.slices // 3) for plane in PLANES]
    print(f"| slices | n | {' | '.join(f'{p:g} %' for p in PERCENTILES)} | lesion 10, 50, 90 % |")
    print(f"|{' --- |' * (len(PERCENTILES) + 3)}")
    for role in ROWS:
        print(table("synthesised", role, made))
    print(table("SOOP train", Role.FLAIR, real_flair))
    for role in (Role.DWI, Role.FLAIR):
        print(table("ISLES'22", role, isles.samples))
    areas = np.array([sample.lesion.sum() for sample in made])
    shares = [np.mean((areas >= low) & (areas < high)) for low, high in ((0, 1), (1, 50), (50, 330), (330, 1e9))]
    print("\nLesion 0, 1-49, 50-329, 330 mm² and more: " + ", ".join(f"{100 * share:.0f} %" for share in shares))
    print(f"{options.slices / spent:.0f} slices a second of CPU time, five sequences each")


if __name__ == "__main__":
    main()
