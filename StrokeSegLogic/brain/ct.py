"""The brain on CT: what lies inside the skull and has the density of tissue or fluid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import SimpleITK as sitk

from ..space.grid import Grid
from ..space.masks import largest_part
from ..space.resampling import resample, resample_mask

MEAN_HU = (130.0, 150.0)
"""Highest HU of tissue and lowest of bone on a mean over time: tissue lies at 0 to 60, vessels with contrast below 130,
bone above 150."""
MIP_HU = (300.0, 300.0)
"""The same on a maximum over time: vessels with contrast reach what bone's partial volume has on a mean."""
_COARSE_MM = 1.8
AIR_HU = -1024.0
# The gaps of the skull base that are closed, and what is thinner than brain: muscle, dura, optic nerves.
_GAP_MM, _THIN_MM, _SULCUS_MM = 9.0, 4.0, 6.0


def brain_of_ct(image: sitk.Image, limits_hu: tuple[float, float]) -> np.ndarray:
    """The brain with its fluid spaces on a CT without gantry tilt or with, of a head or already without skull.

    Slice by slice, what a ring of bone encloses (everything, where rings hold less than half of a slice's tissue) and
    has the density of tissue; opened, its largest part in 3-D, closed and filled. Coarse at the skull base, where eyes
    and the nose lie next to the brain.

    Args:
        image: HU, slices along the third axis; a mean over time has little noise. What is no number is air.
        limits_hu: highest of tissue and lowest of bone, `MEAN_HU` or `MIP_HU`.

    Returns:
        bool (z, y, x), empty if there is none.
    """
    highest_hu, bone_hu = limits_hu
    grid = Grid.of(image)
    pixel = max(_COARSE_MM, *grid.spacing[:2])
    columns, rows = (max(round(n * s / pixel), 1) for n, s in zip(grid.size[:2], grid.spacing[:2], strict=True))
    coarse = grid.about_centre((columns, rows, grid.size[2]), (pixel, pixel, grid.spacing[2]))
    hu = resample(_finite(sitk.Cast(image, sitk.sitkFloat32)), coarse, fill=AIR_HU)
    tissue = _slicewise(lambda plane: _enclosed(plane, highest_hu, bone_hu, pixel), hu)
    core = largest_part(sitk.BinaryErode(tissue, _disc(_THIN_MM, pixel)))
    grown = sitk.And(sitk.BinaryDilate(core, _disc(_THIN_MM + pixel, pixel)), tissue)
    mask = sitk.And(_slicewise(lambda plane: _closed(plane, pixel), grown), hu < bone_hu)
    return resample_mask(sitk.Cast(mask, sitk.sitkUInt8), grid)


def _finite(image: sitk.Image) -> sitk.Image:
    values = sitk.GetArrayViewFromImage(image)
    known = np.isfinite(values)
    return image if known.all() else Grid.of(image).image(np.where(known, values, np.float32(AIR_HU)))


def _slicewise(work: Callable[[sitk.Image], sitk.Image], volume: sitk.Image) -> sitk.Image:
    # Without geometry: of an oblique volume, slices lie in different planes of space.
    planes = [sitk.GetImageFromArray(plane) for plane in sitk.GetArrayViewFromImage(volume)]
    stacked = np.stack([sitk.GetArrayFromImage(work(plane)) for plane in planes])
    return Grid.of(volume).image(stacked.astype(np.uint8))


def _enclosed(hu: sitk.Image, highest_hu: float, bone_hu: float, pixel: float) -> sitk.Image:
    """Tissue of a slice that bone encloses; all tissue where rings of bone hold less than half of it."""
    bone = sitk.And(hu > bone_hu, hu < 4000.0)
    tissue = sitk.And(hu > 0.0, hu < highest_hu)
    inside = sitk.And(sitk.BinaryFillhole(_joined(bone, round(_GAP_MM / pixel))), tissue)
    thick = sitk.BinaryErode(tissue, _disc(_THIN_MM, pixel)[:2])
    deep = sitk.GetArrayFromImage(thick).astype(bool)
    held = sitk.GetArrayFromImage(inside)[deep].sum()
    return inside if held > deep.sum() / 2 else tissue


def _closed(plane: sitk.Image, pixel: float) -> sitk.Image:
    return sitk.BinaryFillhole(_joined(plane, round(_SULCUS_MM / pixel)))


def _joined(plane: sitk.Image, radius: int) -> sitk.Image:
    """A closing with room around the plane: at the border it would otherwise stick."""
    frame = [radius, radius]
    padded = sitk.ConstantPad(plane, frame, frame, 0)
    return sitk.Crop(sitk.BinaryMorphologicalClosing(padded, frame), frame, frame)


def _disc(mm: float, pixel: float) -> list[int]:
    return [max(round(mm / pixel), 1), max(round(mm / pixel), 1), 0]
