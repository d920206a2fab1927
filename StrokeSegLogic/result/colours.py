"""Values as greys or colours, which are black and which brightest: one table for the report and for 3D Slicer."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Window:
    """The intensities shown as black and as white."""

    low: float
    high: float

    @classmethod
    def of(cls, values: np.ndarray) -> Window:
        """From the 1st to the 99th percentile of the finite values, of any shape; (0, 1) if there are none.

        White is no more than 2.5 medians, or fluid would leave the tissue of ADC and T2 in the dark.
        """
        # Two million values tell the percentiles of any volume.
        flat = values.reshape(-1)[:: max(values.size // 2_000_000, 1)]
        flat = flat[np.isfinite(flat)]
        if not flat.size:
            return cls(0.0, 1.0)
        low, middle, high = (float(v) for v in np.percentile(flat, (1, 50, 99)))
        if low >= 0 and middle > 0:
            high = min(high, 2.5 * middle)
        return cls(low, high if high > low else low + 1.0)

    def grey(self, values: np.ndarray) -> np.ndarray:
        """Values (H, W) as a grey picture (H, W, 3), uint8."""
        part = np.clip((np.nan_to_num(values.astype(np.float32)) - self.low) / (self.high - self.low), 0, 1)
        # 128 shades: no eye tells them from 256, and a contour's colours still fit into one palette.
        shade = (np.round(part * 127) * (255 / 127)).astype(np.uint8)
        return np.repeat(shade[..., None], 3, axis=2)

    def coloured(self, values: np.ndarray, palette: PaletteName) -> np.ndarray:
        """Values (H, W) in a palette's colours (H, W, 3), uint8; what is 0 or less, as outside the brain, is black."""
        part = np.clip((np.nan_to_num(values.astype(np.float32)) - self.low) / (self.high - self.low), 0, 1)
        # As many shades as fit, with black and the letters, into one palette of a PNG.
        picture = np.round(colours(palette, np.round(part * 127) / 127)).astype(np.uint8)
        picture[~(values > 0)] = 0
        return picture
