"""What tissues look like: named contrasts, and any other.

The levels are ours: they bracket what textbooks and the open volumes at hand show, relative to white matter's 1. A
network that is to find the brain whatever the contrast is shown mostly heads whose levels are drawn without any such
knowledge, as SynthStrip does (Hoopes et al., NeuroImage 2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .label_maps import Tissue

_T = Tissue

NAMED: dict[str, dict[Tissue, float]] = {
    "T1": {
        _T.WHITE_MATTER: 1.0, _T.GREY_MATTER: 0.72, _T.DEEP_GREY_MATTER: 0.82, _T.CSF: 0.28, _T.AIR: 0.02, _T.EYE: 0.3,
        _T.FAT: 1.2, _T.MUSCLE: 0.6, _T.MUCOSA: 0.65, _T.SKIN: 0.9, _T.SPINAL_CORD: 0.85, _T.VEIN: 0.5,
        _T.CORTICAL_BONE: 0.12, _T.CANCELLOUS_BONE: 0.8,
    },
    "T2": {
        _T.WHITE_MATTER: 1.0, _T.GREY_MATTER: 1.35, _T.DEEP_GREY_MATTER: 1.1, _T.CSF: 2.8, _T.AIR: 0.02, _T.EYE: 2.9,
        _T.FAT: 1.4, _T.MUSCLE: 0.6, _T.MUCOSA: 1.9, _T.SKIN: 1.0, _T.SPINAL_CORD: 1.1, _T.VEIN: 0.4,
        _T.CORTICAL_BONE: 0.15, _T.CANCELLOUS_BONE: 1.0,
    },
    "FLAIR": {
        _T.WHITE_MATTER: 1.0, _T.GREY_MATTER: 1.25, _T.DEEP_GREY_MATTER: 1.1, _T.CSF: 0.3, _T.AIR: 0.02, _T.EYE: 0.4,
        _T.FAT: 1.3, _T.MUSCLE: 0.65, _T.MUCOSA: 1.7, _T.SKIN: 1.0, _T.SPINAL_CORD: 1.0, _T.VEIN: 0.4,
        _T.CORTICAL_BONE: 0.12, _T.CANCELLOUS_BONE: 0.9,
    },
    "DWI": {
        _T.WHITE_MATTER: 1.0, _T.GREY_MATTER: 1.15, _T.DEEP_GREY_MATTER: 1.0, _T.CSF: 0.3, _T.AIR: 0.03, _T.EYE: 0.3,
        _T.FAT: 0.25, _T.MUSCLE: 0.3, _T.MUCOSA: 0.6, _T.SKIN: 0.3, _T.SPINAL_CORD: 1.1, _T.VEIN: 0.15,
        _T.CORTICAL_BONE: 0.05, _T.CANCELLOUS_BONE: 0.15,
    },
    "b0": {
        _T.WHITE_MATTER: 1.0, _T.GREY_MATTER: 1.3, _T.DEEP_GREY_MATTER: 1.05, _T.CSF: 3.0, _T.AIR: 0.03, _T.EYE: 2.8,
        _T.FAT: 0.3, _T.MUSCLE: 0.5, _T.MUCOSA: 1.2, _T.SKIN: 0.4, _T.SPINAL_CORD: 1.1, _T.VEIN: 0.3,
        _T.CORTICAL_BONE: 0.08, _T.CANCELLOUS_BONE: 0.2,
    },
    "ADC": {
        _T.WHITE_MATTER: 1.0, _T.GREY_MATTER: 1.15, _T.DEEP_GREY_MATTER: 1.0, _T.CSF: 3.6, _T.AIR: 0.4, _T.EYE: 3.4,
        _T.FAT: 0.3, _T.MUSCLE: 1.7, _T.MUCOSA: 1.9, _T.SKIN: 0.8, _T.SPINAL_CORD: 1.1, _T.VEIN: 1.2,
        _T.CORTICAL_BONE: 0.3, _T.CANCELLOUS_BONE: 0.4,
    },
    "CT": {
        _T.WHITE_MATTER: 1.0, _T.GREY_MATTER: 1.008, _T.DEEP_GREY_MATTER: 1.007, _T.CSF: 0.978, _T.AIR: 0.0,
        _T.EYE: 0.98, _T.FAT: 0.89, _T.MUSCLE: 1.025, _T.MUCOSA: 1.01, _T.SKIN: 1.02, _T.SPINAL_CORD: 1.0,
        _T.VEIN: 1.03, _T.CORTICAL_BONE: 2.0, _T.CANCELLOUS_BONE: 1.4,
    },
}  # fmt: skip
"""Level of each tissue, white matter's being 1. CT: (HU + 1000) / 1030, see `hounsfield`."""


HU_OF_LEVEL = 1030
"""Between air and white matter."""


def hounsfield(level: np.ndarray) -> np.ndarray:
    """HU of levels of a CT: 0 is air, 1 white matter."""
    return HU_OF_LEVEL * level - 1000


@dataclass(frozen=True)
class Contrast:
    """How a head is painted.

    Attributes:
        name: one of `NAMED`, or "any".
        level: of each tissue, float32 (tissues,).
        texture: standard deviation inside each tissue, float32 (tissues,).
    """

    name: str
    level: np.ndarray
    texture: np.ndarray


def draw_contrast(random: np.random.Generator, name: str = "", *, any_share: float = 0.5) -> Contrast:
    """A contrast; each tissue's level moves by up to a fifth, that of a contrast called "any" is anything.

    Args:
        random: of the draw.
        name: of the contrast; drawn if "".
        any_share: how often "any" is drawn.
    """
    names = list(NAMED)
    if not name:
        name = "any" if random.random() < any_share else names[random.integers(len(names))]
    if name == "any":
        level = random.uniform(0.0, 1.0, len(Tissue))
        # Air has no signal on nearly every image; elsewhere nothing is taken for granted.
        level[Tissue.AIR] = random.uniform(0.0, 0.1) if random.random() < 0.85 else random.uniform(0.0, 0.5)
        texture = random.uniform(0.0, 0.12, len(Tissue))
        return Contrast(name, level.astype(np.float32), texture.astype(np.float32))
    level = np.array([NAMED[name][tissue] for tissue in Tissue])
    # On CT a fifth would be 200 HU.
    spread = 0.005 if name == "CT" else 0.2
    level = level * random.uniform(1 - spread, 1 + spread, len(Tissue))
    texture = random.uniform(0.0, 0.004 if name == "CT" else 0.08, len(Tissue)) * np.maximum(level, 0.1)
    return Contrast(name, level.astype(np.float32), texture.astype(np.float32))
