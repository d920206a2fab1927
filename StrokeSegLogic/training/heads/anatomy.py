"""A head kept in memory for slices to be cut from: regions, and slow fields at 2 mm that every slice asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from ...space.grid import bounding_box, box_slices
from .atlas import Territories, read_territories, to_mni
from .relaxation import INSIDE_SKULL, Region, read_regions

COARSE = 2
"""Voxels of the head in each of the slow fields."""
_MARGIN = 28
_NEAR_AIR = 0.15
_REACH_MM = 12.0
"""The brain's mask goes no farther from parenchyma: not down the spinal canal."""


@dataclass(frozen=True)
class Anatomy:
    """A head, arrays (z, y, x) in working orientation, cut to the brain and some cm around it.

    Attributes:
        subject: whose.
        regions: `Region`, uint8, 1 mm.
        depth_mm: distance to the brain's surface, negative inside; float32 at `COARSE` mm.
        ventricle_mm: distance to the lateral ventricles, likewise.
        air: how near air in the sinuses is, likewise: 0 far away, 1 where brain comes nearest to it.
        centre: voxel in the middle of the parenchyma's box.
        mni: matrix (3, 3) from voxels to MNI places (`atlas.mni_place`).
        mni_shift: (3,), of these.
        anywhere, posterior, near_air: voxels (N, 3) of parenchyma: any; of cerebellum and brain stem; beside air.
    """

    subject: str
    regions: np.ndarray
    depth_mm: np.ndarray
    ventricle_mm: np.ndarray
    air: np.ndarray
    centre: np.ndarray
    mni: np.ndarray
    mni_shift: np.ndarray
    anywhere: np.ndarray
    posterior: np.ndarray
    near_air: np.ndarray

    def from_mni(self, place: np.ndarray) -> np.ndarray:
        """The voxel (3,) at an MNI place."""
        return np.linalg.solve(self.mni, place - self.mni_shift)


def read_anatomies(folder: Path, atlas_folder: Path, subjects: tuple[str, ...] = ()) -> list[Anatomy]:
    """The heads of some subjects; of all that may be trained on if none is named (`label_maps.LEFT_OUT`).

    Args:
        folder: of the label maps.
        atlas_folder: of the arterial atlas.
        subjects: as the index calls them.

    Raises:
        InputError: if a file is missing, or a label not known.
    """
    territories = read_territories(atlas_folder)
    heads = read_regions(folder, subjects)
    return [anatomy(subject, regions, territories) for subject, regions in heads.items()]


def anatomy(subject: str, regions: np.ndarray, territories: Territories) -> Anatomy:
    """All that slices of a head ask for."""
    start, size = bounding_box(regions < Region.FLUID, _MARGIN)
    regions = np.ascontiguousarray(regions[box_slices(start, size)])
    parenchyma = regions < Region.FLUID
    coarse = np.ascontiguousarray(regions[::COARSE, ::COARSE, ::COARSE])
    from_tissue = ndimage.distance_transform_edt(coarse >= Region.FLUID) * COARSE
    brain = (coarse <= INSIDE_SKULL) & (from_tissue <= _REACH_MM)
    brain = ndimage.binary_fill_holes(brain)
    depth = ndimage.distance_transform_edt(~brain) - ndimage.distance_transform_edt(brain)
    ventricle = coarse == Region.VENTRICLE
    to_ventricle = np.full(brain.shape, 99.0)
    if ventricle.any():
        to_ventricle = ndimage.distance_transform_edt(~ventricle) * COARSE
    sinus = (coarse == Region.SINUS).astype(np.float32)
    air = ndimage.gaussian_filter(sinus, 2.0) + ndimage.gaussian_filter(sinus, 4.5)
    air /= max(float(air[coarse < Region.FLUID].max()), 1e-3)
    matrix, shift = to_mni(parenchyma, territories)
    box_start, box_size = bounding_box(parenchyma)
    centre = np.array(box_start[::-1]) + np.array(box_size[::-1]) / 2
    low, high = coarse < Region.FLUID, np.isin(coarse, (Region.CEREBELLAR_CORTEX, Region.BRAIN_STEM))
    wanted = (low, high, low & (air > _NEAR_AIR))
    anywhere, posterior, near = (np.argwhere(mask).astype(np.int16) * COARSE for mask in wanted)
    return Anatomy(
        subject,
        regions,
        (depth * COARSE).astype(np.float32),
        to_ventricle.astype(np.float32),
        air.astype(np.float32),
        centre,
        matrix,
        shift,
        anywhere,
        posterior if len(posterior) else anywhere,
        near if len(near) else anywhere,
    )
