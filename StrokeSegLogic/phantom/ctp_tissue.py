"""What blood, tissue and bone are to CT perfusion: textbook values, and where the large vessels run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .anatomy import Tissue

CBF_OF = {Tissue.WHITE: 25, Tissue.GREY: 60, Tissue.DEEP_GREY: 55, Tissue.CSF: 1, Tissue.HYPERINTENSITY: 17}
"""ml/100 g/min."""
CBV_OF = {Tissue.WHITE: 2.0, Tissue.GREY: 4.0, Tissue.DEEP_GREY: 3.7, Tissue.CSF: 0.1, Tissue.HYPERINTENSITY: 1.6}
"""ml/100 g."""
HU_OF = {
    Tissue.WHITE: 29, Tissue.GREY: 38, Tissue.DEEP_GREY: 37, Tissue.CSF: 6, Tissue.HYPERINTENSITY: 24,
    Tissue.BONE: 1100, Tissue.FAT: -90, Tissue.MUSCLE: 55, Tissue.AIR: -1000,
}  # fmt: skip
"""On a scan without contrast."""
AROUND = (Tissue.BONE, Tissue.FAT, Tissue.MUSCLE, Tissue.AIR)
ARTERIES = (
    [(6, -2, -18, 2.6), (14, -4, -12, 2.4), (30, -2, -8, 2.1), (41, 4, 1, 1.8)],
    [(2, -12, -8, 1.8), (2, -34, 10, 1.6), (2, -20, 34, 1.5)],
)
VEINS = ([(0, -52, 40, 3), (0, -20, 64, 3.2), (0, 20, 70, 3.6), (0, 70, 52, 4), (0, 92, 20, 4)],)
"""Ways of arteries and veins: (x, y, z, radius) of their joints, mm, mirrored head frame."""


def tissue_row(table: Mapping[Tissue, float]) -> np.ndarray:
    return np.array([table.get(tissue, 0) for tissue in Tissue], np.float32)
