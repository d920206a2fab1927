"""Infarcts in volumes that came without masks, outlined by us as boxes and thresholds.

Nobody of us is a radiologist, and most were outlined from DWI alone: labels to train on, never to be scored against.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ....base.errors import InputError
from ....base.files import resource
from ....base.settings import from_mapping, read_toml
from ....space.grid import Grid

BRAIN = 0.3
"""Times the median of all positive voxels: the threshold's brain lies above it."""


@dataclass(frozen=True)
class Box:
    """Part of a volume.

    Attributes:
        low, high: opposite corners, mm LPS.
        threshold: what reaches so many times the brain's median of the DWI is meant; 0 is the whole box.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if len(self.low) != 3 or len(self.high) != 3 or any(a >= b for a, b in zip(self.low, self.high, strict=True)):
            raise ValueError("a box needs three numbers for 'low' and three larger numbers for 'high'")
        if self.threshold < 0:
            raise ValueError("a box's threshold must not be negative")


@dataclass(frozen=True)
class Outlined:
    """A patient's volume and what shows in it.

    Attributes:
        patient: never in two splits.
        dwi: file, under the data folder.
        adc, flair: further files of the patient, "" for none; on any grid of the same space.
        lesion: boxes that hold infarct and nothing else bright.
        doubtful: boxes that may hold infarct: the loss does not count there.
        remark: what it is.
    """

    patient: str
    dwi: str
    adc: str = ""
    flair: str = ""
    lesion: tuple[Box, ...] = ()
    doubtful: tuple[Box, ...] = ()
    remark: str = ""

    def masks(self, dwi: sitk.Image) -> tuple[np.ndarray, np.ndarray]:
        """Lesion and doubt, bool (z, y, x), on the DWI's own grid.

        The voxels around a lesion are doubtful: a threshold is no expert's border. What two boxes call both is lesion.

        Raises:
            InputError: naming a box that holds nothing.
        """
        values = sitk.GetArrayViewFromImage(dwi)
        limit = float(np.median(values[values > 0])) * BRAIN
        relative = values / float(np.median(values[values > limit]))
        world = Grid.of(dwi).to_world(np.argwhere(np.ones(relative.shape, bool))[:, ::-1]).astype(np.float32)
        lesion, doubtful = (_union(boxes, world, relative, self.patient) for boxes in (self.lesion, self.doubtful))
        ring = sitk.GetArrayFromImage(sitk.BinaryDilate(sitk.GetImageFromArray(lesion.astype(np.uint8)), (1, 1, 1)))
        return lesion, (doubtful | (ring > 0)) & ~lesion


@dataclass(frozen=True)
class Outlines:
    """All volumes of a file.

    Attributes:
        case: one a patient.
    """

    case: tuple[Outlined, ...]

    @classmethod
    def read(cls, path: Path) -> Outlines:
        """The outlines in a TOML file.

        Raises:
            InputError: naming the file, and the wrong key or value.
        """
        return from_mapping(cls, read_toml(path), path)


def find_outlines(name: str) -> Outlines:
    """The outlines in a TOML file of that path, or in a file that comes with StrokeSeg.

    Raises:
        InputError: if there is none, or it is wrong.
    """
    return Outlines.read(Path(name) if name.endswith(".toml") else resource("Outlines", f"{name}.toml"))


def _union(boxes: tuple[Box, ...], world: np.ndarray, relative: np.ndarray, patient: str) -> np.ndarray:
    """What the boxes mean, bool like relative; world (N, 3) are the positions of its voxels."""
    found = np.zeros(relative.size, bool)
    for box in boxes:
        inside = np.flatnonzero(np.logical_and(world >= box.low, world <= box.high).all(axis=1))
        inside = inside[relative.ravel()[inside] >= box.threshold]
        if not len(inside):
            raise InputError(
                f"the box {box.low} to {box.high} holds no voxel that reaches {box.threshold:g}",
                where=patient,
                fix="Correct the outlines",
            )
        found[inside] = True
    return found.reshape(relative.shape)
