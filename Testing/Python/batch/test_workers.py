"""Which workers of Dask are handed a case, and what a dead worker takes with it; the client does as the test says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.batch import workers
from StrokeSegLogic.batch.answers import AnswerFile
from StrokeSegLogic.batch.cases import BatchCase
from StrokeSegLogic.batch.deaths import Died
from StrokeSegLogic.batch.work import Answer, Task
from StrokeSegLogic.batch.workers import NOT_BEGUN, DaskWorkers
from StrokeSegLogic.outputs.settings import StudySettings


class Future:
    """Of a case that the test ends."""

    def __init__(self, said: AnswerFile) -> None:
        self.said, self.status, self.told = said, "pending", list[Callable[[Any], None]]()

    def done(self) -> bool:
        return self.status != "pending"

    def result(self, timeout: float) -> Answer:
        raise TimeoutError("its worker is gone")

    def cancel(self) -> None:
        self.status = "cancelled"

    def add_done_callback(self, told: Callable[[Any], None]) -> None:
        self.told.append(told)

    def end(self, name: str) -> None:
        """The worker says what became of it."""
        self.said.begin()
        self.said.write(Answer("done", worker=name, changed=("a.txt",)))
        self.status = "finished"
        for told in self.told:
            told(self)


class Client:
    """A scheduler with workers that the test names."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.futures: dict[str, Future] = {}
        self.scheduler = type("Scheduler", (), {"address": "tcp://nowhere"})

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.addresses, 1)

    def submit(self, _function: Any, task: Task, _cancel: Path, said: AnswerFile, **_options: Any) -> Future:
        self.futures[task.case.name] = Future(said)
        return self.futures[task.case.name]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(workers, "_LOOK_S", 0.0)
    return Client("tcp://1", "tcp://2")


def start(there: DaskWorkers, name: str, address: str) -> None:
    def runner(*_: Any) -> dict[str, Any]:
        return {}

    there.start(Task(BatchCase(name, name), Path(name), StudySettings(), runner), address, Progress())


def test_a_worker_is_handed_one_ahead_while_many_wait_and_never_two(client: Client, tmp_path: Path) -> None:
    there = DaskWorkers(client, tmp_path / "cancel", tmp_path / "answers")
    assert there.free(100) == ["tcp://1", "tcp://2"]
    start(there, "a", "tcp://1")
    assert there.free(100) == ["tcp://2", "tcp://1"], "whoever has nothing comes first"
    start(there, "b", "tcp://2")
    assert there.free(4) == [], "the last cases go to whoever is done first"
    assert there.free(5) == ["tcp://1", "tcp://2"]
    start(there, "c", "tcp://1")
    start(there, "d", "tcp://2")
    assert there.free(100) == []
    client.futures["a"].end("a")
    assert [(answer.worker, address) for answer, address in there.finished()] == [("a", "tcp://1")]
    assert there.free(100) == ["tcp://1"] and there.free(4) == []
    client.futures["c"].end("c")
    assert [answer.worker for answer, _ in there.finished()] == ["c"]
    assert there.free(4) == ["tcp://1"]


def dead(client: Client, there: DaskWorkers, address: str = "tcp://1") -> list[Any]:
    """What is heard once a worker has died."""
    client.addresses.remove(address)
    return [answer for answer, _ in there.finished()]


def test_a_dead_worker_takes_the_case_that_it_was_at_and_not_that_which_it_had_ahead(
    client: Client, tmp_path: Path
) -> None:
    there = DaskWorkers(client, tmp_path / "cancel", tmp_path / "answers")
    for name, address in (("a", "tcp://1"), ("b", "tcp://2"), ("c", "tcp://1"), ("d", "tcp://2")):
        start(there, name, address)
    client.futures["a"].said.begin()
    (answer,) = dead(client, there)
    assert isinstance(answer, Died)
    assert {name for name, future in client.futures.items() if future.status == "cancelled"} == {"a", "c"}
    client.futures["b"].end("b")
    client.futures["d"].end("d")
    assert [answer.worker for answer, _ in there.finished()] == ["b", "d"]


def test_a_case_that_a_worker_had_ended_is_done_and_the_next_is_blamed(client: Client, tmp_path: Path) -> None:
    there = DaskWorkers(client, tmp_path / "cancel", tmp_path / "answers")
    start(there, "a", "tcp://1")
    start(there, "b", "tcp://1")
    client.futures["a"].end("a")
    client.futures["a"].status = "pending"  # its result went with the worker's memory
    client.futures["b"].said.begin()
    done, died = dead(client, there)
    assert done == Answer("done", worker="a", changed=("a.txt",))
    assert isinstance(died, Died)


def test_a_case_that_a_dead_worker_had_not_begun_is_nobodys_fault(client: Client, tmp_path: Path) -> None:
    there = DaskWorkers(client, tmp_path / "cancel", tmp_path / "answers")
    start(there, "a", "tcp://1")
    assert dead(client, there) == [NOT_BEGUN]


def test_no_case_goes_round_for_ever_where_workers_words_are_not_seen(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_MOST_MISSED", 1)
    there = DaskWorkers(client, tmp_path / "cancel", tmp_path / "answers")
    start(there, "a", "tcp://1")
    start(there, "b", "tcp://2")
    assert dead(client, there) == [NOT_BEGUN]
    (answer,) = dead(client, there, "tcp://2")
    assert isinstance(answer, Died)
