"""In which unit an ADC map is. Perfusion maps are looked at in `perfusion.map_units`."""

from __future__ import annotations

import numpy as np

_ADC_SCALES = ((1e-6, "1e-6 mm²/s"), (1e-3, "1e-3 mm²/s"), (1.0, "mm²/s"))
_BRAIN_ADC = (2e-4, 2e-3)
"""Median of brain in mm²/s; about 8e-4 (Helenius et al., AJNR 2002)."""


def adc_unit(voxels: np.ndarray) -> str | None:
    """The unit that puts the brain's median ADC where it belongs, or None if no usual one does."""
    shown = voxels[voxels > 0]
    if not shown.size:
        return None
    # Air of unstripped maps is mostly near 0: the upper half is brain.
    middle = float(np.median(shown[shown >= np.median(shown) / 10]))
    return next((unit for scale, unit in _ADC_SCALES if _BRAIN_ADC[0] < middle * scale < _BRAIN_ADC[1]), None)
