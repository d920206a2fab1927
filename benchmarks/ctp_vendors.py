"""What vendors and noise do to perfusion maps in standard units: scales, offsets, 8 bits, a missing Tmax."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import SimpleITK as sitk

from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.training.simulated_perfusion.scanner import MAPS, Scanner, eight_bits

Images = dict[str, sitk.Image]
Change = Callable[[Mapping[str, sitk.Image], int], Images]
"""Images by name and a patient's number, which seeds what is random, to changed images."""
_NOISE = {"CBF": 8.0, "CBV": 0.7, "MTT": 1.0, "TTP": 1.0, "TMAX": 1.0}


def hardened(images: Mapping[str, sitk.Image], number: int) -> Images:
    """Scales, offsets and 8 bits of a vendor drawn for this patient, as for training patients; noise is not added."""
    scanner = Scanner.of(np.random.default_rng([number, 6]), vendors=True)
    arrays = {name: sitk.GetArrayFromImage(images[name]) for name in MAPS}
    changed = scanner.restored(arrays, arrays["CBF"] > 0)
    grid = Grid.of(images["CBF"])
    return dict(images) | {name: grid.image(values) for name, values in changed.items()}


def _changed(images: Mapping[str, sitk.Image], change: Callable[[str, np.ndarray, np.ndarray], np.ndarray]) -> Images:
    """Images with each map's values (not those outside the brain) changed by name."""
    brain = sitk.GetArrayFromImage(images["CBF"]) > 0
    grid, found = Grid.of(images["CBF"]), {}
    for name, image in images.items():
        values = sitk.GetArrayFromImage(image)
        kept = values if name in ("CT", "MIP") else np.where(values > 0, change(name, values, brain), values)
        found[name] = grid.image(kept.astype(np.float32))
    return found


def _factor(factor: float) -> Change:
    return lambda images, _: _changed(images, lambda name, v, b: v * factor if name in ("CBF", "CBV") else v)


def _late(seconds: float) -> Change:
    return lambda images, _: _changed(images, lambda name, v, b: v + seconds if name == "TMAX" else v)


def _eight_bits(images: Mapping[str, sitk.Image], _: int) -> Images:
    return _changed(images, lambda name, v, b: eight_bits(v, b, 97.0))


def _without_tmax(images: Mapping[str, sitk.Image], _: int) -> Images:
    """TTP less its 30th percentile stands in for Tmax, for thresholds as for networks."""

    def change(name: str, values: np.ndarray, brain: np.ndarray) -> np.ndarray:
        if name != "TMAX":
            return values
        ttp = sitk.GetArrayFromImage(images["TTP"])
        return np.where(ttp > 0, np.maximum(ttp - np.quantile(ttp[brain & (ttp > 0)], 0.3), 0), 0)

    return _changed(images, change)


def _noise(level: float) -> Change:
    def change(images: Mapping[str, sitk.Image], number: int) -> Images:
        random = np.random.default_rng([number, 5])
        return _changed(
            images,
            lambda name, v, b: np.maximum(v + level * _NOISE[name] * random.standard_normal(v.shape, np.float32), 0),
        )

    return change


CHANGES: dict[str, Change] = {
    "as they are": lambda images, _: dict(images),
    "CBF, CBV x 0.5": _factor(0.5),
    "CBF, CBV x 2": _factor(2.0),
    "Tmax + 2 s": _late(2.0),
    "8 bits, white at the 97th percentile": _eight_bits,
    "TTP for Tmax": _without_tmax,
    "noise of 8 ml/100 g/min, 0.7 ml/100 g, 1 s": _noise(1.0),
    "twice that noise": _noise(2.0),
}
"""What is put on the maps."""
