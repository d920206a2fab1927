from __future__ import annotations

import time

import pytest

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.training.told_progress import OneStage, WithExpectedTime, expected


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute"),
        (60, "about 1 min"),
        (3540, "about 59 min"),
        (3600, "about 1 h"),
        (7800, "about 2 h 10 min"),
    ],
)
def test_a_time_is_told_as_coarsely_as_it_is_known(seconds: float, words: str) -> None:
    assert expected(seconds) == words


def test_the_expected_time_goes_by_the_part_that_was_done_since_the_run_began(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, str]] = []
    now = iter((100.0, 160.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    progress = Progress(WithExpectedTime(Progress(lambda part, words: told.append((part, words)))))
    progress.span(0.5, 1.0)(0.0, "resumed")
    progress.span(0.5, 1.0)(0.5, "training")
    assert told == [(0.5, "resumed"), (0.75, "training, about 1 min left")]


def test_a_stage_of_others_is_told_in_our_words_and_hears_a_cancel() -> None:
    told: list[tuple[float, str]] = []
    token = CancelToken()
    inner = Progress(OneStage(Progress(lambda part, words: told.append((part, words)), token), "asking: p0"))
    inner.span(0.0, 0.5)(1.0, "axial plane")
    assert told == [(0.5, "asking: p0")]
    token.cancel()
    with pytest.raises(Cancelled):
        inner.check()
