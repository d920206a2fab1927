"""Fluid in a series: as thin as water is, and contrast never arrives.

A curve of noise alone has a residue function, too: a small flow at a random time, which looks like a core. Density
alone does not tell fluid from an infarct: on one frame noise is as large as the difference. Over all frames it is not,
and an infarct, poor as its flow is, sees the bolus pass.
"""

from __future__ import annotations

import numpy as np

from ...base.progress import Progress
from ...space.grid import bounding_box, box_slices
from ...space.smoothing import gaussian_in_slices, gaussian_within
from .blocks import block_sums, of_blocks, pixels_in_a_block
from .late_curves import passages
from .time_series import Series

FLUID_HU = 18.0
"""Mean over time. Fluid has 0 to 15 HU, white matter 25 to 32, an infarct of some hours 5 to 10 less. Ours."""
_PIXEL_MM, _DENSITY_MM = 1.8, 1.0
_TOGETHER_MM = 4.0
"""Sigma of the Gaussian among voxels as thin as fluid: nothing of the tissue beside them is mixed in."""
_TRANSITS_S, _PROMPT_S, _LATE_S = (3.0, 6.0, 12.0), (0.0, 2.0), tuple(float(delay) for delay in range(4, 19, 2))
_STANDS_OUT, _NEIGHBOURS_MM = 3.0, 8.0
"""So many standard deviations of its noise a late passage has on average over a neighbourhood of voxels (sigma). Of
noise alone the most alike of these shapes has 1.4 in a voxel, and hardly ever more than 2.5 in a neighbourhood."""
_HARDLY = 0.1
"""A passage below this part of that in the whole brain is what scatter brings."""
_PARTLY = 0.5
"""Up to this part of it is what tissue brings that a voxel of fluid has at its edge; a vessel in fluid brings more."""


def fluid_of(
    series: Series, brain: np.ndarray, mean: np.ndarray, artery: np.ndarray, tissue: np.ndarray, progress: Progress
) -> np.ndarray:
    """Where there is fluid, bool (z, y, x): below 18 HU in the mean over time, and without a passage of contrast.

    Args:
        series: with still frames.
        brain: bool (z, y, x).
        mean: over time (z, y, x), HU.
        artery: (T,) its enhancement.
        tissue: (T,) mean enhancement of the brain.
        progress: asked before each frame.
    """
    box = box_slices(*bounding_box(brain))
    factors = pixels_in_a_block(series.grid, _PIXEL_MM)
    x, y, z = series.grid.spacing
    spacing = (x * factors[1], y * factors[0], z)
    inside = brain[box]
    counts = block_sums(inside.astype(np.float32), factors)
    there = (counts > 0).astype(np.float32)

    def pixels(volume: np.ndarray) -> np.ndarray:
        sums = block_sums(np.where(inside, volume[box], 0).astype(np.float32), factors)
        return np.asarray(sums / np.maximum(counts, 1))

    density = gaussian_in_slices(pixels(mean), spacing, _DENSITY_MM)
    density /= np.maximum(gaussian_in_slices(there, spacing, _DENSITY_MM), 1e-3)
    thin = (there > 0) & (density < FLUID_HU)
    found = np.zeros(brain.shape, bool)
    if not thin.any():
        return found
    weight = thin.astype(np.float32)
    norm = np.maximum(gaussian_in_slices(weight, spacing, _TOGETHER_MM)[thin], 1e-3)
    curves = np.empty((len(series), int(thin.sum())), np.float32)
    for number, frame in enumerate(series.frames()):
        progress(number / len(series), "fluid")
        curves[number] = gaussian_in_slices(pixels(frame) * weight, spacing, _TOGETHER_MM)[thin] / norm
    centred = curves - curves.mean(axis=0)
    prompt, late = (_most_alike(centred, artery, series.times_s, delays) for delays in (_PROMPT_S, _LATE_S))
    usual = float(_most_alike((tissue - tissue.mean())[:, None], artery, series.times_s, (*_PROMPT_S, *_LATE_S))[0])
    # Noise changes from frame to frame, a passage hardly bends in three of them.
    noise = np.median(np.abs(np.diff(curves, 2, axis=0)), axis=0) / 0.6745 / np.sqrt(6)
    noise = np.maximum(noise, _HARDLY * usual / _STANDS_OUT)
    # Of a voxel by itself noise hides the passage in many an infarct; hardly of all that lie together.
    late_score = np.zeros(thin.shape, np.float32)
    late_score[thin] = np.where(late > prompt, late / noise, 0)
    coarse = series.grid.about_centre((thin.shape[2], thin.shape[1], thin.shape[0]), spacing)
    nothing = thin & (gaussian_within(late_score, thin, coarse, _NEIGHBOURS_MM) < _STANDS_OUT)
    nothing[thin] &= prompt < np.maximum(_PARTLY * usual, 2 * _STANDS_OUT * noise)
    found[box] = of_blocks(nothing, factors, inside.shape) & inside
    return found


def _most_alike(curves: np.ndarray, artery: np.ndarray, times_s: np.ndarray, delays_s: tuple[float, ...]) -> np.ndarray:
    """How much of the passage that it is most alike each curve (T, N) of mean 0 has; HU times the root of frames."""
    shapes = passages(artery, times_s, _TRANSITS_S, delays_s)
    shapes -= shapes.mean(axis=0)
    shapes /= np.linalg.norm(shapes, axis=0)
    return np.asarray((shapes.T @ curves).max(axis=0))
