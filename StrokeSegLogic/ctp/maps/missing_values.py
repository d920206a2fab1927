"""Voxels without a value in given maps: NaN, infinity, and what lies outside of a map's field of view.

One rule everywhere: no value is no measurement. A map holds 0 there, as outside the brain, a CT the density of air;
how many there were is said; a map of nothing else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from ...base.errors import InputError
from ...brain.ct import AIR_HU
from ...result.doubts import Doubt
from ...space.grid import Grid
from ...space.resampling import resample
from ...study.case import Role
from .doubts import DoubtKind

NO_CT_HU = -200.0
"""Below this a voxel inside of the brain was not seen by the CT: there is neither air nor fat."""


def fill_of(name: str) -> float:
    """What a map holds where it has no value."""
    return AIR_HU if name == Role.CT else 0.0


def filled(name: str, image: sitk.Image) -> tuple[sitk.Image, list[Doubt]]:
    """The image with `fill_of` in place of NaN and infinity, and a doubt if there were any.

    Raises:
        InputError: if it holds no number at all.
    """
    values = sitk.GetArrayViewFromImage(image)
    if not np.issubdtype(values.dtype, np.floating):
        return image, []
    known = np.isfinite(values)
    if known.all():
        return image, []
    if not known.any():
        raise no_number(name)
    return Grid.of(image).image(np.where(known, values, np.float32(fill_of(name)))), [no_value(name, known)]


def no_value(name: str, known: np.ndarray) -> Doubt:
    """The doubt about a map whose voxels hold NaN or infinity but where `known`."""
    missing = int(known.size - known.sum())
    share = f"{missing / known.size:.1%}"
    words = f"{name} holds NaN or infinite values in {missing} voxels ({share}): taken for no value"
    return Doubt((name,), DoubtKind.NO_VALUE, words)


def no_number(name: str) -> InputError:
    """The refusal of a map without any value."""
    fix = "Export the map again, or leave it out"
    return InputError("holds no number, NaN alone", where=name, fix=fix, roles=(name,))


def unjudged(images: Mapping[Role, sitk.Image], grid: Grid) -> np.ndarray:
    """Where nothing can be judged, bool (z, y, x) on `grid`: no number for flow, or outside of CBF's or Tmax's field.

    A Tmax that is no number is left to `tissue`: where hardly any blood flows no time can be measured.

    Args:
        images: as given, on their own grids.
    """
    none = np.zeros(grid.shape, bool)
    for name in (Role.CBF, Role.TMAX):
        if name not in images:
            continue
        own = Grid.of(images[name])
        seen = np.ones(own.shape, np.uint8)
        if name == Role.CBF:
            seen[~np.isfinite(sitk.GetArrayViewFromImage(images[name]))] = 0
        none |= sitk.GetArrayFromImage(resample(own.image(seen), grid, "nearest")) == 0
    return none
