"""What is no density of a head in HU is refused with what is wrong; what is odd about it is doubted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from ctp_slab import ARTERY, FLUID, WHITE, Slab, grid_of_slab

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.ctp.series.curves import may_hold_blood
from StrokeSegLogic.ctp.series.density import density_doubts, require_density
from StrokeSegLogic.ctp.series.time_series import checked

SLAB = Slab(pixel_mm=2.4, slices=2)
HU, KINDS, GRID = SLAB.hu(), SLAB.kinds(), grid_of_slab(SLAB)
STRIPPED = np.where(KINDS > 0, HU, 0).astype(np.int16)
Change = Callable[[np.ndarray], np.ndarray]


def of_bytes(low: float, high: float) -> Change:
    return lambda hu: np.clip(np.rint((hu - low) * 255.0 / (high - low)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("window", "series"),
    # As HU a brain within 0 to 255 is sound.
    [*product([(0, 80), (-160, 240), (-100, 200), (-50, 150)], ["head", "stripped"]), ((0, 255), "head")],
)
def test_a_window_in_8_bits_is_refused_as_such(window: tuple[float, float], series: str) -> None:
    shown = of_bytes(*window)(HU)
    if series == "stripped":
        shown = np.where(KINDS > 0, shown, 0)
    with pytest.raises(InputError, match="no HU: its values run from 0 to 255.*Export the original series"):
        require_density(list(shown))


@pytest.mark.parametrize("kind", [np.int16, np.float32])
@pytest.mark.parametrize("window", [(0, 80), (-100, 200), (-1024, 150)])
@pytest.mark.parametrize("base", [HU, STRIPPED], ids=["head", "stripped"])
def test_values_cut_off_below_what_arteries_reach_are_refused(
    base: np.ndarray, window: tuple[float, float], kind: type
) -> None:
    with pytest.raises(InputError, match=f"cut off at {window[1]}, as by a window"):
        require_density(list(np.clip(base, *window).astype(kind)))


@pytest.mark.parametrize("offset", [1000, 1024, 8192])
@pytest.mark.parametrize("base", ["head", "stripped"])
def test_an_intercept_that_was_not_applied_is_named(base: str, offset: int) -> None:
    whole = np.maximum(HU.astype(int) + offset, 0)
    stored = (whole if base == "head" else np.where(KINDS > 0, whole, 0)).astype(np.uint16)
    with pytest.raises(InputError, match=f"as if {offset} had been added: the rescale intercept"):
        require_density(list(stored))


@pytest.mark.parametrize(
    "change",
    [
        lambda hu: hu,
        lambda hu: np.clip(hu, -1000, 1000),
        lambda hu: np.minimum(hu, 400),
        lambda hu: np.where(hu < -500, -2048, hu),
        lambda hu: np.where(KINDS > 0, hu, 0),
        lambda hu: np.maximum(np.where(KINDS > 0, hu, 0), 0),
    ],
    ids=["as scanned", "12 bit", "cut in bone", "padded", "stripped", "stripped, from 0"],
)
def test_hu_as_scanners_and_software_leave_them_are_taken(change: Change) -> None:
    checked(change(HU), SLAB.times_s, GRID)


PLAIN = HU[:4].mean(axis=0, dtype=np.float32)


def doubts(change: Change) -> tuple[str, ...]:
    vessels = [np.argwhere(KINDS == ARTERY)]
    return density_doubts(change(PLAIN), (KINDS > 0), KINDS == FLUID, vessels, GRID.voxel_ml)


def test_a_heads_own_densities_are_not_doubted_nor_those_of_a_stripped_one() -> None:
    assert doubts(lambda hu: hu) == () and doubts(lambda hu: np.where(KINDS > 0, hu, 0)) == ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda hu: hu * 2, "tissue"),
        (lambda hu: hu / 2, "tissue"),
        (lambda hu: hu + 20, "fluid"),
        (lambda hu: hu - 25, "fluid"),
        (lambda hu: np.where(KINDS == ARTERY, 180, hu), "blood before contrast 180"),
        (lambda hu: np.where(hu < -500, hu / 2, hu), "air -500"),
    ],
    ids=["doubled", "halved", "20 more", "25 less", "contrast before", "air alone"],
)
def test_densities_that_no_head_has_are_doubted_by_name(change: Change, named: str) -> None:
    (words,) = doubts(change)
    assert named in words and "check rescale slope and intercept" in words


def test_blood_lies_neither_in_air_nor_bone_nor_beside_metal_nor_in_padding() -> None:
    plain = PLAIN.copy()
    middle = tuple(np.argwhere(KINDS == WHITE)[40])
    plain[middle] = 3071
    torn = np.zeros(plain.shape, bool)
    torn[:, 20:24] = True
    found = may_hold_blood(plain, SimpleNamespace(grid=GRID, torn=torn))  # type: ignore[arg-type]
    assert found[KINDS == ARTERY].all()
    assert not found[plain < -500].any() and not found[plain > 300].any() and not found[torn].any()
    z, y, x = middle
    assert not found[z, y, x - 2 : x + 3].any()
