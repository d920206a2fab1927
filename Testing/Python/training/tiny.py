"""Tiny data sets in the layouts that the sources read, and a recipe that trains on them in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from cases import ball

from StrokeSegLogic.space.grid import Grid

SIZE = {"axial": (60, 50), "coronal": (44, 50), "sagittal": (44, 60)}
SUBJECTS = [f"sub-{n}" for n in range(1, 10)]
SPLITS = ["train"] * 6 + ["val"] * 2 + ["test"]
# LPS as SOOP's masks are stored: y falls as the index grows.
MNI = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)


def write_data(folder: Path) -> Path:
    """SOOP, ISLES'22 slices, T1/T2/FLAIR carriers and DWI carriers, each with a few small patients."""
    _soop(folder / "soop")
    _isles(folder / "isles")
    _carriers(folder)
    return folder


def _slice(shape: tuple[int, int], random: np.random.Generator, lesion: bool) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.indices(shape)
    brain = ((y / shape[0] - 0.5) ** 2 + (x / shape[1] - 0.5) ** 2) < 0.2
    image = brain * random.normal(100, 6, shape)
    mask = np.zeros(shape, np.uint8)
    if lesion:
        cy, cx = random.uniform(0.35, 0.65, 2) * shape
        mask = (((y - cy) ** 2 + (x - cx) ** 2) < 36).astype(np.uint8) * brain
        image = image * (1 + 0.6 * mask)
    return image.clip(0, 254).astype(np.uint8), mask


def _soop(folder: Path) -> None:
    random = np.random.default_rng(1)
    (folder / "lesions").mkdir(parents=True)
    arrays: dict[str, np.ndarray] = {"subject": np.array(SUBJECTS)}
    for plane, shape in SIZE.items():
        pairs = [_slice(shape, random, number % 2 == 0) for number in range(len(SUBJECTS))]
        arrays[f"{plane}_flair"] = np.stack([image for image, _ in pairs])
        arrays[f"{plane}_mask"] = np.stack([mask for _, mask in pairs])
    np.savez(folder / "flair_slices.npz", **arrays)
    rows = [f"{name}\t{split}" for name, split in zip(SUBJECTS, SPLITS, strict=True)]
    (folder / "participants.tsv").write_text("\n".join(["participant_id\tsplit", *rows]) + "\n", encoding="utf-8")
    grid = Grid((40, 48, 36), (1.0, 1.0, 1.0), (-20.0, 24.0, -18.0), MNI)
    for name in SUBJECTS:
        mask = np.roll(ball(grid.shape, radius=5.0) > 0, int(random.integers(-6, 6)), axis=2)
        sitk.WriteImage(grid.image(mask.astype(np.uint8)), str(folder / "lesions" / f"{name}.nii.gz"))


def _isles(folder: Path) -> None:
    folder.mkdir()
    random = np.random.default_rng(2)
    rows = ["case\tquality"]
    for number in range(12):
        dwi, gt = _slice((90, 80), random, True)
        store = {"dwi": dwi, "flair": dwi, "gt": gt, "brain": (dwi > 0).astype(np.uint8)}
        np.savez(folder / f"sub-strokecase{number:04d}.npz", **store)
        rows.append(f"sub-strokecase{number:04d}\t{'good' if number % 3 else 'dwi_only'}")
    (folder / "index.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _carriers(folder: Path) -> None:
    grid = Grid((40, 48, 36), (1.0, 1.0, 1.0), (-20.0, 24.0, -18.0), MNI)
    for number in range(2):
        patient = folder / "ms" / f"patient{number}"
        patient.mkdir(parents=True)
        for role in ("T1", "T2", "FLAIR"):
            sitk.WriteImage(grid.image(ball(grid.shape, 16.0, seed=number)), str(patient / f"{role}.nii.gz"))
        (folder / "dwi").mkdir(exist_ok=True)
        dwi = ball(grid.shape, 16.0, seed=10 + number)
        if number == 1:
            # An infarct, bright on DWI and dark on ADC, a sphere around (-2, -2, -2).
            z, y, x = np.indices(dwi.shape)
            world = grid.to_world(np.stack([x, y, z], axis=-1).reshape(-1, 3)).reshape(*dwi.shape, 3)
            infarct = ((world + 2) ** 2).sum(axis=-1) < 9
            adc = np.where(infarct, 0.5 * dwi, dwi)
            sitk.WriteImage(grid.image(adc.astype(np.float32)), str(folder / "dwi" / f"sub-{number}_adc.nii.gz"))
            dwi = np.where(infarct, 2 * dwi, dwi)
        sitk.WriteImage(grid.image(dwi.astype(np.float32)), str(folder / "dwi" / f"sub-{number}_dwi.nii.gz"))


RECIPE = """
name = "tiny"
version = "0"
title = "a tiny model"
trained_on = "tiny simulated slices"
seed = 7
needs_one_of = ["DWI", "FLAIR"]
tested_with_one_of = ["DWI", "FLAIR"]
patch = [48, 48]
batch = 3
precision = "32-true"
average = 0.9
weight_decay = 0.01
checkpoint_every = 2
held_out = 1

[network]
encoder = "compact"
channels = 5
classes = 2
decoder = [32, 16, 8, 8]

[loss]
lesion = 2.0

[[shared]]
steps = 4
rate = 1e-3

[[shared]]
steps = 1
rate = 1e-3
shares = { soop = 0.9 }

[plane]
steps = 1
rate = 1e-3

[[sources]]
kind = "soop"
folder = "soop"
share = 0.4

[[sources]]
kind = "isles22_slices"
folder = "isles"
share = 0.2

[[sources]]
kind = "t1_t2_flair_carriers"
folder = "ms"
lesions = "soop"
share = 0.2

[[sources]]
kind = "dwi_carriers"
folder = "dwi"
outlines = "OUTLINES"
lesions = "soop"
share = 0.2
"""


OUTLINES = """
[[case]]
patient = "sub-0"
dwi = "sub-0_dwi.nii.gz"

[[case]]
patient = "sub-1"
dwi = "sub-1_dwi.nii.gz"
adc = "sub-1_adc.nii.gz"

[[case.lesion]]
low = [-6, -6, -6]
high = [2, 2, 2]
threshold = 1.5

[[case.doubtful]]
low = [5, 5, -3]
high = [8, 8, 3]
"""


def write_recipe(path: Path, text: str = RECIPE) -> Path:
    """A recipe, with the outlines that it names beside it."""
    outlines = path.with_name("outlines.toml")
    outlines.write_text(OUTLINES, encoding="utf-8")
    path.write_text(text.replace("OUTLINES", outlines.as_posix()), encoding="utf-8")
    return path
