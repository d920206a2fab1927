"""Colours for values: one table for the report and for 3D Slicer."""

from __future__ import annotations

from typing import Literal

import numpy as np

PaletteName = Literal["flow", "time", "heat"]
Stop = tuple[int, int, int]

PALETTES: dict[PaletteName, tuple[Stop, ...]] = {
    # matplotlib's viridis and inferno (both CC0), at nine even steps: even in brightness, so that they can be read
    # in grey and by the colour-blind.
    "flow": (
        (68, 1, 84),
        (71, 44, 122),
        (59, 81, 139),
        (44, 113, 142),
        (33, 144, 141),
        (39, 173, 129),
        (92, 200, 99),
        (170, 220, 50),
        (253, 231, 37),
    ),
    "time": (
        (0, 0, 4),
        (31, 12, 72),
        (85, 15, 109),
        (136, 34, 106),
        (186, 54, 85),
        (227, 89, 51),
        (249, 140, 10),
        (249, 201, 50),
        (252, 255, 164),
    ),
    "heat": ((255, 237, 100), (253, 141, 60), (189, 0, 38)),  # ColorBrewer YlOrRd
}
"""Colours at even steps from the lowest to the highest value."""


def colours(palette: PaletteName, level: np.ndarray) -> np.ndarray:
    """Colours (..., 3) from 0 to 255, float, of levels (...) between 0 and 1; beyond them those at the ends."""
    stops = PALETTES[palette]
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(level, places, [stop[c] for stop in stops]) for c in range(3)], axis=-1)


def css_gradient(palette: PaletteName, angle: str = "90deg") -> str:
    """The palette as a CSS background, lowest value first."""
    return f"linear-gradient({angle},{','.join('#%02x%02x%02x' % stop for stop in PALETTES[palette])})"  # noqa: UP031
