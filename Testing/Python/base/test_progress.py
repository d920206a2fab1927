from __future__ import annotations

import pytest

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress, check_cancelled, hearing


def test_stages_report_their_part_of_the_whole() -> None:
    seen: list[tuple[float, str]] = []
    whole = Progress(lambda fraction, message: seen.append((fraction, message)))
    stage = whole.span(0.2, 0.6).span(0.5, 1.0)
    stage(0.0, "begins")
    stage(1.0, "ends")
    assert seen == [(pytest.approx(0.4), "begins"), (pytest.approx(0.6), "ends")]


def test_a_set_token_stops_the_next_report() -> None:
    token = CancelToken()
    progress = Progress(cancel=token).span(0.0, 0.5)
    progress(0.1, "still running")
    token.cancel()
    with pytest.raises(Cancelled):
        progress(0.2, "not any more")


def test_a_token_is_asked_without_a_report_through_every_span_of_a_job() -> None:
    token, seen = CancelToken(), []
    job = Progress(lambda fraction, message: seen.append(message), token)
    # As an engine does with the span that it was handed as its callback.
    stage = Progress(job.span(0.2, 0.6)).span(0.0, 0.5)
    stage.check()
    token.cancel()
    with pytest.raises(Cancelled):
        stage.check()
    assert seen == []


def test_deep_code_hears_the_run_that_it_works_for_and_no_other() -> None:
    token = CancelToken()
    token.cancel()
    check_cancelled()
    with hearing(Progress(cancel=token)):
        with pytest.raises(Cancelled):
            check_cancelled()
        with hearing(Progress()):
            check_cancelled()
        with pytest.raises(Cancelled):
            check_cancelled()
    check_cancelled()
