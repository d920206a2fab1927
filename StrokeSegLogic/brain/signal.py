"""How bright fluid is against brain tissue, and how tissue itself is spread: what tells MR contrasts apart by voxels.

Fluid is found by where it is: the lateral and third ventricles lie beside the plane between the hemispheres, far from
the brain's surface. Hardly any infarct fills that place, and none makes fluid of it that is dark on DWI bright.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from ..space.grid import Grid
from ..space.resampling import resample, resample_mask
from ..space.smoothing import gaussian_within
from .hemispheres import MidPlane

_STEP_MM = 2.0
_RIM_MM, _DEEP_MM, _BESIDE_MM = 6.0, 20.0, 25.0
_WHITE_MM = (12.0, 30.0)
"""Depths below the surface where most voxels are white matter."""
_LARGE_SECTION = 0.7
"""Of the largest axial section: below it lie skull base and vertex, whose middle holds no ventricle."""
_SHADING_MM = 25.0
_TISSUE = (0.6, 1.5)
_LEAST_CENTRAL_ML, _LEAST_COVERED = 40.0, 0.5
_BINS = 60


@dataclass(frozen=True)
class Signal:
    """What was measured of a volume inside the brain. Ratios are to the tissue around the ventricles.

    Attributes:
        brain_ml: volume of the mask that it was measured in.
        median: of the brain below its rim, in the volume's own unit.
        lowest, highest: 0.1st and 99.9th percentile of the whole volume, in its own unit.
        darkest, brightest: 2nd and 98th percentile around the ventricles, after shading was taken out.
        above_mode: share of tissue that is brighter than its most frequent value: half where grey and white matter are
            nearly alike, less where white matter is brighter (T1), more where it is darker (T2).
        spread: interquartile range of the brain below its rim over its median.
    """

    brain_ml: float
    median: float
    lowest: float
    highest: float
    darkest: float
    brightest: float
    above_mode: float
    spread: float

    @property
    def lean(self) -> float:
        """Natural logarithm of brightest times darkest: above 0 fluid is bright, below 0 it is dark."""
        return float(np.log(max(self.brightest * self.darkest, 1e-3)))


def measure_signal(image: sitk.Image, brain: sitk.Image) -> Signal | None:
    """The signal of a volume.

    Args:
        image: 3-D, any grid and unit.
        brain: uint8 mask in working orientation (x to the right, y to the back, z to the feet), on a grid of its own.

    Returns:
        None where too little of the ventricles' place is seen to judge by.
    """
    own = Grid.of(brain)
    size = tuple(max(round(n * step / _STEP_MM), 1) for n, step in zip(own.size, own.spacing, strict=True))
    # A rim of background, so that every slice of the mask has an edge to be measured from.
    grid = own.about_centre(tuple(n + 2 for n in size), (_STEP_MM,) * 3)
    seen = Grid.of(image)
    covered = resample_mask(seen.image(np.ones(seen.shape, np.uint8)), grid)
    mask = resample_mask(brain, grid)
    if (mask & covered).sum() < _LEAST_COVERED * mask.sum() or not mask.any():
        return None
    values = sitk.GetArrayFromImage(resample(sitk.Cast(image, sitk.sitkFloat32), grid))
    return _measured(values, mask & covered, grid, sitk.GetArrayViewFromImage(image))


def _measured(values: np.ndarray, mask: np.ndarray, grid: Grid, whole: np.ndarray) -> Signal | None:
    depth = _depth_in_slices(mask)
    below_rim = mask & (depth > _RIM_MM)
    central = _ventricles_place(mask, depth, grid)
    white = mask & (depth > _WHITE_MM[0]) & (depth < _WHITE_MM[1])
    if central.sum() * grid.voxel_ml < _LEAST_CENTRAL_ML or not white.any():
        return None
    brain_ml = float(mask.sum() * grid.voxel_ml)
    inside = values[below_rim]
    low, median, high = (float(value) for value in np.percentile(inside, (25, 50, 75)))
    lowest, highest = (float(value) for value in np.percentile(whole, (0.1, 99.9)))
    if not median > 0:
        return Signal(brain_ml, median, lowest, highest, 1.0, 1.0, 0.5, 0.0)
    flat = _without_shading(values / median, mask & (depth > _RIM_MM / 2), grid)
    flat /= np.median(flat[white])
    darkest, brightest = (float(value) for value in np.percentile(flat[central], (2, 98)))
    share = _share_above_mode(flat[below_rim & _in_large_sections(mask)])
    return Signal(brain_ml, median, lowest, highest, darkest, brightest, share, (high - low) / median)


def _depth_in_slices(mask: np.ndarray) -> np.ndarray:
    """Distance to the mask's edge in the same slice, mm: a slab has no depth along z."""
    planes = [ndimage.distance_transform_edt(plane, sampling=_STEP_MM) for plane in mask]
    return np.stack(planes)


def _in_large_sections(mask: np.ndarray) -> np.ndarray:
    area = mask.sum(axis=(1, 2))
    return (area >= _LARGE_SECTION * np.percentile(area[area > 0], 95))[:, None, None]


def _ventricles_place(mask: np.ndarray, depth: np.ndarray, grid: Grid) -> np.ndarray:
    """Where the ventricles lie, with the tissue around them; bool (z, y, x)."""
    beside = MidPlane.of(mask, grid).distance_mm(grid)
    return (depth > _DEEP_MM) & (np.abs(beside) < _BESIDE_MM) & _in_large_sections(mask)


def _without_shading(relative: np.ndarray, mask: np.ndarray, grid: Grid) -> np.ndarray:
    """The volume over what receive coils make of it: its own wide average within the brain, fluid and air cut off."""
    shading = gaussian_within(np.clip(relative, *_TISSUE), mask, grid, _SHADING_MM / 2)
    return np.where(mask, relative / np.maximum(shading, 0.2), 0)


def _share_above_mode(values: np.ndarray) -> float:
    low, high = _TISSUE[0] - 0.1, _TISSUE[1] + 0.1
    tissue = values[(values > low) & (values < high)]
    if not tissue.size:
        return 0.5
    counts, edges = np.histogram(tissue, _BINS, (low, high))
    smooth = ndimage.gaussian_filter1d(counts.astype(np.float64), 1.5)
    middle = int(smooth.argmax())
    return float((tissue > (edges[middle] + edges[middle + 1]) / 2).mean())
