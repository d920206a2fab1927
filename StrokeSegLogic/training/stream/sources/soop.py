"""FLAIR slices of the Stroke Outcome Optimization Project: one a plane and patient, masks drawn on DWI.

Absher et al., The Stroke Outcome Optimization Project, Scientific Data 2024, 11:839 (OpenNeuro ds004889, CC0).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....base.csv_files import read_records
from ....base.errors import InputError
from ....base.settings import PLANES, Plane
from ....study.case import Role
from ...arrays import read_arrays
from ..samples import LESION_PIXELS, Sample

SPLITS = ("train", "val", "test")


class Soop:
    """The slices of one split.

    Args:
        folder: holds flair_slices.npz and participants.tsv.
        split: "train", "val" or "test", as participants.tsv says.
        lesion_share: part of the draws that take a slice with lesion.

    Raises:
        InputError: if files are missing or the split is unknown.
    """

    def __init__(self, folder: Path, split: str, lesion_share: float = 0.65) -> None:
        if split not in SPLITS:
            raise InputError(f"'{split}' is not a split", where=folder, fix=f"Use one of {', '.join(SPLITS)}")
        splits = read_splits(folder)
        stacks = [f"{plane}_{what}" for plane in PLANES for what in ("flair", "mask")]
        path = folder / "flair_slices.npz"
        store = read_arrays(path, ["subject", *stacks])
        subjects = [str(name) for name in store["subject"]]
        if any(store[name].ndim != 3 or len(store[name]) != len(subjects) for name in stacks):
            raise InputError("does not hold one slice of each subject", where=path, fix="Copy the file again")
        chosen = np.array([splits.get(name) == split for name in subjects])
        self.subjects = [name for name, keep in zip(subjects, chosen, strict=True) if keep]
        self.flair = {plane: store[f"{plane}_flair"][chosen] for plane in PLANES}
        self.mask = {plane: store[f"{plane}_mask"][chosen] > 0 for plane in PLANES}
        self.lesion_share = lesion_share
        self._with = {plane: self.mask[plane].sum((1, 2)) >= LESION_PIXELS for plane in PLANES}

    def planes(self) -> tuple[Plane, ...]:
        return PLANES

    def draw(self, plane: Plane, random: np.random.Generator) -> Sample:
        wanted = random.random() < self.lesion_share
        return self.sample(plane, int(random.choice(np.flatnonzero(self._with[plane] == wanted))))

    def sample(self, plane: Plane, index: int) -> Sample:
        """The slice of one subject."""
        flair = self.flair[plane][index].astype(np.float32)
        brain = flair > 0
        return Sample(
            {Role.FLAIR: flair}, self.mask[plane][index], brain, np.ones_like(brain), plane, self.subjects[index]
        )


def read_splits(folder: Path) -> dict[str, str]:
    """Subject to split.

    Raises:
        InputError: if participants.tsv is missing.
    """
    table = folder / "participants.tsv"
    if not table.is_file():
        raise InputError("there is no participants.tsv", where=folder, fix="Give the folder of the SOOP slices")
    rows = read_records(table, "\t", ("participant_id", "split"))
    return {row["participant_id"]: row["split"] for row in rows}
