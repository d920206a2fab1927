"""Real 3-D lesion shapes, to be placed into brains that have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ....base.errors import InputError
from ....space.grid import Grid, bounding_box, box_slices, reorient
from .soop import SPLITS, read_splits

MIN_VOXELS, MAX_VOXELS = 60, 120_000


@dataclass(frozen=True)
class Shape:
    """One patient's lesion (z, y, x) in working orientation, cut to its box, with the box's first voxel in MNI.

    Attributes:
        mask: bool, 1 mm voxels.
        corner_mm: world position of the first voxel, LPS.
    """

    mask: np.ndarray
    corner_mm: tuple[float, float, float]


def read_shapes(folder: Path, count: int, seed: int, split: str = "train") -> list[Shape]:
    """So many lesion shapes of SOOP's patients of a split, chosen by the seed.

    Args:
        folder: SOOP's folder, with participants.tsv and lesions/sub-*.nii.gz in MNI at 1 mm.
        count: how many at most.
        seed: of the choice.
        split: "train", "val" or "test", as participants.tsv says; to train on, the first alone.

    Raises:
        InputError: if there are no lesion masks, or the split is unknown.
    """
    if split not in SPLITS:
        raise InputError(f"'{split}' is not a split", where=folder, fix=f"Use one of {', '.join(SPLITS)}")
    patients = sorted(name for name, own in read_splits(folder).items() if own == split)
    random = np.random.default_rng(seed)
    files = [folder / "lesions" / f"{name}.nii.gz" for name in random.permutation(patients)]
    return _shapes(folder / "lesions", files, count)


def read_other_shapes(folder: Path, count: int, seed: int) -> list[Shape]:
    """So many of the masks (.nii.gz, MNI, 1 mm) in a folder, chosen by the seed: of patients who are in no split.

    Raises:
        InputError: if there are none.
    """
    files = sorted(folder.glob("*.nii.gz"))
    random = np.random.default_rng(seed)
    return _shapes(folder, [files[i] for i in random.permutation(len(files))], count)


def _shapes(folder: Path, files: Sequence[Path], count: int) -> list[Shape]:
    """The first so many of these files that hold a lesion of a usable size."""
    usable = (_shape(path) for path in files if path.is_file())
    shapes = list(islice((shape for shape in usable if shape is not None), count))
    if not shapes:
        raise InputError("there are no lesion masks", where=folder, fix="Check the data folder")
    return shapes


@lru_cache(maxsize=2048)
def _shape(path: Path) -> Shape | None:
    """The lesion in a file, None if it is too small or too large; several sources of a recipe read the same files."""
    image = reorient(sitk.ReadImage(str(path), sitk.sitkUInt8))
    mask = sitk.GetArrayViewFromImage(image) > 0
    if not MIN_VOXELS <= mask.sum() <= MAX_VOXELS:
        return None
    start, size = bounding_box(mask)
    return Shape(mask[box_slices(start, size)].copy(), Grid.of(image).crop(start, size).origin)


def laid(mask: np.ndarray, start: Sequence[int], shape: Sequence[int]) -> np.ndarray:
    """A mask (z, y, x) in a volume of a shape, bool: its first voxel at `start`, what goes beyond it cut off."""
    out = np.zeros(tuple(shape), bool)
    inside = [(max(s, 0), min(s + n, m)) for s, n, m in zip(start, mask.shape, shape, strict=True)]
    if any(first >= last for first, last in inside):
        return out
    target = tuple(slice(first, last) for first, last in inside)
    origin = tuple(slice(first - s, last - s) for (first, last), s in zip(inside, start, strict=True))
    out[target] = mask[origin]
    return out
