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
    """A ball to the left or right in the brain, uint8 (z, y, x)."""
    random = np.random.default_rng(number)
    aside = random.choice((-1, 1)) * random.uniform(3.8, 4.4)
    return (_from_middle((*random.uniform(-1.5, 1.5, 2), aside)) < 2.0).astype(np.uint8)


def _from_middle(offset: tuple[float, ...] = (0.0, 0.0, 0.0)) -> np.ndarray:
    """Each voxel's distance from a place beside the middle."""
    middle = [(side - 1) / 2 + shift for side, shift in zip(SHAPE, offset, strict=True)]
    apart = [index - place for index, place in zip(np.indices(SHAPE), middle, strict=True)]
    return np.sqrt(sum(part**2 for part in apart))


def write_study(home: Path, number: int, *, healthy: bool = False, mask: str = "lesion.nii.gz") -> Path:
    """DWI and FLAIR of a patient, and the mask beside them; no mask under the name ""."""
    home.mkdir(parents=True)
    lesion = np.zeros(SHAPE, np.uint8) if healthy else lesion_of(number)
    # Fluid in the middle is dark on both: a volume is held against what it is called.
    tissue = np.where(_from_middle() < 2.0, 0.4, 1.0)
    for role, bright, seed in (("DWI", 1.0, 2 * number), ("FLAIR", 0.5, 2 * number + 1)):
        image = ball(SHAPE, 7.0, seed=seed) * tissue * (1 + bright * lesion)
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
