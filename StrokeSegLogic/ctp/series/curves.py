"""Curves out of a series: of the brain's voxels, smoothed, and of the voxels that may be vessels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import SimpleITK as sitk

from ...base.progress import Progress
from ...space.grid import bounding_box, box_slices
from ...space.masks import grown
from ...space.smoothing import gaussian_in_slices
from .arteries import seen_baseline
from .bolus import Passage
from .time_series import Series

_CANDIDATES = 6000
_AROUND_MM = 6.0
"""The great sinuses lie outside of a tight brain mask."""
PLAIN_BLOOD_HU = (-10.0, 120.0)
"""Before contrast: blood has 30 to 60, less beside fluid, and noise; below is air or fat, above bone or metal."""
METAL_HU, _FROM_METAL_MM = 2500.0, 6.0
"""Around clips and coils streaks change from frame to frame by more than any bolus."""
_BONE_HU, _FROM_BONE_MM = 200.0, 3.0
"""Where the head moved, what lies beside bone changes by hundreds of HU even after correction: never a vessel."""
_DISTURBED_HU, _BRIGHTEST_HU = 6.0, 30.0
_TISSUE_HU = (-50.0, 150.0)
_RIM_MM = 6.0
"""Here the least motion lets bone in, whose hundreds of HU would drown the bolus in the brain's mean."""


def mean_frame(series: Series, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """Mean and maximum over time (z, y, x), float32, HU."""
    total = np.zeros(series.grid.shape, np.float32)
    highest = np.full(series.grid.shape, -np.inf, np.float32)
    for number, frame in enumerate(series.frames()):
        progress(number / len(series), "mean over time")
        total += frame
        np.maximum(highest, frame, out=highest)
    return total / np.float32(len(series)), highest


def enhancement(
    series: Series,
    brain: np.ndarray,
    sigma_mm: float,
    read: Callable[[np.ndarray, np.ndarray, float], Passage],
    progress: Progress,
) -> tuple[Passage, np.ndarray, np.ndarray]:
    """The bolus' passage, enhancement of the brain's voxels (T, N) in HU, smoothed, and the plain frame (z, y, x).

    Smoothing is a Gaussian within the slice that takes values from the brain alone, so that bone and air do not
    bleed in.

    Args:
        series: with still frames.
        brain: bool (z, y, x).
        sigma_mm: of the Gaussian; 0 for none.
        read: finds the passage from the brain's mean curve, times and its standard error.
        progress: asked before each frame.
    """
    box = box_slices(*bounding_box(brain))
    inside = brain[box]
    weight = inside.astype(np.float32)
    spacing = series.grid.spacing
    norm = np.maximum(gaussian_in_slices(weight, spacing, sigma_mm)[inside], 1e-3)
    curves = np.empty((len(series), int(inside.sum())), np.float32)
    means = np.empty(len(series))
    deep = interior(inside, spacing)
    for number, frame in enumerate(series.frames()):
        progress(number / len(series), "time curves")
        part = frame[box].astype(np.float32) * weight
        means[number] = np.clip(part[deep], *_TISSUE_HU).mean(dtype=float)
        curves[number] = gaussian_in_slices(part, spacing, sigma_mm)[inside] / norm
    found = read(means, series.times_s, _standard_error(curves))
    curves -= curves[: found.baseline].mean(axis=0)
    plain = np.zeros(series.grid.shape, np.float32)
    for number in range(found.baseline):
        plain += series.frame(number)
    return found, curves, plain / np.float32(found.baseline)


def vessel_candidates(
    series: Series, brain: np.ndarray, mip: np.ndarray, plain: np.ndarray, baseline: int, moved: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Curves (T, N) and indices (N, 3) of the voxels in and near the brain that enhance most: no air, bone or metal.

    A curve is the mean of the voxel and its neighbours in the slice within 0.7 mm: noise falls, and a small artery is
    not lost. Where the head `moved`, voxels beside bone are left out.
    """
    spacing = series.grid.spacing
    near = grown(brain, [round(_AROUND_MM / s) for s in spacing[:2]] + [0]) & may_hold_blood(plain, series)
    if moved:
        near &= ~beside_bone(plain, spacing, _FROM_BONE_MM)
    seen = seen_baseline(baseline)
    before = np.mean([series.frame(k) for k in range(baseline)[seen]], axis=0, dtype=np.float32)
    rise = gaussian_in_slices(mip - before, spacing, 0.5)
    places = np.flatnonzero(near)
    count = min(_CANDIDATES, len(places))
    values = rise.reshape(-1)[places]
    places = places[np.argpartition(-values, count - 1)[:count]]
    z, y, x = np.unravel_index(np.sort(places), brain.shape)
    reach_y, reach_x = int(0.7 / spacing[1]), int(0.7 / spacing[0])
    dy, dx = np.mgrid[-reach_y : reach_y + 1, -reach_x : reach_x + 1].reshape(2, 1, -1)
    rows = np.clip(y[:, None] + dy, 0, brain.shape[1] - 1)
    columns = np.clip(x[:, None] + dx, 0, brain.shape[2] - 1)
    curves = np.stack([frame[z[:, None], rows, columns].mean(axis=1, dtype=float) for frame in series.frames()])
    return curves - curves[seen].mean(axis=0), np.stack([z, y, x], axis=1)


def may_hold_blood(plain: np.ndarray, series: Series) -> np.ndarray:
    """Bool (z, y, x): what has the density of blood in the plain frame (z, y, x), HU, away from metal and from what is
    padding in some frames."""
    low, high = PLAIN_BLOOD_HU
    found = (plain > low) & (plain < high)
    metal = plain > METAL_HU
    if metal.any():
        found &= ~grown(metal, [int(np.ceil(_FROM_METAL_MM / s)) for s in series.grid.spacing[:2]] + [0])
    return found if series.torn is None else found & ~series.torn


def beside_bone(plain: np.ndarray, spacing: tuple[float, ...], reach_mm: float) -> np.ndarray:
    """Bool (z, y, x): bone, what lies within that distance of it in the slice, and the same in the slices beside."""
    return grown(plain > _BONE_HU, [int(np.ceil(reach_mm / s)) for s in spacing[:2]] + [1])


def disturbed(curves: np.ndarray, plain: np.ndarray, brain: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """Which of the brain's voxels (N,) show bone that moved: beside bone, with a curve (T, N) that no bolus has.

    Such a curve falls far below zero, rises and stays, or rises as only great vessels do. Interpolation
    between thick slices cannot undo what motion did there.
    """
    noise = float(np.median(np.abs(np.diff(curves[:, :: max(curves.shape[1] // 5000, 1)], axis=0)))) / 0.954
    limit = max(_DISTURBED_HU, 5 * noise)
    left = curves[-3:].mean(axis=0)
    highest = curves.max(axis=0)
    odd = (curves.min(axis=0) < -limit) | (highest > _BRIGHTEST_HU) | (left > np.maximum(limit, 0.4 * highest))
    return odd & beside_bone(plain, spacing, _RIM_MM)[brain]


def interior(brain: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """The brain without its rim, and without slices that end it; all of it where nothing would be left."""
    radius = [round(_RIM_MM / spacing[0]), round(_RIM_MM / spacing[1]), min(round(_RIM_MM / spacing[2]), 1)]
    image = sitk.GetImageFromArray(brain.astype(np.uint8))
    left = sitk.GetArrayFromImage(sitk.BinaryErode(image, radius, sitk.sitkBall, 0, 1)).astype(bool)
    return left if left.any() else brain


def _standard_error(curves: np.ndarray) -> float:
    """Of the brain's mean in one frame, from the voxels' frame-to-frame change; smoothed voxels count as few."""
    some = curves[:, :: max(curves.shape[1] // 5000, 1)]
    noise = float(np.median(np.abs(np.diff(some, axis=0)))) / 0.954
    return noise / max(np.sqrt(curves.shape[1] / 100), 1)
