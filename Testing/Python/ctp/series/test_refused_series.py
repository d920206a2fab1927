"""Series that no bolus, no scanner and no head can have made are refused, with the reason."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from ctp_slab import Slab, grid_of_slab

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.ctp.series.maps import MapsSpec, maps
from StrokeSegLogic.ctp.series.motion import corrected
from StrokeSegLogic.ctp.series.time_series import checked
from StrokeSegLogic.phantom.ctp import ctp_series
from StrokeSegLogic.phantom.ctp_maps import ctp_grid
from StrokeSegLogic.phantom.ctp_protocol import CtpProtocol

SLAB = Slab(pixel_mm=2.4, slices=2)
HU, TIMES, GRID = SLAB.hu(), SLAB.times_s, grid_of_slab(SLAB)
STILL = MapsSpec(motion=False, device="cpu")
SERIES = {
    "slab": SLAB,
    "noisy": Slab(pixel_mm=2.4, slices=2, noise_hu=8.0),
    "lesion": Slab(pixel_mm=2.4, slices=2, lesion=True),
    "every 3 s": Slab(pixel_mm=2.4, slices=2, frames=20, interval_s=3.0),
}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.quick(2)
def test_frames_in_reversed_order_are_refused_and_the_same_frames_are_not(name: str) -> None:
    slab = SERIES[name]
    hu, grid = slab.hu(), grid_of_slab(slab)
    maps(hu, slab.times_s, grid=grid, spec=STILL)
    with pytest.raises(InputError, match="runs backwards in time"):
        maps(hu[::-1], slab.times_s, grid=grid, spec=STILL)


@pytest.mark.parametrize("protocol", [CtpProtocol(), CtpProtocol(noise_hu=8.0, residue="box", dispersion_s=1.0)])
def test_a_reversed_series_of_another_phantom_is_refused_too(protocol: CtpProtocol) -> None:
    series = ctp_series(4, ctp_grid((4.5, 4.5, 13.0)), protocol)
    with pytest.raises(InputError, match="runs backwards in time"):
        maps(series.hu[::-1], series.times_s, grid=series.grid, spec=STILL)


def test_frames_that_are_mixed_up_are_refused() -> None:
    with pytest.raises(InputError, match="mixed up"):
        maps(HU[np.random.default_rng(0).permutation(len(HU))], TIMES, grid=GRID, spec=STILL)


@pytest.mark.parametrize("first", [8, 12])
def test_a_series_that_begins_with_the_bolus_is_not_said_to_lack_contrast(first: int) -> None:
    with pytest.raises(InputError, match="begins after contrast has arrived"):
        maps(HU[first:], TIMES[first:], grid=GRID, spec=STILL)


def _padded(hu: np.ndarray) -> np.ndarray:
    taken = hu - hu[:4].mean(axis=0)
    return np.where(hu[:1] < -500, -1024, taken).astype(np.float32)


NO_HU: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "baseline taken off": lambda hu: hu - hu[:4].mean(axis=0),
    "baseline taken off, padding outside": _padded,
    "baseline taken off, cut at 0": lambda hu: np.maximum(hu - hu[:4].mean(axis=0), 0),
    "offset of 1024": lambda hu: hu + 1024,
    "offset of 1000, unsigned": lambda hu: np.maximum(hu + 1000, 0).astype(np.uint16),
    "offset of 8192": lambda hu: hu + 8192,
    "parts of 1": lambda hu: (hu + 1024) / 4096.0,
    "a window in 8 bits": lambda hu: np.clip((hu + 100) * 255 / 300, 0, 255).astype(np.uint8),
    "cut off at a window": lambda hu: np.clip(hu, -100, 200),
}


@pytest.mark.parametrize("name", NO_HU)
def test_what_is_no_hu_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="no HU|no brain was found"):
        maps(NO_HU[name](HU.astype(np.float32)), TIMES, grid=GRID, spec=STILL)


@pytest.mark.parametrize("name", ["stripped", "cut at -100", "scanner's own padding"])
def test_hu_that_software_has_trimmed_are_taken(name: str) -> None:
    trimmed = {
        "stripped": np.where(HU < -500, 0, HU),
        "cut at -100": np.maximum(HU, -100),
        "scanner's own padding": np.where(HU < -500, -2048, HU).astype(np.int16),
    }
    checked(trimmed[name], TIMES, GRID)


@pytest.mark.parametrize("frames", [slice(10, 11), pytest.param(slice(14, 20), marks=pytest.mark.slow)])
def test_a_head_that_would_have_moved_further_than_it_can_is_refused(frames: slice) -> None:
    slab = Slab(slices=6, pixel_mm=2.4, thick_mm=5.0, frames=20, interval_s=3.0)
    jumped = slab.hu()
    jumped[frames] = np.roll(jumped[frames], round(75 / SLAB.pixel_mm), axis=3)
    with pytest.raises(InputError, match=r"would have moved by \d+ mm"):
        corrected(checked(jumped, slab.times_s, grid_of_slab(slab)))


@pytest.mark.slow
def test_a_head_that_moved_by_two_centimetres_is_put_back() -> None:
    slab = Slab(slices=6, pixel_mm=2.4, thick_mm=5.0, frames=20, interval_s=3.0)
    moved = slab.hu()
    moved[10:] = np.roll(moved[10:], round(20 / SLAB.pixel_mm), axis=3)
    _, motion = corrected(checked(moved, slab.times_s, grid_of_slab(slab)))
    assert motion.largest_mm.max() == pytest.approx(20, abs=3)
