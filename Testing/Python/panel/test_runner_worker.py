"""What becomes of the worker: it stays warm, dies, floods, falls silent."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from StrokeSegExtensionLib import worker_job

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def test_a_warm_worker_serves_the_next_case(bench: Callable) -> None:
    one = bench("succeed")
    pids = [one.wait(one.start()).record.content["pid"] for _ in range(3)]
    assert len(set(pids)) == len(one.workers) == 1


def test_a_worker_that_dies_leaves_its_last_lines_and_the_next_run_has_a_new_one(bench: Callable) -> None:
    one = bench("die")
    heard = one.wait(one.start())
    assert heard.last_word == "failed"
    assert "exit code 7" in heard.error.what
    assert heard.error.log[-2:] == ("loading", "out of ideas")
    assert len(one.files) == 1
    one.wait(one.start())
    assert len(one.workers) == 2


@posix
def test_a_worker_that_is_killed_is_said_to_lack_memory(bench: Callable) -> None:
    one = bench("wait_for_cancel")
    heard = one.start()
    one.clock.wait(lambda: heard.begun)
    os.kill(one.workers[0].pid, signal.SIGKILL)
    one.wait(heard)
    assert "memory" in heard.error.what
    assert "Close other programs" in heard.error.fix


def test_a_worker_that_says_nothing_is_spoken_of(bench: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_job, "SILENCE_S", 0.2)
    one = bench("wait_for_cancel")
    heard = one.start()
    one.clock.wait(lambda: any("said nothing" in line for line in heard.log))
    assert heard.last_word == ""


def test_a_flood_of_lines_does_not_hold_the_result_up(bench: Callable) -> None:
    one = bench("flood")
    heard = one.wait(one.start())
    assert heard.last_word == "finished"
    assert len(heard.log) < 50_000, "of a flood the end is kept"
    assert "line 199999" in " ".join(heard.log)


def test_bytes_of_another_code_page_and_endless_lines_do_no_harm(bench: Callable) -> None:
    one = bench("odd")
    heard = one.wait(one.start())
    assert heard.last_word == "finished"
    assert (0.25, "nach 中") in heard.progress
    assert max(len(line) for line in heard.log) <= 2000


def test_a_worker_that_went_to_rest_as_the_job_came_is_started_again(bench: Callable) -> None:
    one = bench("rest")
    assert one.wait(one.start()).last_word == "finished"
    assert len(one.workers) == 2
