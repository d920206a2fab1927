"""Small cohorts of real mask files, and rows with chosen scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from StrokeSegLogic.evaluation.rows import Row
from StrokeSegLogic.evaluation.scores import evaluate_pair
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.volumes.nifti import write_nifti

GRID = Grid((12, 10, 6), (1.0, 1.5, 4.0), (3.0, -7.0, 11.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
VOXEL_ML = 0.006


def box(*spans: tuple[int, int], value: int = 1) -> np.ndarray:
    """A box of one label on GRID, its spans in z, y, x; empty without spans."""
    mask = np.zeros(GRID.shape, np.uint8)
    if spans:
        mask[tuple(slice(*span) for span in spans)] = value
    return mask


def write_mask(path: Path, array: np.ndarray, grid: Grid = GRID) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_nifti(grid.image(array), path)
    return path


def write_masks(folder: Path, masks: Mapping[str, np.ndarray]) -> Path:
    """A folder of masks by their paths without an ending."""
    for name, mask in masks.items():
        write_mask(folder / f"{name}.nii.gz", mask)
    return folder


_ANY = evaluate_pair(box((1, 3), (2, 5), (2, 5)), box((1, 3), (2, 5), (2, 6)), (4.0, 1.5, 1.0))


def row(case: str = "a", group: str = "All", patient: str | None = None, **scores: float | None) -> Row:
    """A row of which only the scores named matter."""
    return Row(case, patient or case, group, "model", "reference", "lesion", replace(_ANY, **scores))
