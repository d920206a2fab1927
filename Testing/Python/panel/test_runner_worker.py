"""What becomes of the worker: it stays warm, dies, floods, falls silent."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from StrokeSegExtensionLib import worker_job

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def test_a_warm_worker_serves_the_next_case(bench: Callable) -> None:
    desk = bench("succeed")
    pids = [desk.wait(desk.start()).record.content["pid"] for _ in range(3)]
    assert len(set(pids)) == len(desk.workers) == 1


def test_a_worker_that_dies_leaves_its_last_lines_and_the_next_run_has_a_new_worker(bench: Callable) -> None:
    desk = bench("die")
    heard = desk.wait(desk.start())
    assert heard.last_word == "failed"
    assert "exit code 7" in heard.error.what
    assert heard.error.log[-2:] == ("loading", "out of ideas")
    assert len(desk.files) == 1
    desk.wait(desk.start())
    assert len(desk.workers) == 2


@posix
def test_a_worker_that_is_killed_is_said_to_lack_memory(bench: Callable) -> None:
    desk = bench("wait_for_cancel")
    heard = desk.start()
    desk.clock.wait(lambda: heard.begun)
    os.kill(desk.workers[0].pid, signal.SIGKILL)
    desk.wait(heard)
    assert "memory" in heard.error.what
    assert "Close other programs" in heard.error.fix


def test_a_worker_that_says_nothing_is_spoken_of(bench: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_job, "SILENCE_S", 0.2)
    desk = bench("wait_for_cancel")
    heard = desk.start()
    desk.clock.wait(lambda: any("said nothing" in line for line in heard.log))
    assert heard.last_word == ""


def test_a_flood_of_lines_does_not_hold_the_result_up(bench: Callable) -> None:
    desk = bench("flood")
    heard = desk.wait(desk.start())
    assert heard.last_word == "finished"
    assert len(heard.log) < 50_000, "of a flood the end is kept"
    assert "line 199999" in " ".join(heard.log)


def test_bytes_of_another_code_page_and_endless_lines_do_no_harm(bench: Callable) -> None:
    desk = bench("odd")
    heard = desk.wait(desk.start())
    assert heard.last_word == "finished"
    assert (0.25, "nach 中") in heard.progress
    assert max(len(line) for line in heard.log) <= 2000


def test_a_worker_that_went_to_rest_as_the_job_came_is_started_again(bench: Callable) -> None:
    desk = bench("rest")
    assert desk.wait(desk.start()).last_word == "finished"
    assert len(desk.workers) == 2
