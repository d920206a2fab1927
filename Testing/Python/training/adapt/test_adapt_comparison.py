"""What follows from before and after: a model is written only if it is surely no worse."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.metrics.voxel import Overlap
from StrokeSegLogic.training.adapt.comparison import DICE, FALSE, CaseChange, decide, figures

VOXELS = 1000


def change(patient: int, before: tuple[int, int], after: tuple[int, int], true: int = 50) -> CaseChange:
    """A case of so many true voxels, of which so many are found, and so many are false, before and after."""

    def counted(found: tuple[int, int]) -> Overlap:
        return Overlap(found[0], found[1], true - found[0], VOXELS - true - found[1])

    return CaseChange(f"c{patient}", f"p{patient}", 0.1, counted(before), counted(after))


def cohort(before: tuple[int, int], after: tuple[int, int], patients: int = 8, true: int = 50) -> list[CaseChange]:
    return [change(number, before, after, true) for number in range(patients)]


def test_a_model_that_finds_more_and_marks_no_more_is_written() -> None:
    verdict = decide(cohort((20, 5), (40, 5)), [])
    assert verdict.written
    assert any("no studies without stroke were given (--negatives)" in words for words in verdict.speaking_for)


@pytest.mark.parametrize(
    ("reviewed", "controls", "words"),
    [
        (
            cohort((20, 5), (40, 5), patients=7),
            [],
            "7 patients with a lesion are fewer than 8: such a run only reports",
        ),
        (cohort((40, 5), (38, 5)), [], "lower end is below -0.01"),
        (cohort((20, 5), (40, 6)), [], "ml: more than before"),
        (cohort((20, 5), (40, 5)), cohort((0, 1), (0, 2), patients=2, true=0), "on 2 studies without stroke the mean"),
    ],
    ids=["few patients", "worse", "more false volume", "more on controls"],
)
def test_a_model_is_not_written_and_the_reason_is_told(
    reviewed: Sequence[CaseChange], controls: Sequence[CaseChange], words: str
) -> None:
    verdict = decide(reviewed, controls)
    assert not verdict.written
    assert len(verdict.against) == 1 and words in verdict.against[0]


def test_controls_decide_on_false_volume_where_there_are_any() -> None:
    more_on_reviewed = cohort((20, 5), (40, 6))
    assert decide(more_on_reviewed, cohort((0, 3), (0, 3), patients=2, true=0)).written


def test_cases_without_a_lesion_count_for_false_volume_alone() -> None:
    found = figures([*cohort((20, 5), (40, 5)), change(9, (0, 30), (0, 0), true=0)])
    assert found[DICE].cases == 8 and found[FALSE].cases == 9
    assert found[FALSE].difference.value == pytest.approx(-30 * 0.1 / 9)


def test_two_cases_of_a_patient_are_drawn_together() -> None:
    twice = [change(number // 2, (20, 5), (20 + number, 5)) for number in range(16)]
    once = [change(number, (20, 5), (20 + number, 5)) for number in range(16)]
    wide, narrow = (figures(part)[DICE].difference for part in (twice, once))
    assert wide.value == narrow.value
    assert wide.high - wide.low > narrow.high - narrow.low


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 40)), min_size=8, max_size=14))
def test_a_model_that_finds_the_same_is_always_written(found: list[tuple[int, int]]) -> None:
    same = [change(number, pair, pair) for number, pair in enumerate(found)]
    assert decide(same, []).written


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 40)), min_size=8, max_size=14), st.integers(1, 20))
def test_more_false_volume_everywhere_is_never_written(found: list[tuple[int, int]], more: int) -> None:
    worse = [change(number, (hit, false), (hit, false + more)) for number, (hit, false) in enumerate(found)]
    assert not decide(worse, []).written
