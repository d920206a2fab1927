"""What goes wrong with files of a data set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np


def edit(path: Path, change: Callable[[np.ndarray], np.ndarray], dtype: type = np.float32) -> None:
    """Changes a volume's voxels and leaves its header."""
    image = nib.load(path)
    voxels = change(np.asarray(image.dataobj).astype(np.float32)).astype(dtype)
    nib.Nifti1Image(voxels, image.affine).to_filename(path)


def move(path: Path, mm: float) -> None:
    """Changes a volume's place and leaves its voxels."""
    image = nib.load(path)
    affine = image.affine.copy()
    affine[0, 3] += mm
    # A copy: an uncompressed file is mapped into memory, and is about to be written over.
    nib.Nifti1Image(np.asarray(image.dataobj).copy(), affine).to_filename(path)


def cut_short(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def with_nan(voxels: np.ndarray) -> np.ndarray:
    voxels = voxels.copy()
    voxels[3, 3, 3] = np.nan
    return voxels


def first_of(folder: Path, pattern: str) -> Path:
    """The first file of a pattern."""
    return sorted(folder.glob(pattern))[0]
