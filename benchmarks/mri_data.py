"""What the benchmarks of the MRI models measure on: held-out slices, and volumes with masks. No script of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

import StrokeSegLogic
from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.mri.slices import predict_slices
from StrokeSegLogic.nets.models.registry import find
from StrokeSegLogic.space.grid import Grid, reorient
from StrokeSegLogic.study.case import Case, Role
from StrokeSegLogic.training.stream.sources.soop import Soop

VOLUME_ROLES: tuple[tuple[Role, ...], ...] = ((Role.DWI, Role.ADC), (Role.DWI,))
SIDE_MM = 1.0
"""Side of SOOP's pixels."""


@dataclass(frozen=True)
class Slice:
    """A slice, what a model says of it and the truth, all (H, W) of one shape.

    Attributes:
        image: the sequence to look at.
        probability: 0 to 1.
        truth, brain: bool.
        plane: "axial", "coronal" or "sagittal".
        patient: whom it is of.
    """

    image: np.ndarray
    probability: np.ndarray
    truth: np.ndarray
    brain: np.ndarray
    plane: str
    patient: str


@dataclass(frozen=True)
class Volume:
    """A whole volume's result, its arrays (z, y, x) in working orientation, voxel for voxel as stored.

    Attributes:
        image: the reference sequence.
        result: the segmentation.
        truth: the expert's mask, bool; None without.
    """

    image: np.ndarray
    result: Segmentation
    truth: np.ndarray | None

    @property
    def grid(self) -> Grid:
        """Of the arrays."""
        return Grid.of(reorient(self.result.labels))

    @property
    def found(self) -> np.ndarray:
        return oriented(self.result.labels) > 0

    @property
    def probability(self) -> np.ndarray:
        return oriented(self.result.probability)

    @property
    def agreement(self) -> np.ndarray:
        return oriented(self.result.agreement)

    @property
    def brain(self) -> np.ndarray:
        return oriented(self.result.brain) > 0

    @property
    def pixel_mm2(self) -> float:
        """Area of an axial slice's pixel."""
        return self.grid.spacing[0] * self.grid.spacing[1]


def heading(model: str | None) -> str:
    """The model, in a line above the tables."""
    spec = find(model).planes
    others = "".join(f", with {name} {limit:g}" for name, limit in spec.thresholds.items())
    limits = f"{spec.threshold:g}{others}"
    return f"Model {spec.name} {spec.version}, weights {spec.weights.sha256[:12]}, threshold {limits}"


def oriented(image: sitk.Image) -> np.ndarray:
    """The voxels (z, y, x) in working orientation, none interpolated."""
    return sitk.GetArrayFromImage(reorient(image))


def soop_slices(data: Path, model: str | None, most: int | None = None, split: str = "test") -> list[Slice]:
    """SOOP's slices of a split, from FLAIR alone; the first so many of each plane."""
    soop = Soop(data / "soop", split)
    found: list[Slice] = []
    for plane in PLANES:
        flair, truth = soop.flair[plane][:most], soop.mask[plane][:most]
        probability = predict_slices(model, plane, {Role.FLAIR: flair}, (SIDE_MM, SIDE_MM))
        for row in zip(flair, probability, truth, soop.subjects, strict=False):
            found.append(Slice(row[0], row[1], row[2], row[0] > 0, plane, row[3]))
    return found


def mask_folders(data: Path) -> list[Path]:
    """The patients whose whole volumes have an expert's mask."""
    return sorted((data / "isles22").glob("sub-strokecase*"))


def masked_case(folder: Path, roles: Sequence[Role]) -> tuple[Case, sitk.Image]:
    """One patient's volumes, these roles alone, and the expert's mask as stored."""
    whole = StrokeSegLogic.load_case(folder)
    case = Case(whole.name, {role: whole.series[role] for role in roles}, notes=whole.notes)
    return case, sitk.ReadImage(str(next(folder.glob("*_msk.nii.gz"))))


def masked_volume(folder: Path, roles: Sequence[Role], model: str | None) -> Volume:
    """The result of one patient's volumes, these roles alone, on the DWI's grid."""
    case, truth = masked_case(folder, roles)
    return volume(case, Role.DWI, model, oriented(truth) > 0)


def volume(case: Case, reference: Role, model: str | None, truth: np.ndarray | None = None) -> Volume:
    """The result of a case on the grid of one of its sequences."""
    result = StrokeSegLogic.segment(case, reference=reference, model=model)
    return Volume(oriented(case.series[reference].image), result, truth)


def masked_volumes(data: Path, roles: Sequence[Role], model: str | None) -> Iterator[tuple[str, Volume, np.ndarray]]:
    """Name, result and truth of every volume with a mask."""
    for folder in mask_folders(data):
        found = masked_volume(folder, roles, model)
        assert found.truth is not None
        yield folder.name, found, found.truth
