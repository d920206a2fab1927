"""Tiny studies with masks, as a site may have them: a ball of brain with a bright ball in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from cases import ball

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.training.adapt.report import Adaptation
from StrokeSegLogic.training.adapt.run import AdaptOptions

SHAPE = (16, 18, 17)
GRID = Grid(SHAPE[::-1], (6.0, 6.0, 6.0), (-48.0, -54.0, -51.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))


def lesion_of(number: int) -> np.ndarray:
    """A ball somewhere in the brain, uint8 (z, y, x)."""
    centre = np.random.default_rng(number).uniform(-2.5, 2.5, 3)
    z, y, x = np.indices(SHAPE)
    middle = (np.array(SHAPE) - 1) / 2 + centre
    return ((z - middle[0]) ** 2 + (y - middle[1]) ** 2 + (x - middle[2]) ** 2 < 2.2**2).astype(np.uint8)


def write_study(home: Path, number: int, *, healthy: bool = False, mask: str = "lesion.nii.gz") -> Path:
    """DWI and FLAIR of a patient, and the mask beside them; no mask under the name ""."""
    home.mkdir(parents=True)
    lesion = np.zeros(SHAPE, np.uint8) if healthy else lesion_of(number)
    for role, bright, seed in (("DWI", 1.0, 2 * number), ("FLAIR", 0.5, 2 * number + 1)):
        image = ball(SHAPE, 7.0, seed=seed) * (1 + bright * lesion)
        sitk.WriteImage(GRID.image(image.astype(np.float32)), str(home / f"{role}.nii.gz"))
    if mask:
        sitk.WriteImage(GRID.image(lesion), str(home / mask))
    return home


def write_site(
    folder: Path, patients: int, *, first: int = 0, healthy: bool = False, mask: str = "lesion.nii.gz"
) -> Path:
    """So many patients in a folder each, p0, p1, ..."""
    for number in range(first, first + patients):
        write_study(folder / f"p{number}", number, healthy=healthy, mask=mask)
    return folder


@dataclass(frozen=True)
class Adapted:
    """A finished run; not to be changed."""

    reviewed: Path
    negatives: Path
    options: AdaptOptions
    folder: Path
    found: Adaptation
