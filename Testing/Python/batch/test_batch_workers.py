"""Real schedulers with two workers each on loopback; a worker is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from batch_runners import runs, studies, write, write_after_a_moment, write_slowly
from distributed import LocalCluster

from StrokeSegLogic.base.errors import Cancelled, InputError
from StrokeSegLogic.base.progress import CancelToken, Progress
from StrokeSegLogic.batch import cluster, journal
from StrokeSegLogic.batch.record import BatchResult, read_batch
from StrokeSegLogic.batch.run import run_batch

NAMES = ("a", "victim", "killer", "odd", "b", "c", "d")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("batch")


@pytest.fixture(scope="module")
def result(home: Path) -> BatchResult:
    """A batch on two processes. "victim" is killed from outside when it has begun; "killer" ends its process, as it did
    in an earlier call."""
    cases, output = studies(home, NAMES), home / "out"
    output.mkdir()
    with journal.writing(output) as events:
        events.append("batch", settings={}, cases={"killer": "killer"}, notes=[])
        events.append("started", case="killer", worker="earlier", study=cases[2].study)
    killed = []

    def kill_the_victim(fraction: float, message: str) -> None:
        begun = home / "studies" / "victim.begun"
        if begun.exists() and not killed:
            killed.append(int((home / "studies" / "victim.pid").read_text()))
            os.kill(killed[0], signal.SIGKILL)

    (home / "temporary").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(home / "temporary"))
        found = run_batch(cases, output, workers=2, progress=Progress(kill_the_victim), runner=write_slowly)
    assert killed, "otherwise nothing was tried"
    return found


def told(output: Path) -> Counter[tuple[str, str]]:
    """How often the journal tells what of which case."""
    found, _, _ = journal.read(output / journal.NAME)
    return Counter((event["event"], event["case"]) for event in found if "case" in event)


def test_every_case_is_done_once_by_the_record_though_a_worker_was_killed(home: Path, result: BatchResult) -> None:
    count = told(home / "out")
    for name in ("a", "victim", "b", "c", "d"):
        assert count["done", name] == 1, name
    assert sorted(runs(home)) == ["a", "b", "c", "d", "victim"]
    assert (count["started", "victim"], count["died", "victim"]) == (2, 1)
    assert count["started", "a"] == count["started", "d"] == 1, "no other case is blamed, or done twice"


def test_a_case_that_ends_its_worker_twice_is_named_and_not_tried_for_ever(home: Path, result: BatchResult) -> None:
    reasons = {entry.case: entry.reason for entry in result.of_state("failed")}
    assert "ended 2 times in the middle of it: nobody saw how; killed from outside by signal 9" in reasons["killer"]
    assert "nothing to divide by" in reasons["odd"]
    assert set(reasons) == {"killer", "odd"} and told(home / "out")["died", "killer"] == 2


def test_nothing_is_left_among_the_temporary_files(home: Path, result: BatchResult) -> None:
    assert list((home / "temporary").iterdir()) == []


def test_the_next_call_in_one_process_verifies_what_workers_did(home: Path, result: BatchResult) -> None:
    cases = [case for case in studies(home / "again", NAMES) if case.name in ("a", "b")]
    for case in cases:
        # Where a study lies does not count, its content does.
        assert (Path(str(case.study)) / "DWI.nii.gz").read_text() == case.name
    found = run_batch(cases, home / "out", runner=write)
    assert told(home / "out")["verified", "a"] == 1 and runs(home / "again") == []
    assert [entry.case for entry in found.entries if entry.listed] == ["a", "b"]
    assert found.counts["done"] == 5, "those of earlier calls are still told of"


@pytest.mark.slow
def test_workers_that_are_killed_at_random_lose_and_repeat_no_case(tmp_path: Path) -> None:
    random, names = Random(1), [f"case {number}" for number in range(60)]
    cases, over, kills = studies(tmp_path, names), threading.Event(), 0

    def kill() -> None:
        nonlocal kills
        while not over.wait(random.uniform(1.0, 2.5)):
            begun = sorted((tmp_path / "studies").glob("*.pid"), key=lambda path: path.stat().st_mtime)
            with suppress(ProcessLookupError, ValueError):  # it has gone already, or its number is just being written
                if begun:
                    os.kill(int(begun[-1].read_text()), signal.SIGKILL)
                    kills += 1

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        found = run_batch(cases, tmp_path / "out", workers=2, runner=write_after_a_moment)
    finally:
        over.set()
        killing.join()
    assert kills > 3
    done = [entry.case for entry in found.of_state("done")]
    assert sorted(runs(tmp_path)) == sorted(done), "each is done once, and what was done counts"
    assert all("ended 2 times" in entry.reason for entry in found.of_state("failed"))
    assert len(done) + len(found.of_state("failed")) == len(names)


def test_an_existing_scheduler_is_used_by_its_address(tmp_path: Path) -> None:
    cases, output = studies(tmp_path, ["a", "b", "c"]), tmp_path / "out"
    token = CancelToken()

    def cancel_at_c(fraction: float, message: str) -> None:
        if "2 of 3" in message:
            token.cancel()

    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with LocalCluster(processes=False, protocol="tcp", **options) as cluster:
        address = cluster.scheduler_address
        assert address.startswith("tcp://127.0.0.1:")
        assert run_batch(cases[:2], output, scheduler=address, runner=write).counts["done"] == 2
        started = [json.loads(line) for line in (output / journal.NAME).read_text().splitlines()]
        assert {event["worker"].split(":")[0] for event in started if event["event"] == "started"} == {"tcp"}
        with pytest.raises(Cancelled):
            run_batch(cases, output, scheduler=address, progress=Progress(cancel_at_c, token), runner=write)
    assert {entry.case: entry.state for entry in read_batch(output).entries if entry.case != "c"} == {
        "a": "done",
        "b": "done",
    }
    assert not (output / ".strokeseg-cancel").exists()


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_ANSWER_S", 1.0)
    with pytest.raises(InputError, match="tcp://127.0.0.1:1: no scheduler answers"):
        run_batch(studies(tmp_path, ["a"]), tmp_path / "out", scheduler="tcp://127.0.0.1:1", runner=write)
    assert runs(tmp_path) == []
