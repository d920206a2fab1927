"""Regions of a head with what MR makes of them: proton density, relaxation times and diffusion.

Brain at 3 T after Stanisz et al. (Magn Reson Med 2005, 54:507) and Wansapura et al. (J Magn Reson Imaging 1999, 9:531);
diffusion after Helenius et al. (AJNR 2002, 23:194): 0.70 in white, 0.75 in deep grey, 0.8 to 0.9 in cortical grey
matter; fluid at body temperature 3.0. T2 of fluid is what slices of some mm show of it. What lies outside of the skull
is ours, and so is how far every number strays from head to head (`draw_relaxation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from .label_maps import classes, head_files, read_labels


class Region(IntEnum):
    """What a head is made of, finer than `label_maps.Tissue`. What comes before FLUID is parenchyma."""

    WHITE_MATTER = 0
    CORTEX = 1
    CEREBELLAR_WHITE = 2
    CEREBELLAR_CORTEX = 3
    BRAIN_STEM = 4
    HIPPOCAMPUS = 5
    THALAMUS = 6
    STRIATUM = 7
    PALLIDUM = 8
    FLUID = 9
    VENTRICLE = 10
    PLEXUS = 11
    AIR = 12
    SINUS = 13
    EYE = 14
    FAT = 15
    MUSCLE = 16
    MUCOSA = 17
    SKIN = 18
    SPINAL_CORD = 19
    VEIN = 20
    CORTICAL_BONE = 21
    CANCELLOUS_BONE = 22


_R = Region
INSIDE_SKULL = _R.PLEXUS
"""The last region that lies inside the skull."""

_LABELS: dict[Region, tuple[int, ...]] = {
    # 25 and 57 are white matter beside the ventricles that FreeSurfer calls lesions.
    _R.WHITE_MATTER: (2, 41, 85, 25, 57),
    _R.CORTEX: (3, 42),
    _R.CEREBELLAR_WHITE: (7, 46),
    _R.CEREBELLAR_CORTEX: (8, 47),
    _R.BRAIN_STEM: (16, 28, 60),
    _R.HIPPOCAMPUS: (17, 53, 18, 54),
    _R.THALAMUS: (10, 49),
    _R.STRIATUM: (11, 50, 12, 51, 26, 58),
    _R.PALLIDUM: (13, 52),
    _R.FLUID: (24, 72),
    _R.VENTRICLE: (4, 43, 5, 44, 14, 15),
    # 136 to 164 lie on the ventricles' walls.
    _R.PLEXUS: (30, 62, 136, 137, 163, 164),
    _R.AIR: (0,),
    _R.SINUS: (502,),
    _R.EYE: (506,),
    _R.FAT: (507,),
    _R.MUSCLE: (508,),
    _R.MUCOSA: (509,),
    _R.SKIN: (511,),
    _R.SPINAL_CORD: (512, 530),
    _R.VEIN: (514,),
    _R.CORTICAL_BONE: (515,),
    _R.CANCELLOUS_BONE: (516,),
}

_TABLE: dict[Region, tuple[float, float, float, float]] = {
    _R.WHITE_MATTER: (0.70, 850, 72, 0.70),
    _R.CORTEX: (0.81, 1350, 84, 0.82),
    _R.CEREBELLAR_WHITE: (0.72, 900, 74, 0.68),
    _R.CEREBELLAR_CORTEX: (0.82, 1300, 84, 0.74),
    _R.BRAIN_STEM: (0.72, 950, 72, 0.71),
    _R.HIPPOCAMPUS: (0.82, 1350, 89, 0.83),
    _R.THALAMUS: (0.76, 1100, 73, 0.75),
    _R.STRIATUM: (0.80, 1250, 76, 0.73),
    _R.PALLIDUM: (0.72, 950, 56, 0.75),
    _R.FLUID: (1.00, 4200, 600, 3.0),
    _R.VENTRICLE: (1.00, 4300, 700, 3.1),
    _R.PLEXUS: (0.85, 1600, 115, 1.5),
    _R.AIR: (0.005, 1000, 50, 1.0),
    _R.SINUS: (0.005, 1000, 50, 1.0),
    _R.EYE: (1.00, 4000, 500, 2.8),
    _R.FAT: (0.90, 350, 68, 0.2),
    _R.MUSCLE: (0.75, 1400, 36, 1.4),
    _R.MUCOSA: (0.90, 1500, 85, 1.6),
    _R.SKIN: (0.60, 700, 40, 0.9),
    _R.SPINAL_CORD: (0.72, 950, 75, 0.8),
    _R.VEIN: (0.40, 1700, 45, 1.8),
    _R.CORTICAL_BONE: (0.08, 500, 25, 0.6),
    _R.CANCELLOUS_BONE: (0.45, 500, 50, 0.4),
}
"""Proton density (fluid's is 1), T1 in ms, T2 in ms, ADC in 10⁻³ mm²/s."""

FATTY = (_R.FAT, _R.CANCELLOUS_BONE, _R.SKIN)
"""What echo-planar images suppress."""


@dataclass(frozen=True)
class Relaxation:
    """What decides the signal, float32 arrays of one shape: of each region, or of each point.

    Attributes:
        density: of protons, fluid's is 1.
        t1, t2: ms.
        adc: 10⁻³ mm²/s.
        fat: part that echo-planar images suppress.
    """

    density: np.ndarray
    t1: np.ndarray
    t2: np.ndarray
    adc: np.ndarray
    fat: np.ndarray

    def at(self, regions: np.ndarray) -> Relaxation:
        """Of each point, where this is of each region."""
        return Relaxation(*(own[regions] for own in (self.density, self.t1, self.t2, self.adc, self.fat)))


def draw_relaxation(random: np.random.Generator) -> Relaxation:
    """Of each region, as a head has it: T1 falls with the field strength, all else strays."""
    table = np.array([_TABLE[region] for region in Region])
    spread = np.array([0.03, 0.08, 0.05, 0.05])
    table = table * np.exp(random.normal(0, spread, table.shape).clip(-2.5 * spread, 2.5 * spread))
    # Of 1.5 T, half of the heads, about three quarters of T1 at 3 T.
    table[:, 1] *= random.choice((0.75, 1.0))
    # Old brains: all T2 and ADC of parenchyma go up a little together.
    table[: _R.FLUID, 2:] *= np.exp(random.normal(0, 0.04, 2))
    fat = np.array([region in FATTY for region in Region], np.float32)
    density, t1, t2, adc = table.astype(np.float32).T
    return Relaxation(density, t1, t2, adc, fat)


def read_regions(folder: Path, subjects: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """`Region` of each voxel, uint8 (z, y, x) in working orientation, by subject; see `label_maps.read_heads`.

    Raises:
        InputError: if a file is missing, a subject unknown, or a label none of FreeSurfer's that are known here.
    """
    return {
        subject: classes(read_labels(path), _LABELS, path) for subject, path in head_files(folder, subjects).items()
    }
