"""The table of lesions: side, slice, what the planes, ADC and the other side say, and how far the next lesion is."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import label
from scipy.spatial.distance import cdist

from StrokeSegLogic.brain.hemispheres import MidPlane
from StrokeSegLogic.result.lesions import COLUMNS, Lesion, Surroundings, lesions, lesions_csv
from StrokeSegLogic.space.grid import Grid

GRID = Grid((24, 20, 10), (2.0, 3.0, 4.0), (-23.0, -28.5, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
BRAIN = np.ones(GRID.shape, bool)
MIDDLE = MidPlane.of(BRAIN, GRID)


def boxed(*places: tuple[slice, slice, slice]) -> np.ndarray:
    mask = np.zeros(GRID.shape, bool)
    for place in places:
        mask[place] = True
    return mask


RIGHT = np.s_[2:5, 5:9, 3:7]
LEFT = np.s_[6:8, 5:9, 18:20]
ACROSS = np.s_[8:9, 14:16, 8:16]


@given(seed=st.integers(0, 5000), density=st.sampled_from([0.02, 0.05, 0.1]))
def test_the_distance_to_the_next_lesion_is_that_of_all_pairs_of_voxels(seed: int, density: float) -> None:
    mask = np.random.default_rng(seed).random(GRID.shape) < density / 2
    parts, count = label(mask, np.ones((3, 3, 3)))
    world = GRID.to_world(np.argwhere(mask)[:, ::-1])
    of = parts[mask]
    every = cdist(world, world)
    every[of[:, None] == of[None]] = np.inf
    expected = {k: every[of == k].min() for k in range(1, count + 1)}
    found = lesions(mask, mask.astype(float), GRID)
    if count < 2:
        assert [each.next_mm for each in found] == [None] * count
    else:
        assert sorted(each.next_mm or 0 for each in found) == pytest.approx(sorted(expected.values()))


def test_lesions_are_numbered_by_size_and_have_a_side_and_a_slice() -> None:
    found = lesions(boxed(RIGHT, LEFT, ACROSS), np.ones(GRID.shape), GRID, Surroundings(None, BRAIN, MIDDLE))
    assert [(each.number, each.side) for each in found] == [(1, "right"), (2, "left"), (3, "both")]
    assert {each.side: each.slice for each in found} == {"right": 2, "left": 6, "both": 8}
    assert [each.volume_ml for each in found] == sorted((each.volume_ml for each in found), reverse=True)


def test_the_planes_that_agree_are_averaged_over_the_lesion() -> None:
    counts = np.zeros(GRID.shape, np.uint8)
    counts[RIGHT] = 3
    counts[2, 5:9, 3:7] = 2
    (only,) = lesions(boxed(RIGHT), np.ones(GRID.shape), GRID, Surroundings(counts, BRAIN, MIDDLE))
    assert only.planes == pytest.approx((2 * 16 + 3 * 32) / 48)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3], ids=["mm2/s", "10^-3 mm2/s", "10^-6 mm2/s"])
def test_adc_is_told_in_the_same_unit_whatever_the_map_has(unit: float) -> None:
    values = np.full(GRID.shape, 0.8)
    values[RIGHT] = 0.4
    around = Surroundings(None, BRAIN, MIDDLE, {"ADC": GRID.image(values * unit)})
    (only,) = lesions(boxed(RIGHT), np.ones(GRID.shape), GRID, around)
    assert only.adc == pytest.approx(0.4)


def test_adc_in_a_unit_that_nobody_knows_is_not_told() -> None:
    around = Surroundings(None, BRAIN, MIDDLE, {"ADC": GRID.image(np.full(GRID.shape, 50.0))})
    (only,) = lesions(boxed(RIGHT), np.ones(GRID.shape), GRID, around)
    assert only.adc is None


def onto(values: np.ndarray, spacing: tuple[float, float, float]) -> sitk.Image:
    """The image on a grid of other voxels and orientation."""
    size = tuple(int(np.ceil(n * s / t)) for n, s, t in zip(GRID.size, GRID.spacing, spacing, strict=True))
    grid = GRID.about_centre(size, spacing)
    return sitk.Resample(GRID.image(values), grid.image(np.zeros(grid.shape)), sitk.Transform(), sitk.sitkLinear, 100.0)


@pytest.mark.parametrize("spacing", [None, (1.5, 1.5, 5.0)], ids=["the same grid", "another grid"])
def test_signal_is_held_against_the_other_side(spacing: tuple[float, float, float] | None) -> None:
    values = np.full(GRID.shape, 100.0)
    values[RIGHT] = 180.0
    image = GRID.image(values) if spacing is None else onto(values, spacing)
    around = Surroundings(None, BRAIN, MIDDLE, {"DWI": image, "FLAIR": GRID.image(0 * values + 50)})
    (only,) = lesions(boxed(RIGHT), np.ones(GRID.shape), GRID, around)
    assert only.dwi_ratio == pytest.approx(1.8, abs=0.001 if spacing is None else 0.25)
    assert only.flair_ratio == pytest.approx(1.0)


def test_lesions_that_mirror_one_another_have_no_other_side() -> None:
    mirror = np.s_[2:5, 5:9, 17:21]
    around = Surroundings(None, BRAIN, MIDDLE, {"DWI": GRID.image(np.full(GRID.shape, 100.0))})
    found = lesions(boxed(RIGHT, mirror), np.ones(GRID.shape), GRID, around)
    assert [each.dwi_ratio for each in found] == [None, None]


def test_a_volume_that_does_not_reach_the_lesion_says_nothing() -> None:
    far = GRID.image(np.full(GRID.shape, 100.0))
    far.SetOrigin((500.0, 0.0, 0.0))
    around = Surroundings(None, BRAIN, MIDDLE, {"DWI": far, "ADC": far})
    (only,) = lesions(boxed(RIGHT), np.ones(GRID.shape), GRID, around)
    assert (only.dwi_ratio, only.adc) == (None, None)


def test_the_table_as_csv_has_a_line_a_lesion_and_empty_cells_for_what_is_not_known() -> None:
    found = lesions(boxed(RIGHT, LEFT), np.full(GRID.shape, 0.75), GRID)
    rows = list(csv.DictReader(io.StringIO(lesions_csv(found))))
    assert [row["number"] for row in rows] == ["1", "2"] and set(rows[0]) >= {name for name, *_ in COLUMNS}
    assert float(rows[0]["volume_ml"]) == pytest.approx(found[0].volume_ml) and rows[0]["adc"] == ""
    assert lesions_csv(()).count("\n") == 1


def test_a_record_brings_the_table_back_and_an_older_record_what_it_knows() -> None:
    around = Surroundings(np.full(GRID.shape, 3), BRAIN, MIDDLE, {"DWI": GRID.image(np.full(GRID.shape, 100.0))})
    for lesion in lesions(boxed(RIGHT, LEFT), np.full(GRID.shape, 0.75), GRID, around):
        assert Lesion.parse(json.loads(json.dumps(asdict(lesion)))) == lesion
    older = Lesion.parse({"volume_ml": 2.0, "centre_mm": [1.0, 2.0, 3.0], "probability": 0.5})
    assert older == Lesion(2.0, (1.0, 2.0, 3.0), 0.5)
