"""A library of ball heads with a ventricle and a sinus, and an atlas that is a ball in two halves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from ball_heads import SIZE, ball_labels, write_heads

from StrokeSegLogic.training.heads.anatomy import Anatomy, anatomy
from StrokeSegLogic.training.heads.atlas import ATLAS, read_territories
from StrokeSegLogic.training.heads.relaxation import read_regions
from StrokeSegLogic.training.heads.slices import Library
from StrokeSegLogic.training.stream.sources.lesions import Shape

VENTRICLE, SINUS = 4, 502
CORNER_LPS = (27.5, -27.5, 27.5)


def labels() -> np.ndarray:
    """The ball head (z, y, x) with fluid in its middle and air in front of and below the brain."""
    made = ball_labels()
    z, y, x = np.ogrid[:SIZE, :SIZE, :SIZE]
    middle = (SIZE - 1) / 2
    made[(z - middle) ** 2 + (y - middle) ** 2 + (x - middle) ** 2 < 25] = VENTRICLE
    made[(z - middle - 18) ** 2 + (y - middle + 26) ** 2 + (x - middle) ** 2 < 16] = SINUS
    return made


def write_atlas(folder: Path) -> Path:
    """Territories 7 and 8, left and right halves of a ball about the origin of MNI space."""
    folder.mkdir(parents=True, exist_ok=True)
    z, y, x = np.indices((56, 56, 56)) - 27.5
    image = sitk.GetImageFromArray((((z**2 + y**2 + x**2) < 27**2) * np.where(x < 0, 7, 8)).astype(np.uint8))
    image.SetDirection((-1, 0, 0, 0, 1, 0, 0, 0, -1))
    image.SetOrigin(CORNER_LPS)
    sitk.WriteImage(image, str(folder / ATLAS))
    return folder


def shape(side: int = 12) -> Shape:
    """A cube left of the middle."""
    return Shape(np.ones((side,) * 3, bool), (18.0, -6.0, 6.0))


def library(folder: Path) -> Library:
    """A head, an atlas, and cubes for lesions of all kinds."""
    territories = read_territories(write_atlas(folder / "atlas"))
    regions = read_regions(write_heads(folder / "heads", labels(), ("a",)))
    heads = [anatomy(subject, values, territories) for subject, values in regions.items()]
    return Library(heads, territories, [shape()], [shape(8)], [shape(4)])


def head_of(made: Library) -> Anatomy:
    return made.heads[0]
