"""The brain cut out of a whole head by rules of its intensities and depths, without a network: coarse."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from ..space.grid import Grid, reorient
from ..space.masks import ball_radius, closed, filled, largest_part
from ..space.resampling import resample, resample_mask
from ..space.smoothing import recursive_gaussian
from ..study.case import Role

_SEARCH_MM = 2.0
# Scalp and skull together are 9 to 15 mm thick in adults, the scalp alone 3 to 7.
_DEEP_MM, _SCALP_MM = 12.0, 5.0
_RING_MM, _RING_STEP_MM, _INNER_MM = (5.0, 15.0), 2.0, 20.0
"""Depths in an axial section at which a head has its skull, and below which there is hardly anything but brain."""
_DARK = 0.4


def cut_from_head(image: sitk.Image, role: Role) -> sitk.Image:
    """The brain in a volume that shows a whole head, uint8 on the volume's grid.

    What lies 12 mm below the head's surface is nearly all brain: its median tells brain from bone and fluid (below
    half of it) and, on T1, from fat (far above it). The largest part of that tissue, opened, is grown back to the
    tissue beside it and closed over sulci and ventricles.

    Args:
        image: with skull.
        role: on T1, fat is brighter than brain and is cut off above.
    """
    coarse = _coarse(reorient(image))
    smooth = recursive_gaussian(coarse, _SEARCH_MM / 2, narrow=True)
    bright = float(np.percentile(sitk.GetArrayViewFromImage(smooth), 99))
    head = filled(largest_part(closed(smooth > 0.1 * bright, ball_radius(coarse, 8.0))))
    # Unsquared, in mm, positive inside; a volume's own border counts as head, not as surface.
    depth = sitk.SignedMaurerDistanceMap(head, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    inner = sitk.GetArrayViewFromImage(smooth)[sitk.GetArrayViewFromImage(depth) > _DEEP_MM]
    if inner.size == 0:
        return Grid.of(image).image(np.zeros(Grid.of(image).shape, np.uint8))
    middle = float(np.median(inner))
    high = 1.8 * middle if role is Role.T1 else np.inf
    tissue = (smooth > 0.5 * middle) & (smooth < high) & (depth > _SCALP_MM)
    core = largest_part(sitk.BinaryErode(tissue & (depth > _DEEP_MM / 2), ball_radius(coarse, 4.0)))
    grown = sitk.BinaryDilate(core, ball_radius(coarse, 6.0)) & tissue
    mask = filled(largest_part(closed(grown, ball_radius(coarse, 8.0))))
    own = Grid.of(image)
    return own.image(resample_mask(mask, own).astype(np.uint8))


def dark_ring(image: sitk.Image, outline: sitk.Image) -> float:
    """How much of a ring 2 mm wide, 5 to 15 mm inside an outline in axial sections, is dark: below 0.4 of what is deep.

    That is where a head has its skull, which is dark on every sequence; a stripped brain has cortex there. It needs no
    height: a slab of few slices shows it as well as a whole head. Of the rings the darkest counts, as scalps differ.

    Args:
        image: with or without skull.
        outline: uint8, all that is no background, on the image's grid.

    Returns:
        From 0 to 1; 0 where the outline holds nothing at such depths.
    """
    upright = reorient(image)
    values, inside = (sitk.GetArrayFromImage(volume) for volume in (upright, reorient(outline)))
    pixel = upright.GetSpacing()[1::-1]
    # The field's own border is an edge, too: a section that is cut there ends there.
    planes = [ndimage.distance_transform_edt(np.pad(plane, 1), sampling=pixel)[1:-1, 1:-1] for plane in inside]
    depth = np.stack(planes)
    deep = depth > min(_INNER_MM, 0.6 * float(depth.max()))
    if not deep.any():
        return 0.0
    background = float(values[inside == 0].mean()) if (inside == 0).any() else 0.0
    limit = background + _DARK * (float(np.median(values[deep])) - background)
    rings = [(depth > at) & (depth <= at + _RING_STEP_MM) for at in np.arange(*_RING_MM, _RING_STEP_MM)]
    return max((float((values[ring] < limit).mean()) for ring in rings if ring.any()), default=0.0)


def _coarse(image: sitk.Image) -> sitk.Image:
    """The image at 2 mm, about its own centre, so that it is the same however the volume is stored."""
    grid = Grid.of(image)
    spacing = tuple(max(step, _SEARCH_MM) for step in grid.spacing)
    size = tuple(max(round(n * old / new), 1) for n, old, new in zip(grid.size, grid.spacing, spacing, strict=True))
    return resample(image, grid.about_centre(size, spacing))
