"""The table of lesions after a reader's hand, and what the slider hides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.brain.hemispheres import MidPlane
from StrokeSegLogic.mri.edited_lesions import EditedTable, Evidence, Point, counted
from StrokeSegLogic.result.lesions import Surroundings, lesions
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.masks import cut, numbered_parts
from StrokeSegLogic.space.volume import Volume

GRID = Grid((20, 16, 8), (2.0, 2.0, 5.0), (-19.0, -15.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
ML = GRID.voxel_ml
LARGE, SMALL, SPECK = np.s_[1:4, 2:8, 2:8], np.s_[5:6, 10:12, 14:16], np.s_[7, 1, 1]


def masked(*places: object) -> np.ndarray:
    mask = np.zeros(GRID.shape, bool)
    for place in places:
        mask[place] = True
    return mask


def volume(mask: np.ndarray) -> Volume:
    return Volume(mask.astype(np.uint8), GRID)


MODEL = masked(LARGE, SMALL, SPECK)
EVIDENCE = Evidence.of(GRID, model=volume(MODEL))


def sizes(table: EditedTable) -> list[int]:
    return [round(row.lesion.volume_ml / ML) for row in table.rows]


def centre(place: tuple[slice, slice, slice]) -> Point:
    z, y, x = (np.mean([s.start, s.stop - 1]) for s in place)
    at = GRID.to_world(np.rint(np.array([[x, y, z]])))[0].tolist()
    return at[0], at[1], at[2]


masks = st.tuples(st.integers(0, 5000), st.sampled_from([0.01, 0.03, 0.08])).map(
    lambda chosen: np.random.default_rng(chosen[0]).random(GRID.shape) < chosen[1]
)
limits = st.floats(0.0, 20.0).map(lambda voxels: voxels * ML)


@given(model=masks, seed=st.integers(0, 5000), limit=limits)
def test_nothing_is_lost_and_only_untouched_small_lesions_of_the_model_are_hidden(
    model: np.ndarray, seed: int, limit: float
) -> None:
    edited = model ^ (np.random.default_rng(seed).random(GRID.shape) < 0.01)
    table = counted(Evidence.of(GRID, model=volume(model)), volume(edited), hide_below_ml=limit)
    assert np.array_equal((table.parts > 0) | table.hidden, edited)
    assert not ((table.parts > 0) & table.hidden).any()
    theirs, _count = numbered_parts(model)
    parts, count = numbered_parts(edited)
    for number in range(1, count + 1):
        part = parts == number
        own = {int(n) for n in np.unique(theirs[part])}
        untouched = len(own) == 1 and 0 not in own and (theirs == own.pop()).sum() == part.sum()
        small = part.sum() * ML < limit - 1e-6
        assert table.hidden[part].all() == (untouched and small)
        assert table.hidden[part].any() == (untouched and small)


@given(model=masks, seed=st.integers(0, 5000), limits=st.lists(limits, min_size=1, max_size=3))
def test_the_slider_goes_back_and_what_was_settled_stays_settled(
    model: np.ndarray, seed: int, limits: list[float]
) -> None:
    edited = model ^ (np.random.default_rng(seed).random(GRID.shape) < 0.01)
    evidence = Evidence.of(GRID, model=volume(model))
    shown, hidden = edited, np.zeros(GRID.shape, bool)
    for limit in limits:
        table = counted(evidence, volume(shown), volume(hidden), hide_below_ml=limit)
        shown, hidden = table.parts > 0, table.hidden
        again = counted(evidence, volume(shown), volume(hidden), hide_below_ml=limit)
        assert again.hide is again.show is None and sizes(again) == sizes(table)
    back = counted(evidence, volume(shown), volume(hidden))
    assert np.array_equal(back.parts > 0, edited) and not back.hidden.any()


@given(model=masks)
def test_the_rows_are_those_of_the_one_table(model: np.ndarray) -> None:
    probability = np.random.default_rng(1).random(GRID.shape).astype(np.float32)
    brain = np.ones(GRID.shape, bool)
    images = {"DWI": GRID.image(probability + 1)}
    around = Surroundings(None, brain, MidPlane.of(brain, GRID), images)
    evidence = Evidence.of(
        GRID,
        probability=Volume(probability, GRID),
        brain=volume(brain),
        images={"DWI": Volume(probability + 1, GRID)},
    )
    rows = counted(evidence, volume(model)).rows
    assert tuple(row.lesion for row in rows) == lesions(model, probability, GRID, around)


@given(model=masks)
def test_the_place_to_look_at_lies_in_the_lesion_and_in_its_slice(model: np.ndarray) -> None:
    table = counted(Evidence.of(GRID), volume(model))
    for row in table.rows:
        x, y, z = np.rint(GRID.to_index(np.array([row.point_mm]))[0]).astype(int)
        assert table.parts[z, y, x] == row.lesion.number
        assert z == row.lesion.slice


def test_a_lesion_that_is_kept_is_in_sight_however_small() -> None:
    kept = (centre(SMALL),)
    table = counted(EVIDENCE, volume(MODEL), kept=kept, hide_below_ml=50 * ML)
    assert sizes(table) == [108, 4]
    assert [row.kept for row in table.rows] == [False, True]
    assert table.hidden_ml == pytest.approx([ML])
    assert table.hide is not None and table.show is None
    assert np.asarray(table.hide.array).sum() == 1


def test_what_a_reader_has_drawn_or_changed_is_in_sight_however_small() -> None:
    changed = masked(LARGE, SMALL, SPECK, np.s_[7, 14, 18])
    changed[5, 10, 14] = False
    table = counted(EVIDENCE, volume(changed), hide_below_ml=50 * ML)
    assert [(row.origin, size) for row, size in zip(table.rows, sizes(table), strict=True)] == [
        ("model", 108),
        ("edited", 3),
        ("drawn", 1),
    ]
    assert table.hidden_ml == pytest.approx([ML])


def test_the_next_lesion_is_the_most_doubtful_that_nobody_has_judged() -> None:
    probability = np.full(GRID.shape, 0.9, np.float32)
    probability[SMALL], probability[SPECK] = 0.55, 0.7
    evidence = Evidence.of(GRID, model=volume(MODEL), probability=Volume(probability, GRID))
    table = counted(evidence, volume(MODEL))
    first = table.next_open()
    assert first is not None and first.lesion.number == 2
    second = table.next_open(after=2)
    assert second is not None and second.lesion.number == 3
    every = counted(evidence, volume(MODEL), kept=[row.point_mm for row in table.rows])
    assert every.next_open() is None


def test_without_a_probability_it_is_not_told() -> None:
    assert all(np.isnan(row.lesion.probability) for row in counted(EVIDENCE, volume(MODEL)).rows)


def test_untouched_the_rows_are_the_records_to_the_digit() -> None:
    told = lesions(MODEL, np.full(GRID.shape, 0.8), GRID)
    evidence = Evidence.of(GRID, model=volume(MODEL), told=told)
    assert tuple(row.lesion for row in counted(evidence, volume(MODEL)).rows) == told
    hidden = counted(evidence, volume(MODEL), hide_below_ml=2 * ML)
    assert [row.lesion.number for row in hidden.rows] == [1, 2]


def test_segments_may_lie_on_a_part_of_the_grid() -> None:
    table = counted(EVIDENCE, cut(masked(LARGE, SMALL), GRID), cut(masked(SPECK), GRID))
    assert sizes(table) == [108, 4, 1]
    assert np.array_equal(np.asarray(table.mask(2).array), np.ones((1, 2, 2), np.uint8))
    assert table.mask(2).grid.same(GRID.crop((14, 10, 5), (2, 2, 1)))


def test_a_sequence_that_was_moved_is_measured_where_it_was_laid() -> None:
    brain = np.ones(GRID.shape, bool)
    values = np.full(GRID.shape, 100.0, np.float32)
    values[LARGE] = 200.0
    away = Volume(np.roll(values, 3, axis=2), GRID)
    matrix = (1.0, 0.0, 0.0, 6.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)

    def ratio(moved: dict[str, tuple[float, ...]]) -> float:
        evidence = Evidence.of(GRID, brain=volume(brain), images={"DWI": away}, moved=moved)
        found = counted(evidence, volume(masked(LARGE))).rows[0].lesion.dwi_ratio
        assert found is not None
        return found

    assert ratio({"DWI": matrix}) == pytest.approx(2.0)
    assert ratio({}) < 1.7
    assert ratio({"FLAIR": matrix}) == ratio({})


def test_no_lesion_is_an_empty_table() -> None:
    table = counted(EVIDENCE, volume(masked()))
    assert table.rows == () and table.next_open() is None and table.hide is None
