"""Whether voxel values are in the units that an image name promises.

Ranges are wide on purpose: they are to catch factors of ten and more, not unusual patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class _Range:
    """What brain looks like in the right unit, and what values above or below it are likely to be.

    The percentile `percent` of the voxels that are not 0 has to lie between `low` and `high`.
    """

    unit: str
    percent: float
    low: float
    high: float
    above: str
    below: str
    far_above: tuple[float, str] | None = None


# Delays in acute stroke reach 20 s or so; 4 to 6 s of MTT and some 20 s of TTP are healthy.
_RANGES = {
    "TMAX": _Range("s", 99, 0.2, 60, "tenths of a second", "minutes or a normalised map", (1000, "milliseconds")),
    "MTT": _Range("s", 99, 1, 60, "tenths of a second", "minutes or a normalised map", (1000, "milliseconds")),
    "TTP": _Range("s", 50, 2, 90, "tenths of a second", "minutes or a normalised map", (1000, "milliseconds")),
    "CBF": _Range("ml/100 g/min", 75, 4, 400, "a scaled or colour-coded map", "ml/g/min, ml/100 g/s or a ratio"),
    "CBV": _Range("ml/100 g", 75, 0.3, 40, "ml/1000 g or a scaled map", "ml/g or a ratio"),
}
_NEGATIVE_PART = 0.01
_BYTE = 255
_ADC_SCALES = ((1e-6, "1e-6 mm²/s"), (1e-3, "1e-3 mm²/s"), (1.0, "mm²/s"))
_BRAIN_ADC = (2e-4, 2e-3)
"""Median of brain in mm²/s; about 8e-4 (Helenius et al., AJNR 2002)."""


def doubts(name: str, voxels: np.ndarray) -> list[str]:
    """Sentences on values that do not fit an image's name.

    Args:
        name: of the image.
        voxels: any shape; in the file's units.
    """
    shown = voxels[voxels != 0]
    if not shown.size:
        return []
    if name in ("CT", "MIP"):
        return _hounsfield(name, shown)
    if name not in _RANGES:
        return []
    found = []
    one = _RANGES[name]
    negative = float((shown < 0).mean())
    if negative > _NEGATIVE_PART:
        found.append(f"{negative:.0%} of its voxels that are not 0 are negative, which {name} cannot be")
    value = float(np.percentile(shown, one.percent))
    if voxels.max() == _BYTE and voxels.min() >= 0 and bool((shown == np.round(shown)).all()):
        found.append(f"whole numbers up to 255: a picture of {name}, not {name} in {one.unit}")
    elif value > one.high:
        guess = one.far_above[1] if one.far_above and value > one.far_above[0] else one.above
        found.append(f"values of {value:.4g} (percentile {one.percent:g}) are too high for {one.unit}: perhaps {guess}")
    elif value < one.low:
        found.append(
            f"values of {value:.4g} (percentile {one.percent:g}) are too low for {one.unit}: perhaps {one.below}"
        )
    return found


def adc_unit(voxels: np.ndarray) -> str | None:
    """The unit that puts the brain's median ADC where it belongs, or None if no usual one does."""
    shown = voxels[voxels > 0]
    if not shown.size:
        return None
    # Air of unstripped maps is mostly near 0: the upper half is brain.
    middle = float(np.median(shown[shown >= np.median(shown) / 10]))
    return next((unit for scale, unit in _ADC_SCALES if _BRAIN_ADC[0] < middle * scale < _BRAIN_ADC[1]), None)


def _hounsfield(name: str, shown: np.ndarray) -> list[str]:
    high = float(np.percentile(shown, 75))
    if shown.min() > -200 and high > 500:
        return [f"no air below -200 and three quarters up to {high:.4g}: perhaps {name} with 1024 added to the HU"]
    if shown.max() <= 2:
        return [f"no value above 2: {name} in HU it is not, perhaps a normalised map"]
    return []
