"""Deconvolution of tissue curves by the arterial curve: block-circulant SVD, insensitive to delay.

Wu et al., Magn Reson Med 2003, 50:164. Both curves are padded with zeros to twice their length, so that the matrix of
the arterial curve is circulant and a tissue that is ahead of the artery costs nothing. Small singular values are cut
off: at one fraction of the largest for all voxels, or for each voxel just so far that its residue function oscillates
no more than a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from ...base.progress import Progress
from ...base.settings import HEMATOCRIT
from .lateness import Lateness, kept_frequencies
from .parallel import in_parallel

if TYPE_CHECKING:
    import torch

HEMATOCRIT_SMALL = 0.25
"""Usual in capillaries, which carry fewer cells than arteries; contrast agent fills plasma alone (Rempp et al.,
Radiology 1994)."""


def hematocrit_factor(hematocrit: float) -> float:
    """Plasma in a volume of arterial blood over that in capillaries, whose hematocrit keeps its usual part of it."""
    return (1 - hematocrit) / (1 - hematocrit * HEMATOCRIT_SMALL / HEMATOCRIT)


KAPPA = hematocrit_factor(HEMATOCRIT)
"""0.733; k_H in Fieselmann et al., Int J Biomed Imaging 2011, 467563."""
BRAIN_DENSITY_G_ML = 1.04
"""As in the same two sources; others take 1.05, which lowers CBF and CBV by 1 %."""
PER_100_G = 100.0 * KAPPA / BRAIN_DENSITY_G_ML
"""From the ratio of areas, tissue over artery, to CBV in ml/100 g."""
PER_100_G_MIN = 60.0 * PER_100_G
"""From the residue function's height in 1/s to CBF in ml/100 g/min."""
_SMALLEST = 0.01
"""Singular values below this part of the largest are noise in any study, and the ladder starts here."""
_VOXELS = 4096
"""Worked on at once by one thread: a few megabytes, and milliseconds between two looks at the cancel token."""
_AHEAD_S, _BEHIND_S = 5.0, 30.0
"""A residue function is looked at from this long before the artery to this long after it; the rest is noise."""


@dataclass(frozen=True)
class DeconvolutionSpec:
    """How to regularise.

    Attributes:
        oscillation: limit of the oscillation index; 0.035 is that of the source. None: one truncation for all.
        truncation: part of the largest singular value below which all are cut, where `oscillation` is None; 0.1 is
            the source's for a circulant matrix.
        step_s: even time grid that curves are interpolated on.
        prompt: whether Tmax is freed of the time by which truncation makes it late (see `lateness`). Without, it is
            the plain place of the peak, as the source and most software have it.
    """

    oscillation: float | None = 0.035
    truncation: float = 0.1
    step_s: float = 1.0
    prompt: bool = True

    def __post_init__(self) -> None:
        if self.step_s <= 0 or not 0 <= self.truncation < 1 or (self.oscillation is not None and self.oscillation <= 0):
            raise ValueError("step_s and oscillation must be above 0, truncation in [0, 1)")


@dataclass(frozen=True)
class Flow:
    """What the residue functions of N voxels say.

    Attributes:
        height: (N,) the highest value, 1/s.
        area: (N,) integral, the ratio of the tissue's to the artery's area.
        tmax_s: (N,) when it is highest, less the lateness of what was cut, not below 0.
        ttp_s: (N,) when the fitted tissue curve is highest, since the first frame.
        kept: (N,) number of singular values used.
    """

    height: np.ndarray
    area: np.ndarray
    tmax_s: np.ndarray
    ttp_s: np.ndarray
    kept: np.ndarray


def even_times(times_s: np.ndarray, step_s: float) -> np.ndarray:
    """Even times from the first frame to the last."""
    return np.asarray(times_s[0] + step_s * np.arange(int((times_s[-1] - times_s[0]) / step_s + 1e-6) + 1))


def interpolation(times_s: np.ndarray, wanted_s: np.ndarray) -> np.ndarray:
    """The matrix (W, T) that interpolates curves linearly from times (T,) to others (W,)."""
    return np.stack([np.interp(wanted_s, times_s, unit) for unit in np.eye(len(times_s))], axis=1)


def circulant(aif: np.ndarray, step_s: float) -> np.ndarray:
    """The block-circulant matrix (2W, 2W) of an even arterial curve (W,)."""
    return np.asarray(step_s * linalg.circulant(np.concatenate([aif, np.zeros_like(aif)])))


def ladder(matrix: np.ndarray, spec: DeconvolutionSpec) -> tuple[list[np.ndarray], list[int]]:
    """Regularised inverses, the least truncated first, and how many singular values each keeps.

    Equal singular values, which come in pairs here, are kept or cut together.
    """
    left, values, right = np.linalg.svd(matrix)
    relative = values / values[0]
    lowest = spec.truncation if spec.oscillation is None else _SMALLEST
    counts = [n for n in range(1, len(values) + 1) if n == len(values) or relative[n] < relative[n - 1] - 1e-9]
    counts = [n for n in counts if relative[n - 1] >= lowest]
    if spec.oscillation is None:
        counts = counts[-1:]
    inverses = [(right[:n].T / values[:n]) @ left[:, :n].T for n in reversed(counts)]
    return inverses, counts[::-1]


def oscillation_index(residue: np.ndarray) -> np.ndarray:
    """(N,) of residue functions (N, L): mean absolute second difference over the highest value, as in the source."""
    second = np.abs(np.diff(residue, 2, axis=1)).sum(axis=1)
    return second / (residue.shape[1] * residue.max(axis=1))


def deconvolve(
    curves: np.ndarray,
    aif: np.ndarray,
    times_s: np.ndarray,
    spec: DeconvolutionSpec | None = None,
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
) -> Flow:
    """Deconvolves the curves of many voxels by one arterial curve.

    Args:
        curves: (T, N) enhancement, HU, float32.
        aif: (T,) enhancement of arterial blood, HU.
        times_s: (T,), rising.
        spec: how to regularise.
        device: torch's.
        progress: asked between groups of some thousand voxels.
    """
    import torch

    spec = spec or DeconvolutionSpec()
    progress = progress or Progress()
    even = even_times(times_s, spec.step_s)
    to_even = interpolation(times_s, even)
    matrix = circulant(to_even @ aif, spec.step_s)
    inverses, counts = ladder(matrix, spec)
    late = [Lateness(kept_frequencies(matrix[:, 0], count), spec.step_s) for count in counts] if spec.prompt else []
    size, length = curves.shape[1], len(matrix)
    padded = np.concatenate([to_even, np.zeros_like(to_even)])
    # From curves at the frames to residue functions, and to their second differences: one product each.
    steps = [torch.tensor((inverse @ padded).T, dtype=torch.float32, device=device) for inverse in inverses]
    bends = [step[:, 2:] - 2 * step[:, 1:-1] + step[:, :-2] for step in steps]
    forward = torch.tensor(matrix[: len(even)].T, dtype=torch.float32, device=device)
    ahead = round(_AHEAD_S / spec.step_s)
    window = _window(length, spec.step_s, device)
    kept_by_level = torch.tensor(counts, dtype=torch.float32, device=device)
    found = np.empty((5, size), np.float32)

    def work(start: int) -> None:
        part = slice(start, min(start + _VOXELS, size))
        with torch.inference_mode():
            block = torch.from_numpy(np.ascontiguousarray(curves[:, part].T, np.float32)).to(device)
            level = torch.zeros(len(block), dtype=torch.long, device=device)
            if spec.oscillation is not None:
                _least_truncation(block, steps, bends, spec.oscillation, level)
            residue = torch.empty((len(block), length), device=device)
            used = torch.unique(level).tolist()
            for number in used:
                those = level == number
                residue[those] = block[those] @ steps[number]
            height, place = _peak(residue[:, window])
            _, ttp = _peak(residue @ forward)
            tmax = (place - ahead) * spec.step_s
            values = [height, residue.sum(1) * spec.step_s, tmax, ttp * spec.step_s, kept_by_level[level]]
            answer, level_of = torch.stack(values).cpu().numpy(), level.cpu().numpy()
        for number in used if late else ():
            those = level_of == number
            answer[2, those] -= late[number].of(answer[0, those], answer[1, those])
        np.maximum(answer[2], 0, out=answer[2])
        found[:, part] = answer

    in_parallel(work, range(0, size, _VOXELS), str(device).startswith("cpu"), "deconvolution", progress)
    return Flow(*found)


def _least_truncation(
    block: torch.Tensor,
    steps: list[torch.Tensor],
    bends: list[torch.Tensor],
    limit: float,
    level: torch.Tensor,
) -> None:
    """Sets each voxel's level: the first rung of the ladder whose residue function is calm, found by halving.

    The source climbs rung by rung. Oscillation falls with truncation but for rare exceptions, and halving takes six
    looks where climbing takes forty.
    """
    import torch

    length = steps[0].shape[1]

    def search(voxels: torch.Tensor, low: int, high: int) -> None:
        if low == high or not len(voxels):
            level[voxels] = low
            return
        middle = (low + high) // 2
        curves = block[voxels]
        bound = limit * length * (curves @ steps[middle]).amax(1)
        calm = torch.linalg.vector_norm(curves @ bends[middle], 1, dim=1) <= bound
        search(voxels[calm], low, middle)
        search(voxels[~calm], middle + 1, high)

    search(torch.arange(len(block), device=block.device), 0, len(steps) - 1)


def _window(length: int, step_s: float, device: torch.device | str) -> torch.Tensor:
    """Indices of the lags that are looked at, the earliest first."""
    import torch

    behind = min(round(_BEHIND_S / step_s), length // 2 - 1)
    return torch.arange(-round(_AHEAD_S / step_s), behind + 1, device=device) % length


def _peak(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Height (N,) and place (N,) of the highest sample of (N, L); the place between samples, by a parabola."""
    height, place = values.max(1)
    around = [(place + d).clamp(0, values.shape[1] - 1) for d in (-1, 1)]
    before, after = (values.gather(1, at[:, None])[:, 0] for at in around)
    bend = (before - 2 * height + after).clamp(max=-1e-12)
    inner = (place > 0) & (place < values.shape[1] - 1)
    shift = (0.5 * (before - after) / bend).clamp(-0.5, 0.5)
    return height, place + shift.where(inner, shift.new_zeros(()))
