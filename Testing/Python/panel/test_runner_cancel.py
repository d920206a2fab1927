"""Runs that are cancelled, stopped or wait for another's end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from StrokeSegExtensionLib import runner as runner_file
from StrokeSegExtensionLib import worker_job

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.study.case import Role

from .runner_bench import SMALL, alive

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def test_a_worker_that_heeds_a_cancel_lives_on(bench: Callable) -> None:
    one = bench("wait_for_cancel")
    heard = one.start()
    one.clock.wait(lambda: heard.begun)
    one.runner.cancel()
    one.runner.cancel()
    assert one.wait(heard).last_word == "cancelled"
    assert len(one.files) == 1
    again = one.start()
    one.clock.wait(lambda: again.begun)
    assert len(one.workers) == 1


@posix
def test_a_worker_that_hangs_is_ended_with_all_that_it_started(
    bench: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_file, "CANCEL_PATIENCE_S", 0.3)
    one = bench("hang")
    heard = one.start()
    one.clock.wait(lambda: len([pid for file in one.temporary.rglob("pids") for pid in file.read_text().split()]) == 2)
    pids = [int(pid) for pid in next(one.temporary.rglob("pids")).read_text().split()]
    assert all(alive(pid) for pid in pids)
    one.runner.cancel()
    assert one.wait(heard).last_word == "cancelled"
    one.clock.wait(lambda: not any(alive(pid) for pid in pids))


def test_a_second_run_is_refused_and_one_after_a_cancel_waits_for_its_end(bench: Callable) -> None:
    one = bench("wait_for_cancel")
    first = one.start()
    with pytest.raises(StrokeSegError, match="under way"):
        one.start()
    one.clock.wait(lambda: first.begun)
    one.runner.cancel()
    second = one.start()
    one.clock.wait(lambda: second.begun)
    assert first.last_word == "cancelled"


def test_a_run_that_waits_for_the_end_of_another_can_be_cancelled_too(bench: Callable) -> None:
    one = bench("wait_for_cancel")
    first = one.start()
    one.clock.wait(lambda: first.begun)
    one.runner.cancel()
    second = one.start()
    one.runner.cancel()
    assert second.last_word == "cancelled"
    third = one.start()
    one.clock.wait(lambda: third.begun)
    assert first.last_word == "cancelled"
    assert not second.begun and second.progress == []


def test_a_cancel_while_the_volumes_are_written_starts_nothing(
    bench: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = worker_job.write_job_files

    def write_slowly(*arguments: Any) -> None:
        cancelled = arguments[-1]
        while not cancelled():
            time.sleep(0.005)
        write(*arguments)

    monkeypatch.setattr(worker_job, "write_job_files", write_slowly)
    one = bench("succeed")
    heard = one.start(voxels={Role.DWI: SMALL, Role.FLAIR: SMALL})
    one.runner.cancel()
    assert one.wait(heard).last_word == "cancelled"
    assert len(one.files) == 1, "the session's folder"


@pytest.mark.parametrize("part", ["hang", "wait_for_cancel", "flood"])
def test_stop_ends_everything_at_once_and_nobody_hears_of_it(bench: Callable, part: str) -> None:
    one = bench(part)
    heard = one.start()
    one.clock.wait(lambda: bool(heard.begun))
    one.runner.stop()
    one.clock.pass_(10)
    assert heard.last_word == ""
    assert one.files == []
    again = one.start()
    one.clock.wait(lambda: again.begun)
    assert len(one.workers) == 2
