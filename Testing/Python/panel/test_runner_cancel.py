"""Runs that are cancelled, stopped or wait for another's end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from StrokeSegExtensionLib import runner as runner_file
from StrokeSegExtensionLib import worker_job
from StrokeSegExtensionLib.study import StudyInputs

from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.study.case import Role

from .runner_bench import SMALL, alive

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def test_a_worker_that_heeds_a_cancel_lives_on(bench: Callable) -> None:
    desk = bench("wait_for_cancel")
    heard = desk.start()
    desk.clock.wait(lambda: heard.begun)
    desk.runner.cancel()
    desk.runner.cancel()
    assert desk.wait(heard).last_word == "cancelled"
    assert len(desk.files) == 1
    again = desk.start()
    desk.clock.wait(lambda: again.begun)
    assert len(desk.workers) == 1


@posix
def test_a_worker_that_hangs_is_ended_with_all_that_it_started(
    bench: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_file, "CANCEL_PATIENCE_S", 0.3)
    desk = bench("hang")
    heard = desk.start()
    desk.clock.wait(lambda: sum(len(file.read_text().split()) for file in desk.temporary.rglob("pids")) == 2)
    pids = [int(pid) for pid in next(desk.temporary.rglob("pids")).read_text().split()]
    assert all(alive(pid) for pid in pids)
    desk.runner.cancel()
    assert desk.wait(heard).last_word == "cancelled"
    desk.clock.wait(lambda: not any(alive(pid) for pid in pids))


def test_a_second_run_is_refused_and_a_run_after_a_cancel_waits_for_its_end(bench: Callable) -> None:
    desk = bench("wait_for_cancel")
    first = desk.start()
    with pytest.raises(StrokeSegError, match="under way"):
        desk.start()
    desk.clock.wait(lambda: first.begun)
    desk.runner.cancel()
    second = desk.start()
    desk.clock.wait(lambda: second.begun)
    assert first.last_word == "cancelled"


def test_a_run_that_waits_for_the_end_of_another_can_be_cancelled_too(bench: Callable) -> None:
    desk = bench("wait_for_cancel")
    first = desk.start()
    desk.clock.wait(lambda: first.begun)
    desk.runner.cancel()
    second = desk.start()
    desk.runner.cancel()
    assert second.last_word == "cancelled"
    third = desk.start()
    desk.clock.wait(lambda: third.begun)
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
    desk = bench("succeed")
    heard = desk.start(StudyInputs(volumes={Role.DWI: "n", Role.FLAIR: "m"}), voxels={"n": SMALL, "m": SMALL})
    desk.runner.cancel()
    assert desk.wait(heard).last_word == "cancelled"
    assert len(desk.files) == 1, "the session's folder"


@pytest.mark.parametrize("part", ["hang", "wait_for_cancel", "flood"])
def test_stop_ends_everything_at_once_and_nobody_hears_of_it(bench: Callable, part: str) -> None:
    desk = bench(part)
    heard = desk.start()
    desk.clock.wait(lambda: bool(heard.begun))
    desk.runner.stop()
    desk.clock.pass_(10)
    assert heard.last_word == ""
    assert desk.files == []
    again = desk.start()
    desk.clock.wait(lambda: again.begun)
    assert len(desk.workers) == 2
