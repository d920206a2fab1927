"""Which values of a map are shown darkest and brightest, and in which colours: in the report and in 3D Slicer alike."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from ...result.looks import Window
from ...result.outcome import AS_GIVEN, Layer, Look, Scale
from ...study.case import Role
from ...study.maps.units import STANDARD_UNITS

_LOOKS: dict[Role, Look] = {Role.CBF: "flow", Role.CBV: "flow", Role.MTT: "time", Role.TTP: "time", Role.TMAX: "time"}
# Wide enough for grey matter and for a delay of 10 s, the last of the usual limits; ours. TTP counts from the first
# frame, so it has no window that fits every scan.
_WINDOWS = {
    Role.CBF: (0.0, 80.0),
    Role.CBV: (0.0, 6.0),
    Role.MTT: (0.0, 14.0),
    Role.TMAX: (0.0, 12.0),
    Role.CT: (0.0, 80.0),
}


def map_layer(
    role: Role, image: sitk.Image, unit: str, brain: np.ndarray, computed: bool = False, scale: Scale = AS_GIVEN
) -> Layer:
    """How a map is shown: in a fixed window where its unit is the standard, else from its own values.

    Args:
        role: CBF, CBV, MTT, TTP, TMAX, CT or MIP.
        image: on the brain's grid.
        unit: in words.
        brain: bool (z, y, x).
        computed: whether it was computed here.
        scale: factor and offset that made its values of those that were given.
    """
    window = _WINDOWS.get(role) if unit == STANDARD_UNITS.get(role) else None
    look = _LOOKS.get(role, "grey")
    if window is None:
        values = sitk.GetArrayViewFromImage(image)
        values = values[brain] if brain.any() else values
        window = _grey(values) if look == "grey" else _coloured(values)
    return Layer(str(role), image, look, window, unit, computed, scale)


def _grey(values: np.ndarray) -> tuple[float, float]:
    own = Window.of(values)
    return own.low, own.high


def _coloured(values: np.ndarray) -> tuple[float, float]:
    """Nearly all values that there are: unlike in grey, what is high above the median is what matters."""
    held = values[np.isfinite(values) & (values != 0)]
    if not held.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(held, (1, 99)))
    return low, high if high > low else low + 1.0
