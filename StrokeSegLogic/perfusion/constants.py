"""Constants between enhancement in HU and blood in tissue."""

from __future__ import annotations

HAEMATOCRIT_LARGE = 0.45
HAEMATOCRIT_SMALL = 0.25
"""Contrast agent fills plasma alone; capillaries carry fewer cells than arteries (Rempp et al., Radiology 1994)."""
KAPPA = (1 - HAEMATOCRIT_LARGE) / (1 - HAEMATOCRIT_SMALL)
"""0.733; k_H in Fieselmann et al., Int J Biomed Imaging 2011, 467563."""
BRAIN_DENSITY_G_ML = 1.04
"""As in the same two sources; others take 1.05, which lowers CBF and CBV by 1 %."""
PER_100_G = 100.0 * KAPPA / BRAIN_DENSITY_G_ML
"""From the ratio of areas, tissue over artery, to CBV in ml/100 g."""
PER_100_G_MIN = 60.0 * PER_100_G
"""From the residue function's height in 1/s to CBF in ml/100 g/min."""
