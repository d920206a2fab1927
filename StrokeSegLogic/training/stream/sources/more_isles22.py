"""More axial DWI slices of ISLES'22 at 2 mm, some of patients of `isles22.Isles22Slices`: one patient, one fold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage

from ....base.csv_files import read_records
from ....base.errors import InputError
from ....base.settings import Plane
from ....space.resampling import resample_slices
from ....study.case import Role
from ...arrays import read_arrays
from ..samples import Sample
from .isles22 import fold_of

PIXEL_MM = 2.0
LEAST_BRIGHT = 1.1
"""Times the brain's median that a mask's median must reach: some masks that the index calls good lie elsewhere."""


class MoreIsles22Slices:
    """A few axial slices a patient, those whose mask lies where the infarct is.

    Args:
        folder: holds index.tsv and slices.npz.
        held_out: the fold to leave out; -1 is none.
        always: patients that are trained on whatever the fold, because their whole volumes are.

    Raises:
        InputError: if files are missing, or nothing is left.
    """

    def __init__(self, folder: Path, held_out: int, always: frozenset[str] = frozenset()) -> None:
        table = folder / "index.tsv"
        if not table.is_file():
            raise InputError("there is no index.tsv", where=folder, fix="Give the folder of the ISLES'22 slices")
        rows = [
            row
            for row in read_records(table, "\t", ("patient", "slice", "quality"))
            if row["quality"] == "good" and (row["patient"] in always or fold_of(row["patient"]) != held_out)
        ]
        names = [f"{row['patient']}_{row['slice']}" for row in rows]
        arrays = read_arrays(folder / "slices.npz", [f"{name}_{what}" for name in names for what in ("dwi", "mask")])
        drawn = [
            _sample(arrays[f"{name}_dwi"], arrays[f"{name}_mask"], row["patient"])
            for name, row in zip(names, rows, strict=True)
        ]
        self.samples = [sample for sample in drawn if _is_bright(sample)]
        if not self.samples:
            raise InputError("no slice is left", where=folder, fix="Hold out another fold, or give the source no share")
        # Each patient as often as any other, however many slices there are.
        patients = [sample.patient for sample in self.samples]
        weights = np.array([1 / patients.count(patient) for patient in patients])
        self._weights = weights / weights.sum()

    def planes(self) -> tuple[Plane, ...]:
        return ("axial",)

    def draw(self, plane: Plane, random: np.random.Generator) -> Sample:
        return self.samples[int(random.choice(len(self.samples), p=self._weights))]


def _is_bright(sample: Sample) -> bool:
    """Whether the mask, if there is any, shows where DWI is bright."""
    dwi = sample.images[Role.DWI]
    if not sample.lesion.any():
        return True
    return bool(np.median(dwi[sample.lesion]) >= LEAST_BRIGHT * np.median(dwi[sample.brain]))


def _sample(dwi: np.ndarray, mask: np.ndarray, patient: str) -> Sample:
    # The ground of some figures is not quite black: what most pixels show is no brain.
    ground = int(np.bincount(dwi.astype(int).ravel()).argmax())
    dwi = np.where(dwi <= ground, 0, dwi)
    fine = [
        resample_slices(array.astype(np.float32)[None], (PIXEL_MM, PIXEL_MM), (1.0, 1.0))[0]
        for array in (dwi, ndimage.binary_fill_holes(dwi > 0), mask)
    ]
    # As radiologists see them, the patient's left on the right: mirrored into the working orientation.
    image, brain, lesion = (np.ascontiguousarray(array[:, ::-1]) for array in fine)
    inside = brain > 0.5
    return Sample({Role.DWI: image}, (lesion > 0.5) & inside, inside, np.ones_like(inside), "axial", patient)
