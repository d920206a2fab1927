"""Axial DWI and FLAIR slices of ISLES'22, decoded from published figures, with expert masks.

Hernandez Petzsche et al., ISLES 2022, Scientific Data 2022, 9:762 (CC BY 4.0).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ....base.csv_files import read_records
from ....base.errors import InputError
from ....base.settings import Plane
from ....space.grid import bounding_box
from ....space.resampling import resample_slices
from ....study.case import Role
from ...arrays import read_arrays
from ..recipe import FOLDS
from ..samples import Sample

BRAIN_LENGTH_MM = 170.0
"""The figures have no pixel size: each is scaled so that its brain is as long as the mean of SOOP's axial slices."""


def fold_of(patient: str) -> int:
    """The fold, 0 to 4, that a patient is held out in: fixed by the name, so that no list can drift."""
    return hashlib.sha256(patient.encode()).digest()[0] % FOLDS


class Isles22Slices:
    """One axial slice a patient, all with lesion.

    Args:
        folder: holds index.tsv and one .npz a patient.
        held_out: the fold to leave out (training), or to take alone with `only_held_out`; -1 is none.
        only_held_out: whether to take the held-out fold instead of the others.
        always: patients that are trained on whatever the fold, because their whole volumes are.
        needed: slices that have none of these sequences are left out; none is if empty.

    Raises:
        InputError: if index.tsv is missing.
    """

    def __init__(
        self,
        folder: Path,
        held_out: int,
        only_held_out: bool = False,
        always: frozenset[str] = frozenset(),
        needed: frozenset[Role] = frozenset(),
    ) -> None:
        table = folder / "index.tsv"
        if not table.is_file():
            raise InputError("there is no index.tsv", where=folder, fix="Give the folder of the ISLES'22 slices")
        self.samples: list[Sample] = []
        for row in read_records(table, "\t", ("case", "quality")):
            held = row["case"] not in always and fold_of(row["case"]) == held_out
            if held != only_held_out:
                continue
            sample = _read(folder / f"{row['case']}.npz", row["quality"] == "good")
            if not needed or needed & sample.images.keys():
                self.samples.append(sample)

    def planes(self) -> tuple[Plane, ...]:
        return ("axial",)

    def draw(self, plane: Plane, random: np.random.Generator) -> Sample:
        return self.samples[int(random.integers(len(self.samples)))]


def _read(path: Path, with_flair: bool) -> Sample:
    arrays = {
        key: value.astype(np.float32) for key, value in read_arrays(path, ("flair", "dwi", "gt", "brain")).items()
    }
    _, (_, length, _) = bounding_box(arrays["brain"][None] > 0)
    spacing = BRAIN_LENGTH_MM / length
    scaled = {key: resample_slices(value[None], (spacing, spacing), (1.0, 1.0))[0] for key, value in arrays.items()}
    images = {Role.DWI: scaled["dwi"]}
    if with_flair:
        images[Role.FLAIR] = scaled["flair"]
    brain = scaled["brain"] > 0.5
    # Published as radiologists see them, patient's left on the right: mirrored into the working orientation.
    turned = {role: np.ascontiguousarray(image[:, ::-1]) for role, image in images.items()}
    lesion, brain = scaled["gt"][:, ::-1] > 0.5, np.ascontiguousarray(brain[:, ::-1])
    return Sample(turned, np.ascontiguousarray(lesion), brain, np.ones_like(brain), "axial", path.stem)
