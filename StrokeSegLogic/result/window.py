"""Values shown as greys or colours: which are black, which are brightest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .palettes import PaletteName, colours


@dataclass(frozen=True)
class Window:
    """The intensities shown as black and as white."""

    low: float
    high: float

    @classmethod
    def of(cls, values: np.ndarray) -> Window:
        """From the 1st to the 99th percentile of values of any shape; finite ones alone; (0, 1) if there are none.

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
