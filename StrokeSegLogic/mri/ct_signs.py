"""CT under the name of an MR sequence: numbers in HU, or a shell of bone, whatever window or offset they were given."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from ..space.grid import Grid, reorient

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
_RAYS, _STEP_MM, _REACH_MM = 72, 1.5, 120.0
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
    core = rays[..., : round(_CORE_MM / _STEP_MM)]
    inside, brightest = (float(value) for value in np.percentile(core, (50, 98)))
    outer = rays[..., round(_CORE_MM / _STEP_MM) :].reshape(-1, rays.shape[-1] - round(_CORE_MM / _STEP_MM))
    peak = outer.max(axis=1)
    rise = peak - inside
    edge = (outer > inside + rise[:, None] / 2).argmax(axis=1)
    near, far = (round(mm / _STEP_MM) for mm in _LAYER_MM)
    whole = rays.reshape(-1, rays.shape[-1])
    start = edge + round(_CORE_MM / _STEP_MM)
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
    far = np.arange(0, _REACH_MM, _STEP_MM)[None]
    place = [
        middle[0] + np.sin(angle) * far / spacing[1],
        middle[1] + np.cos(angle) * far / spacing[0],
    ]
    return ndimage.map_coordinates(section, place, order=1, mode="nearest")
