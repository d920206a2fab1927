"""Noise taken off the curves of a series before deconvolution: few components in time, like with like in space.

A bolus passes through thousands of voxels in a handful of ways, so the curves lie near a space of few dimensions: the
principal components that rise above the noise. What is left of a voxel's curve in that space is averaged with that of
its neighbours, the near more than the far and the similar more than others, so that grey matter is not mixed with
white nor tissue at risk with healthy tissue: a joint bilateral filter. Both ideas are old in perfusion CT: similarity
of whole curves is that of the TIPS filter (Mendrik et al., Phys Med Biol 2011, 56:3857); comparing components instead
of frames, and estimating both limits from the noise found in the series, is ours. Late tissue is given one component
that the noise hides (see `late_curves`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...base.progress import Progress
from ...space.grid import bounding_box, box_slices
from ...space.smoothing import gaussian_in_slices
from .blocks import block_sums, of_blocks, pixels_in_a_block
from .curves import interior
from .late_curves import are_late, late_component, middles
from .parallel import in_parallel
from .time_series import Series

if TYPE_CHECKING:
    import torch

_PIXEL_MM = 0.9
"""Pixels are averaged up to about this size: noise's own grain is no finer."""
_GUIDE_MM = 1.0
"""Sigma of the Gaussian that similarity is judged after."""
_FEWEST = 3
_SAMPLED = 60_000
_LEAST_SD = 0.05
_FAR = 2.0
"""Neighbours are looked at up to this many sigmas away."""
_CHUNK = 200_000


@dataclass(frozen=True)
class DenoisingSpec:
    """How much is taken for noise; all numbers are ours.

    Attributes:
        above_noise: components are kept whose variance is so many times the noise's. Of pure noise in 45 frames and
            900 independent curves, a brain's at that smoothing, the largest is 1.5 (Marchenko and Pastur).
        shared_mm: sigma of the Gaussian within slices after which components are found. With 2 mm, a deficit of 20 ml
            drowned in the noise and its curves were given the delay of the tissue around it.
        most: components are kept, the constant not counted.
        reach_mm: sigma of nearness, across slices too.
        guides: number of components, the constant first, by which neighbours are compared.
        similarity: sigma of similarity, in standard deviations of a guide's noise.
    """

    above_noise: float = 1.5
    shared_mm: float = 4.0
    most: int = 12
    reach_mm: float = 4.0
    guides: int = 3
    similarity: float = 3.0

    def __post_init__(self) -> None:
        above_zero = (self.above_noise, self.shared_mm, self.reach_mm, self.similarity)
        if min(above_zero) <= 0 or min(self.most, self.guides) < 1:
            raise ValueError("limits and sigmas must be above 0, counts at least 1")


def denoised(
    series: Series,
    brain: np.ndarray,
    curves: np.ndarray,
    baseline: int,
    spec: DenoisingSpec,
    device: torch.device | str,
    progress: Progress,
    artery: np.ndarray | None = None,
) -> int:
    """Fills `curves` (T, N) with the brain's enhancement, freed of noise.

    Args:
        series: with still frames; the raw values are taken from it.
        brain: bool (z, y, x), N voxels.
        curves: overwritten with enhancement, HU.
        baseline: number of frames before contrast.
        spec: how.
        device: torch's.
        progress: asked before each frame and each slice.
        artery: (T,) the arterial curve; with it late tissue has one component more (see `late_curves`).

    Returns:
        How many components were kept, neither the constant nor that of late tissue counted.
    """
    box = box_slices(*bounding_box(brain))
    inside = brain[box]
    factors = pixels_in_a_block(series.grid, _PIXEL_MM)
    x, y, z = series.grid.spacing
    spacing = (x * factors[1], y * factors[0], z)
    counts = block_sums(inside.astype(np.float32), factors)
    there = (counts > 0).astype(np.float32)
    deep = interior(counts > 0, spacing)
    norm = np.maximum(gaussian_in_slices(there, spacing, spec.shared_mm)[deep], 1e-3)
    frames = np.empty((len(series), *counts.shape), np.float32)
    shared = np.empty((len(series), int(deep.sum())), np.float32)
    for number, frame in enumerate(series.frames()):
        progress(0.4 * number / len(series), "components of the curves")
        sums = block_sums(np.where(inside, frame[box], 0).astype(np.float32), factors)
        np.divide(sums, np.maximum(counts, 1), out=frames[number])
        shared[number] = gaussian_in_slices(frames[number], spacing, spec.shared_mm)[deep] / norm
    basis, noise = components(shared, spec)
    common = basis.shape[1]
    if artery is not None:
        basis = np.concatenate([basis, late_component(artery, series.times_s, basis)], axis=1)
    weights = np.concatenate([basis, noise], axis=1).T.astype(np.float32)
    scores = np.tensordot(weights, frames, axes=1)
    del frames
    kept = basis.shape[1]
    guides = _guides(scores, there, min(spec.guides, common), kept, spacing)
    smooth = _bilateral(scores[:kept], guides / spec.similarity, there, spacing, spec, device, progress.span(0.4, 0.95))
    places = of_blocks(np.arange(counts.size).reshape(counts.shape), factors, inside.shape)[inside]
    flat = smooth.reshape(kept, -1)
    above = (basis - basis[:baseline].mean(axis=0)).astype(np.float32)
    middle_s = np.empty(len(places), np.float32)
    parts = [slice(start, start + _CHUNK) for start in range(0, len(places), _CHUNK)]
    for part in parts:
        progress(0.95, "components of the curves")
        curves[:, part] = above[:, :common] @ flat[:common, places[part]]
        middle_s[part] = middles(curves[:, part], series.times_s)
    if kept > common:
        late = are_late(middle_s)
        for part in parts:
            curves[:, part] += above[:, common:] @ (flat[common:, places[part]] * late[part])
    return common - 1


def components(curves: np.ndarray, spec: DenoisingSpec) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal columns (T, K) that signal lies in, the constant first, and two (T, 2) that hold noise alone.

    Args:
        curves: (T, N), HU, smoothed: what neighbours share then stands out.
        spec: how many.
    """
    some = curves[:, :: max(curves.shape[1] // _SAMPLED, 1)].astype(float)
    # Noise changes from frame to frame, the bolus hardly bends in three of them.
    variance = (np.median(np.abs(np.diff(some, 2, axis=0))) / 0.6745) ** 2 / 6
    centred = some - some.mean(axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T / some.shape[1])
    values, vectors = values[::-1], vectors[:, ::-1]
    # The last is the constant that was taken out; two are left for the noise.
    limit = len(values) - 3
    count = min(max(int((values > spec.above_noise * variance).sum()), _FEWEST), spec.most, limit)
    middle = min((count + len(values) - 1) // 2, limit)
    constant = np.full((len(values), 1), len(values) ** -0.5)
    return np.concatenate([constant, vectors[:, :count]], axis=1), vectors[:, middle : middle + 2]


def _guides(scores: np.ndarray, there: np.ndarray, count: int, kept: int, spacing: tuple[float, ...]) -> np.ndarray:
    """The first components (count, z, y, x), a little smoothed, in standard deviations of their noise."""
    norm = np.maximum(gaussian_in_slices(there, spacing, _GUIDE_MM), 1e-3)
    noise = np.stack([(gaussian_in_slices(array, spacing, _GUIDE_MM) / norm)[there > 0] for array in scores[kept:]])
    # All components have the same noise: they are orthonormal.
    sd = max(float(np.median(np.abs(noise - np.median(noise, axis=1, keepdims=True)))) / 0.6745, _LEAST_SD)
    return np.stack([gaussian_in_slices(array, spacing, _GUIDE_MM) / norm for array in scores[:count]]) / np.float32(sd)


def _bilateral(
    scores: np.ndarray,
    guides: np.ndarray,
    there: np.ndarray,
    spacing: tuple[float, ...],
    spec: DenoisingSpec,
    device: torch.device | str,
    progress: Progress,
) -> np.ndarray:
    """Scores (K, z, y, x) averaged over neighbours, by nearness and by similarity of guides in units of its sigma."""
    import torch

    x, y, z = spacing
    far = _FAR * spec.reach_mm
    reach = [int(far / step) for step in (z, y, x)]
    around = (reach[2], reach[2], reach[1], reach[1])
    with_weight = np.concatenate([scores, there[None]])
    values, alike = (
        torch.nn.functional.pad(torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(device), around)
        for array in (with_weight, guides / np.float32(np.sqrt(2 * len(guides))))
    )
    offsets = [
        (dz, dy, dx, near)
        for dz in range(-reach[0], reach[0] + 1)
        for dy in range(-reach[1], reach[1] + 1)
        for dx in range(-reach[2], reach[2] + 1)
        if (near := (dz * z) ** 2 + (dy * y) ** 2 + (dx * x) ** 2) <= far**2
    ]
    out = np.empty_like(scores)
    depth, height, width = there.shape

    def work(k: int) -> None:
        def cut(volume: torch.Tensor, dz: int, dy: int, dx: int) -> torch.Tensor:
            rows, columns = reach[1] + dy, reach[2] + dx
            return volume[:, k + dz, rows : rows + height, columns : columns + width]

        with torch.inference_mode():
            own = cut(alike, 0, 0, 0)
            total = torch.zeros((len(scores) + 1, height, width), device=device)
            for dz, dy, dx, near in offsets:
                if 0 <= k + dz < depth:
                    unlike = (cut(alike, dz, dy, dx) - own).square_().sum(0)
                    weight = unlike.add_(near / (2 * spec.reach_mm**2)).neg_().exp_()
                    total.addcmul_(weight, cut(values, dz, dy, dx))
            out[:, k] = (total[:-1] / total[-1].clamp(min=1e-6)).cpu().numpy()

    in_parallel(work, range(depth), str(device).startswith("cpu"), "noise reduction", progress)
    return out
