"""What a scanner makes of tissue: signal of each sequence, and the physics of diffusion weighting."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..study.case import Role
from .anatomy import Tissue

B_VALUE = 1000.0
"""Diffusion weighting of the DWI, s/mm²."""

_SIGNAL: Mapping[Role, Mapping[Tissue, float]] = {
    # White above grey above fluid, as in MPRAGE; white 320, grey 235, fluid 60 in the open MS cases.
    Role.T1: {
        Tissue.WHITE: 320, Tissue.GREY: 232, Tissue.DEEP_GREY: 262, Tissue.CSF: 62, Tissue.HYPERINTENSITY: 262,
        Tissue.BONE: 25, Tissue.FAT: 480, Tissue.MUSCLE: 170, Tissue.AIR: 0,
    },
    # Turbo spin echo with TE of about 100 ms.
    Role.T2: {
        Tissue.WHITE: 235, Tissue.GREY: 305, Tissue.DEEP_GREY: 268, Tissue.CSF: 780, Tissue.HYPERINTENSITY: 400,
        Tissue.BONE: 30, Tissue.FAT: 420, Tissue.MUSCLE: 130, Tissue.AIR: 0,
    },
    Role.FLAIR: {
        Tissue.WHITE: 170, Tissue.GREY: 202, Tissue.DEEP_GREY: 184, Tissue.CSF: 34, Tissue.HYPERINTENSITY: 285,
        Tissue.BONE: 20, Tissue.FAT: 260, Tissue.MUSCLE: 95, Tissue.AIR: 0,
    },
}  # fmt: skip

_B0: Mapping[Tissue, float] = {
    # Echo-planar T2 contrast without diffusion weighting; fat is suppressed.
    Tissue.WHITE: 480, Tissue.GREY: 600, Tissue.DEEP_GREY: 520, Tissue.CSF: 1250, Tissue.HYPERINTENSITY: 660,
    Tissue.BONE: 15, Tissue.FAT: 60, Tissue.MUSCLE: 160, Tissue.AIR: 0,
}  # fmt: skip

_ADC: Mapping[Tissue, float] = {
    # 1e-6 mm²/s: brain about 800, fluid at 37 °C 3000 (Helenius et al., AJNR 2002).
    Tissue.WHITE: 760, Tissue.GREY: 840, Tissue.DEEP_GREY: 780, Tissue.CSF: 3000, Tissue.HYPERINTENSITY: 1000,
    Tissue.BONE: 300, Tissue.FAT: 100, Tissue.MUSCLE: 1300, Tissue.AIR: 0,
}  # fmt: skip

_LESION: Mapping[Role, float] = {Role.T1: 0.84, Role.T2: 1.45, Role.FLAIR: 1.55}
"""Signal of infarcted against healthy tissue at full severity, some hours to days old."""
_LESION_B0 = 1.42
_LESION_ADC = 0.53
"""To about 425e-6 mm²/s, well below the usual limit of 620e-6 (Purushotham et al., Int J Stroke 2015)."""

BRAIN_TISSUES = (Tissue.WHITE, Tissue.GREY, Tissue.DEEP_GREY, Tissue.HYPERINTENSITY)


def _row(table: Mapping[Tissue, float]) -> np.ndarray:
    return np.array([table[tissue] for tissue in Tissue], np.float32)


def _weighted(mixture: np.ndarray, row: np.ndarray, lesion: np.ndarray, factor: float) -> np.ndarray:
    """Signal (N,) of a mixture whose brain tissue is infarcted to the part `lesion` (N,)."""
    healthy = row.copy()
    brain = np.zeros_like(row)
    for tissue in BRAIN_TISSUES:
        brain[tissue] = row[tissue]
        healthy[tissue] = 0
    return healthy @ mixture + (brain @ mixture) * (1 + np.float32(factor - 1) * lesion)


def signal(role: Role, mixture: np.ndarray, lesion: np.ndarray) -> np.ndarray:
    """Noise-free signal (N,) of T1, T2 or FLAIR, arbitrary units.

    Args:
        role: T1, T2 or FLAIR.
        mixture: parts of each tissue (tissue, N).
        lesion: severity of the infarct, 0 to 1, (N,).
    """
    return _weighted(mixture, _row(_SIGNAL[role]), lesion, _LESION[role])


def diffusion(mixture: np.ndarray, lesion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Noise-free signal without and with diffusion weighting, both (N,), arbitrary units.

    Every tissue decays on its own, S = S0 exp(-b ADC), and the voxel sums them up: so partial volume acts on the
    ADC as it does in a scanner.
    """
    b0, adc = _row(_B0), _row(_ADC)
    plain = _weighted(mixture, b0, lesion, _LESION_B0)
    scale = np.float32(B_VALUE * 1e-6)
    attenuated = b0 * np.exp(-scale * adc)
    # One more factor for the infarct's slower decay, taken at the brain's mean ADC.
    infarct = _LESION_B0 * float(np.exp(scale * 800 * (1 - _LESION_ADC)))
    return plain, _weighted(mixture, attenuated, lesion, infarct)


def apparent_diffusion(b0: np.ndarray, dwi: np.ndarray, floor: float) -> np.ndarray:
    """ADC in 1e-6 mm²/s from the two signals, zero where b0 is below `floor` (air), within 0 to 4000."""
    ratio = np.maximum(dwi, 1) / np.maximum(b0, 1)
    adc = -np.log(ratio) / B_VALUE * 1e6
    return np.where(b0 >= floor, np.clip(adc, 0, 4000), 0)
