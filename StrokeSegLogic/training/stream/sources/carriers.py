"""Whole brains, into which real lesion shapes are placed.

They are what shows a network cerebellum, vertex and skull base, where SOOP's mid-brain slices never go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ....base.errors import InputError
from ....base.settings import PLANES, Plane
from ....space.grid import Grid, bounding_box, box_slices, to_stack, working_grid
from ....space.resampling import resample, resample_mask
from ....study.case import Role
from ..samples import Sample, scaled
from .lesions import Shape, laid
from .outlines import Outlined

BRIGHT_DWI = 1.4
"""Times the brain's median: what reaches it on DWI and is no infarct misleads networks."""


@dataclass(frozen=True)
class Carrier:
    """A brain at 1 mm in working orientation, cut to its box.

    Attributes:
        images: float32 (z, y, x), over the brain's median, 0 outside the brain.
        brain: bool (z, y, x).
        lesion: bool (z, y, x): the patient's own infarct, which the images show.
        doubtful: bool (z, y, x): may be infarct; the loss does not count there.
        corner_mm: MNI position of the first voxel, LPS; None if the brain is not in MNI.
        patient: for the record.
    """

    images: dict[Role, np.ndarray]
    brain: np.ndarray
    lesion: np.ndarray
    doubtful: np.ndarray
    corner_mm: tuple[float, float, float] | None
    patient: str


class Carriers:
    """Slices of carriers with lesion shapes placed into them.

    Args:
        carriers: makes a carrier, or hands out one of several.
        shapes: real lesions.
        lesion_share: part of the draws that get a lesion at all.
        through_lesion: part of those in which the slice goes through the lesion.
    """

    def __init__(
        self,
        carriers: Callable[[np.random.Generator], Carrier],
        shapes: list[Shape],
        lesion_share: float = 0.75,
        through_lesion: float = 0.6,
    ) -> None:
        self._carriers = carriers
        self._shapes = shapes
        self._lesion_share = lesion_share
        self._through_lesion = through_lesion

    def planes(self) -> tuple[Plane, ...]:
        return PLANES

    def draw(self, plane: Plane, random: np.random.Generator) -> Sample:
        carrier = self._carriers(random)
        placed = np.zeros_like(carrier.brain)
        if random.random() < self._lesion_share:
            shape = self._shapes[int(random.integers(len(self._shapes)))]
            placed = place(shape, carrier, random) & ~carrier.lesion
        brain = to_stack(carrier.brain, plane)
        lesion = to_stack(placed | carrier.lesion, plane)
        through = np.flatnonzero(lesion.sum((1, 2)) > 0)
        if len(through) and random.random() < self._through_lesion:
            number = int(random.choice(through))
        else:
            number = int(random.choice(len(brain), p=interest(carrier, plane)))
        images = {role: to_stack(volume, plane)[number].copy() for role, volume in carrier.images.items()}
        return Sample(
            images,
            lesion[number].copy(),
            brain[number].copy(),
            ~to_stack(carrier.doubtful, plane)[number] | lesion[number],
            plane,
            carrier.patient,
            to_stack(placed, plane)[number].copy(),
        )


def interest(carrier: Carrier, plane: Plane) -> np.ndarray:
    """How often each slice (N,) of a carrier is drawn for its own sake; sums to 1.

    Slices with bright spots on DWI, which are no lesions, are drawn more often: they are what misleads a network.
    """
    weight = (to_stack(carrier.brain, plane).sum((1, 2)) > 200).astype(np.float64)
    if Role.DWI in carrier.images:
        healthy = to_stack(~(carrier.lesion | carrier.doubtful), plane)
        bright = (to_stack(carrier.images[Role.DWI], plane) > BRIGHT_DWI) & healthy
        weight *= 1 + np.minimum(bright.sum((1, 2)) / 40, 4)
    return weight / weight.sum()


def place(shape: Shape, carrier: Carrier, random: np.random.Generator) -> np.ndarray:
    """The shape as a mask (z, y, x) of the carrier: mirrored half of the time, moved by up to 6 mm, brain only."""
    mask = shape.mask
    size = carrier.brain.shape
    if carrier.corner_mm is not None:
        # World to index in working orientation at 1 mm: x and z fall as the index grows, y rises.
        steps = (np.asarray(shape.corner_mm) - np.asarray(carrier.corner_mm)) * (-1, 1, -1)
        x, y, z = steps.round().astype(int)
    else:
        # Not in MNI: the same part of the way through the brain's box as in MNI's brain of 140 x 175 x 140 mm.
        part = (np.asarray(shape.corner_mm) - (70.0, -70.0, 75.0)) * (-1, 1, -1) / (140.0, 175.0, 140.0)
        x, y, z = (part * np.asarray(size[::-1])).round().astype(int)
    x, y, z = np.array([x, y, z]) + random.integers(-6, 7, 3)
    if random.random() < 0.5:
        mask, x = mask[:, :, ::-1], size[2] - x - mask.shape[2]
    return laid(mask, (z, y, x), size) & carrier.brain


def read_carrier(files: dict[Role, Path], patient: str, in_mni: bool) -> Carrier:
    """A carrier without infarct from skull-stripped volumes, on the working grid of the first.

    Raises:
        InputError: if a file is missing.
    """
    images = {role: _read(path) for role, path in files.items()}
    nothing = np.zeros(sitk.GetArrayViewFromImage(next(iter(images.values()))).shape, bool)
    return _carrier(images, nothing, nothing, patient, in_mni)


def read_outlined(folder: Path, outlined: Outlined) -> Carrier:
    """A carrier with the infarct that somebody outlined.

    Raises:
        InputError: if a file is missing, or a box of the outlines is empty.
    """
    names = {Role.DWI: outlined.dwi, Role.ADC: outlined.adc, Role.FLAIR: outlined.flair}
    images = {role: _read(folder / name) for role, name in names.items() if name}
    lesion, doubtful = outlined.masks(images[Role.DWI])
    return _carrier(images, lesion, doubtful, outlined.patient, False)


def _read(path: Path) -> sitk.Image:
    if not path.is_file():
        raise InputError("there is no such file", where=path, fix="Check the data folder")
    return sitk.ReadImage(str(path), sitk.sitkFloat32)


def _carrier(
    images: dict[Role, sitk.Image], lesion: np.ndarray, doubtful: np.ndarray, patient: str, in_mni: bool
) -> Carrier:
    """The images, and the masks on the grid of the first of them, at 1 mm and cut to the brain's box."""
    reference = Grid.of(next(iter(images.values())))
    grid = working_grid(reference, 1.0)
    arrays = {role: sitk.GetArrayFromImage(resample(image, grid)) for role, image in images.items()}
    brain = np.logical_and.reduce([array > 0.1 * np.median(array[array > 0]) for array in arrays.values()])
    brain = sitk.GetArrayFromImage(
        sitk.BinaryMorphologicalClosing(sitk.GetImageFromArray(brain.astype(np.uint8)), (3, 3, 3))
    ).astype(bool)
    start, size = bounding_box(brain)
    box = box_slices(start, size)
    inside = brain[box].copy()
    masks = [resample_mask(reference.image(mask.astype(np.uint8)), grid)[box] > 0 for mask in (lesion, doubtful)]
    return Carrier(
        {role: scaled(array[box], inside) for role, array in arrays.items()},
        inside,
        masks[0] & inside,
        masks[1] & inside & ~masks[0],
        grid.crop(start, size).origin if in_mni else None,
        patient,
    )
