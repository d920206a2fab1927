"""The brain cut out of a whole head by rules of its intensities and depths, without a network: coarse."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from ..space.grid import Grid, reorient
from ..space.masks import ball_radius, closed, filled, largest_part
from ..space.resampling import resample, resample_mask
from ..space.smoothing import recursive_gaussian
from ..study.case import Role

_SEARCH_MM = 2.0
# Scalp and skull together are 9 to 15 mm thick in adults, the scalp alone 3 to 7.
_DEEP_MM, _SCALP_MM = 12.0, 5.0


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


def _coarse(image: sitk.Image) -> sitk.Image:
    """The image at 2 mm, about its own centre, so that it is the same however the volume is stored."""
    grid = Grid.of(image)
    spacing = tuple(max(step, _SEARCH_MM) for step in grid.spacing)
    size = tuple(max(round(n * old / new), 1) for n, old, new in zip(grid.size, grid.spacing, spacing, strict=True))
    return resample(image, grid.about_centre(size, spacing))
