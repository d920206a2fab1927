"""Whole heads of any contrast, resolution and field of view, out of label maps (after SynthSeg and SynthStrip)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..stream.sources.lesions import Shape
from . import artefacts
from .contrast import Contrast, draw_contrast
from .geometry import Pose, draw_pose, sample
from .label_maps import BRAIN, HeadLabels
from .lesions import paint_lesion, place_lesion


@dataclass(frozen=True)
class Head:
    """A synthesised head on a grid of cubic voxels, arrays (z, y, x) in working orientation.

    Attributes:
        image: float32; 0 is no signal.
        tissues: `label_maps.Tissue`, uint8.
        lesion: bool; all False without.
        shown: bool; False where the field of view had ended.
        contrast: how it was painted.
        spacing_mm: side of the voxels.
        subject: whose head it is.
    """

    image: np.ndarray
    tissues: np.ndarray
    lesion: np.ndarray
    shown: np.ndarray
    contrast: Contrast
    spacing_mm: float
    subject: str

    @property
    def brain(self) -> np.ndarray:
        """All that lies inside the skull, bool."""
        return self.tissues <= BRAIN[-1]


def draw_head(
    heads: Sequence[HeadLabels],
    random: np.random.Generator,
    shape: tuple[int, int, int],
    spacing_mm: float,
    *,
    contrast: str = "",
    shapes: Sequence[Shape] = (),
    lesion_share: float = 0.5,
    shift_mm: float = 15.0,
    finer: int = 1,
) -> Head:
    """A head.

    Args:
        heads: to choose from.
        random: of everything drawn: the same state gives the same head.
        shape, spacing_mm: of the grid (z, y, x); the brain's middle comes near the grid's.
        contrast: see `contrast.draw_contrast`.
        shapes: of lesions.
        lesion_share: how often there is a lesion.
        shift_mm: that the brain's middle is off the grid's at most, along each axis.
        finer: parts of a voxel's side that its signal is the mean of: partial volume. Costs its cube of time.
    """
    head = heads[int(random.integers(len(heads)))]
    pose = draw_pose(random, shift_mm=shift_mm)
    tissues = _posed(head, pose, shape, spacing_mm)
    painted = draw_contrast(random, contrast)
    level = painted.level[tissues] if finer == 1 else _partial_volume(head, pose, painted, shape, spacing_mm, finer)
    image = paint(level, tissues, painted, spacing_mm, random)
    lesion = np.zeros(shape, bool)
    if shapes and random.random() < lesion_share:
        lesion = place_lesion(tissues, shapes, spacing_mm, random)
        image = paint_lesion(image, lesion, random, is_ct=painted.name == "CT")
    scanned = _scanned_by_ct if painted.name == "CT" else _scanned
    image = scanned(image, tissues, spacing_mm, random)
    shown = _field_of_view(shape, random)
    image[~shown] = 0
    return Head(image, tissues, lesion, shown, painted, spacing_mm, head.subject)


def paint(
    level: np.ndarray, tissues: np.ndarray, contrast: Contrast, spacing_mm: float, random: np.random.Generator
) -> np.ndarray:
    """Signal of a head, float32: its level, with a texture of each tissue's own, softened as a scanner does."""
    grain = random.standard_normal(tissues.shape, np.float32)
    coarse = ndimage.gaussian_filter(random.standard_normal(tissues.shape, np.float32), 2.0 / spacing_mm)
    grain = 0.6 * grain + coarse / max(float(coarse.std()), 1e-6)
    image = level + contrast.texture[tissues] * grain
    return ndimage.gaussian_filter(np.maximum(image, 0), random.uniform(0.3, 1.2) / spacing_mm)


def _partial_volume(
    head: HeadLabels, pose: Pose, contrast: Contrast, shape: tuple[int, int, int], spacing_mm: float, finer: int
) -> np.ndarray:
    """Level of each voxel, float32: the mean of its parts'."""
    z, y, x = shape
    parts = contrast.level[_posed(head, pose, (finer * z, finer * y, finer * x), spacing_mm / finer)]
    level: np.ndarray = parts.reshape(z, finer, y, finer, x, finer).mean(axis=(1, 3, 5))
    return level


def _posed(head: HeadLabels, pose: Pose, shape: tuple[int, int, int], spacing_mm: float) -> np.ndarray:
    brain = np.argwhere(head.brain)
    centre = (brain.min(axis=0) + brain.max(axis=0)) / 2
    return sample(head.tissues, centre, pose, shape, (spacing_mm,) * 3)


def _scanned(image: np.ndarray, tissues: np.ndarray, spacing_mm: float, random: np.random.Generator) -> np.ndarray:
    """What a scanner and an archive make of a head, each step now and then."""

    def now_and_then(share: float) -> bool:
        return bool(random.random() < share)

    if now_and_then(0.35):
        image = artefacts.susceptibility(image, tissues, spacing_mm, random)
    if now_and_then(0.7):
        image = artefacts.bias_field(image, random)
    if now_and_then(0.5):
        image = artefacts.thick_slices(image, spacing_mm, random)
    if now_and_then(0.2):
        image = artefacts.ghosts(image, random)
    if now_and_then(0.8):
        image = artefacts.noise(image, random)
    if now_and_then(0.15):
        image = artefacts.defaced(image, tissues, random)
    if now_and_then(0.15):
        image = artefacts.zeroed_air(image, tissues, random)
    elif now_and_then(0.1):
        image = artefacts.stripped(image, tissues, spacing_mm, random)
    if now_and_then(0.3):
        image = np.maximum(image, 0) ** np.float32(random.uniform(0.7, 1.4))
    return image.astype(np.float32)


def _scanned_by_ct(
    image: np.ndarray, tissues: np.ndarray, spacing_mm: float, random: np.random.Generator
) -> np.ndarray:
    """What a CT scanner and an archive make of a head: numbers are calibrated, so that little but noise remains."""
    if random.random() < 0.6:
        image = artefacts.thick_slices(image, spacing_mm, random)
    # Up to 30 HU in a voxel.
    image = image + random.uniform(0.0, 0.03) * random.standard_normal(image.shape, np.float32)
    if random.random() < 0.1:
        image = artefacts.defaced(image, tissues, random)
    if random.random() < 0.1:
        image = artefacts.stripped(image, tissues, spacing_mm, random)
    return np.maximum(image, 0).astype(np.float32)


def _field_of_view(shape: tuple[int, int, int], random: np.random.Generator) -> np.ndarray:
    """What a scan shows, bool: it ends early, mostly at the neck, at times at the crown."""
    shown = np.ones(shape, bool)
    if random.random() < 0.5:
        # z grows to the feet: most scans end below the skull base.
        shown[-random.integers(1, max(shape[0] // 5, 2)) :] = False
    if random.random() < 0.15:
        shown[: random.integers(1, max(shape[0] // 6, 2))] = False
    return shown
