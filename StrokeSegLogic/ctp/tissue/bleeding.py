"""Whether a CT without contrast shows what may be blood: no route to core and penumbra can tell it from ischemia.

Textbook values: fresh blood has 50 to 90 HU, grey matter up to 45; calcification and contrast have as much as blood or
more. The limits of size are ours. It asks a reader to look and diagnoses nothing.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from ...space.grid import Grid
from ...space.masks import largest_part
from ...space.smoothing import discrete_gaussian

_BLOOD_HU = (50.0, 100.0)
_SMOOTH_MM = 1.5
_RIM_MM = 6.0
"""Next to bone its partial volume has the density of blood."""
_THICK_MM = 4.0
"""Falx, tentorium and vessels are dense, and thinner."""
_LEAST_ML = 1.0
_SEEN_HU = -200.0


def dense_ml(ct: sitk.Image, brain: np.ndarray) -> float:
    """Volume in ml of the largest connected part of a brain that is as dense as blood; 0 below 1 ml.

    Args:
        ct: HU, without contrast.
        brain: bool (z, y, x) on its grid.
    """
    grid = Grid.of(ct)
    hu = sitk.GetArrayFromImage(ct).astype(np.float32)
    seen = brain & np.isfinite(hu) & (hu > _SEEN_HU)
    if not seen.any():
        return 0.0
    # In planes only: slices are thick, and a bleeding of some ml is seen on few.
    inside = _smooth(np.where(seen, hu, 0), grid) / np.maximum(_smooth(seen, grid), 1e-3)
    eroded = sitk.BinaryErode(_image(seen), _radius(_RIM_MM, grid), sitk.sitkBall, 0.0, 1.0, False)
    deep = sitk.GetArrayFromImage(eroded) > 0
    dense = deep & (inside > _BLOOD_HU[0]) & (inside < _BLOOD_HU[1])
    thick = sitk.BinaryMorphologicalOpening(_image(dense), _radius(_THICK_MM / 2, grid))
    largest = float(sitk.GetArrayFromImage(largest_part(thick)).sum() * grid.voxel_ml)
    return largest if largest >= _LEAST_ML else 0.0


def bleeding_warnings(ct: sitk.Image, brain: np.ndarray) -> tuple[str, ...]:
    """A warning where the CT may show blood; none where it does not. See `dense_ml`."""
    volume = dense_ml(ct, brain)
    if not volume:
        return ()
    return (
        f"the CT holds {volume:.0f} ml as dense as blood (50 to 100 HU) in one place: look at it. Core and penumbra "
        "mean nothing where there is haemorrhage, and no route here can tell it from ischemia",
    )


def _smooth(values: np.ndarray, grid: Grid) -> np.ndarray:
    x, y, _ = ((_SMOOTH_MM / step) ** 2 for step in grid.spacing)
    return discrete_gaussian(values.astype(np.float32), (x, y, 0.0))


def _radius(mm: float, grid: Grid) -> list[int]:
    return [max(round(mm / step), 1) for step in grid.spacing[:2]] + [0]


def _image(mask: np.ndarray) -> sitk.Image:
    return sitk.GetImageFromArray(mask.astype(np.uint8))
