"""How bright fluid is against brain tissue, how tissue itself is spread, and whether bone shines: what tells MR
contrasts apart, and from CT, by voxels.

Fluid is found by where it is: the lateral and third ventricles lie beside the plane between the hemispheres, far from
the brain's surface. Hardly any infarct fills that place, and none makes fluid of it that is dark on DWI bright.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from ..space.grid import Grid, reorient
from ..space.resampling import field_of_view, resample, resample_mask
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
    covered = field_of_view(seen, grid)
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


# All limits are ours. They lie between what the open MR volumes and synthesised CT heads showed, looked at by hand.
_NEARLY_AIR_HU, _SOFT_HU, _BONE_LEAST_HU = -800.0, (0.0, 100.0), 300.0
_LEAST_AIR, _LEAST_SOFT = 0.1, 0.03
_LOOKED_AT = 200_000


def has_ct_numbers(image: sitk.Image) -> bool:
    """Whether a volume of a head is in HU: air, soft tissue and bone, each in its place.

    MR signal has no values far below 0; a phase image has, but not with most tissue between 0 and 100. CT that was
    windowed or shifted has a shell (`has_bone_shell`); CT that was skull-stripped is not told from MR here.
    """
    values = sitk.GetArrayViewFromImage(image).ravel()
    values = values[:: max(values.size // _LOOKED_AT, 1)]
    air = float((values < _NEARLY_AIR_HU).mean())
    soft = float(((values > _SOFT_HU[0]) & (values < _SOFT_HU[1])).mean())
    return air > _LEAST_AIR and soft > _LEAST_SOFT and float(values.max()) > _BONE_LEAST_HU


_BELOW_VERTEX_MM = (20.0, 80.0)
"""There the skull is a ring in every axial slice; above it is a cap, below it is full of holes."""
_LEAST_SECTION_CM2 = 30.0
_HELD = 85.0
"""Percentile."""
_RAYS, _RAY_STEP_MM, _REACH_MM = 72, 1.5, 120.0
_CORE_MM = 35.0
"""So far from a section's middle there is brain and its fluid."""
_LAYER_MM = (9.0, 3.0)
"""What lies so far inside of the shell: brain on CT, dark bone on MR, where fat is the shell."""
_BRIGHTER = 1.2
"""What bone rises by over what the brightest within rises by: on T2, b=0 and ADC fluid within is as bright as that
around the brain."""
_LEAST_RISE = 0.25
_LAYER = (0.5, 0.4)
"""Brain beside the shell is at least so bright, of the brain within, and has risen by less than this part of the way:
nearness to receive coils brightens by and by."""
MOST_SHELL = 0.5
"""Open MR volumes have up to 0.18, synthesised T1 up to 0.33, synthesised CT from 0.71 on."""


def has_bone_shell(image: sitk.Image) -> bool:
    """Whether a shell that is brighter than all within lies upon the brain, in more than half of all directions."""
    return bone_shell(image) > MOST_SHELL


def bone_shell(image: sitk.Image) -> float:
    """In which part of all directions a head has a shell of bone around its brain, as on CT of whatever window.

    In axial sections below the vertex, rays from the middle outwards: on CT they meet bone, brighter than anything
    within, upon brain. On MR bone is dark: bright fat has it inside of it, and bright fluid has its like in the
    ventricles. 0 where the volume shows no such sections.

    Args:
        image: 3-D, real, on any grid and in any unit.
    """
    upright = reorient(sitk.Cast(image, sitk.sitkFloat32))
    values = sitk.GetArrayFromImage(upright)
    dark, bright = (float(value) for value in np.percentile(values, (1.0, 99.9)))
    if not bright > dark:
        return 0.0
    values = (values.clip(dark, bright) - dark) / (bright - dark)
    sections = _sections(values, Grid.of(upright))
    if not sections:
        return 0.0
    rays = np.stack([_rays(values[z], middle, upright.GetSpacing()) for z, middle in sections])
    core = rays[..., : round(_CORE_MM / _RAY_STEP_MM)]
    inside, brightest = (float(value) for value in np.percentile(core, (50, 98)))
    outer = rays[..., round(_CORE_MM / _RAY_STEP_MM) :].reshape(-1, rays.shape[-1] - round(_CORE_MM / _RAY_STEP_MM))
    peak = outer.max(axis=1)
    rise = peak - inside
    edge = (outer > inside + rise[:, None] / 2).argmax(axis=1)
    near, far = (round(mm / _RAY_STEP_MM) for mm in _LAYER_MM)
    whole = rays.reshape(-1, rays.shape[-1])
    start = edge + round(_CORE_MM / _RAY_STEP_MM)
    layer = np.stack([whole[np.arange(len(whole)), start - back] for back in range(far, near + 1)]).mean(axis=0)
    shell = (rise > _BRIGHTER * (brightest - inside)) & (rise > _LEAST_RISE * inside)
    upon_brain = (layer > _LAYER[0] * inside) & (layer < inside + _LAYER[1] * rise)
    return float((shell & upon_brain).mean())


def _sections(values: np.ndarray, grid: Grid) -> list[tuple[int, np.ndarray]]:
    """Axial slices through the brain, each with the middle (y, x) of the head in it."""
    otsu = sitk.OtsuThresholdImageFilter()
    otsu.SetInsideValue(0)
    otsu.SetOutsideValue(1)
    # Fat is below air that was set to 0 on CT.
    contrast = np.abs(values - np.median(values[:, (0, -1)][:, :, (0, -1)]))
    # Else bone alone is split off where it is far above all soft tissue.
    held = sitk.GetImageFromArray(np.minimum(contrast, np.percentile(contrast, _HELD)))
    head = sitk.GetArrayFromImage(otsu.Execute(held)) > 0
    area = head.sum(axis=(1, 2)) * grid.spacing[0] * grid.spacing[1] / 100
    shown = np.flatnonzero(area > _LEAST_SECTION_CM2)
    if not shown.size:
        return []
    top, bottom = (int(shown[0] + mm / grid.spacing[2]) for mm in _BELOW_VERTEX_MM)
    return [(z, np.argwhere(head[z]).mean(axis=0)) for z in range(top, min(bottom, len(head))) if head[z].any()]


def _rays(section: np.ndarray, middle: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """Values along rays from the middle, float (rays, steps)."""
    angle = np.linspace(0, 2 * np.pi, _RAYS, endpoint=False)[:, None]
    far = np.arange(0, _REACH_MM, _RAY_STEP_MM)[None]
    place = [
        middle[0] + np.sin(angle) * far / spacing[1],
        middle[1] + np.cos(angle) * far / spacing[0],
    ]
    return ndimage.map_coordinates(section, place, order=1, mode="nearest")
