"""Who does the cases of a batch: this process, or processes that Dask knows, here or on other computers."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from typing import Any, Protocol
from uuid import uuid4

from ..base.errors import InputError
from ..base.progress import Progress
from ..nets.models.registry import KeptNetworks, keeping
from .answers import AnswerFile
from .cluster import PATIENCE_S, dask_client
from .deaths import Died, WorkerEnds, told_of_crashes
from .work import Answer, Task, work
from .worker_process import CANCEL_HEARD_S, work_in_worker

HERE = "this process"
_LAST_WORDS_S = 10.0
"""How long cases may take to hear that they are cancelled."""
_POST_MORTEM_S = 2.0
"""How long is waited for how a worker ended."""
_PLENTY = 2
"""Cases that must wait for each worker, for it to be handed one ahead: asking for the next takes some 30 ms."""
_MOST_MISSED = 100
"""Cases that are said not to have been begun. More are a sign of folders that workers and batch do not share in time;
then a case whose worker died is taken for begun, and no case goes round for ever."""
_LOOK_S = 0.25
"""How often is looked whether workers are still there."""


NOT_BEGUN = Answer("cancelled")
"""Of a case that a dead worker had not begun."""
Ended = tuple[Answer | Died, str]
"""What became of the case that a worker was at, and the worker's address."""


class Workers(Protocol):
    """Processes that do cases, each one at a time."""

    def free(self, waiting: int) -> list[str]:
        """Those that can be handed a case, by their addresses; while many wait, one ahead of the case that they are at:
        they begin with it by themselves."""

    def start(self, task: Task, address: str, progress: Progress) -> None:
        """Hands a free worker a case."""

    def finished(self) -> list[Ended]:
        """Cases that have ended, in order, by name, with their answers and workers; how it ended where the worker died.

        It waits a moment where none has.
        """


class OwnProcess:
    """The batch's own process: weights are loaded once, a case's own progress is shown."""

    def __init__(self) -> None:
        self._ended: list[Ended] = []

    def free(self, waiting: int) -> list[str]:
        return [] if self._ended else [HERE]

    def start(self, task: Task, address: str, progress: Progress) -> None:
        self._ended.append((work(task, progress), address))

    def finished(self) -> list[Ended]:
        ended, self._ended = self._ended, []
        return ended


class DaskWorkers:
    """Workers of a Dask scheduler. Each case is sent to a worker by its address, and begins and ends with a word in a
    file: of a worker that died it is known which case it was at, and what it has done is done.

    Args:
        client: of the scheduler.
        cancel: file that cases are cancelled by.
        answers: folder for what workers say of their cases.
        ends: hears how workers end; None where they are on computers of which nobody tells.
    """

    def __init__(self, client: Any, cancel: Path, answers: Path, ends: WorkerEnds | None = None) -> None:
        self._client, self._cancel, self._answers, self._ends = client, cancel, answers, ends
        self._processes: dict[str, int] = {}
        """Numbers of workers' processes, by their addresses."""
        self._run = uuid4().hex[:12]
        self._running: dict[str, list[tuple[Any, AnswerFile]]] = {}
        """By address: future and answer of the case that it is at, and of the one that it has ahead."""
        self._missed = 0
        self._seen = time.monotonic()
        self._addresses: Collection[str] = ()
        self._looked = float("-inf")
        self._news = threading.Event()

    def free(self, waiting: int) -> list[str]:
        there = sorted(self._there())
        if there or self._running:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > PATIENCE_S:
            raise InputError(
                f"the scheduler has had no worker for {PATIENCE_S:g} s",
                where=self._client.scheduler.address,
                fix="Start workers for it: dask worker ADDRESS",
                option="scheduler",
            )
        idle = [address for address in there if address not in self._running]
        # The last cases go to whoever is done first.
        plenty = waiting > _PLENTY * len(there)
        return idle + [address for address in there if plenty and len(self._running.get(address, ())) == 1]

    def start(self, task: Task, address: str, progress: Progress) -> None:
        key = f"{self._run}-{uuid4().hex[:12]}"
        said = AnswerFile(self._answers / key)
        future = self._client.submit(
            work_in_worker,
            task,
            self._cancel,
            said,
            key=f"strokeseg-{key}",
            workers=[address],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        self._running.setdefault(address, []).append((future, said))
        if self._ends is not None and (process := _process_at(address, self._client.cluster)) is not None:
            self._processes[address] = process
        future.add_done_callback(lambda _: self._news.set())

    def finished(self) -> list[Ended]:
        self._news.wait(_LOOK_S)
        self._news.clear()
        return self._ended()

    def _there(self) -> Collection[str]:
        """Addresses of all workers that the scheduler has, or had a moment ago: asking takes milliseconds, and each end
        of a case would ask several times."""
        if time.monotonic() - self._looked > _LOOK_S:
            self._addresses, self._looked = self._ask(), time.monotonic()
        return self._addresses

    def _ask(self) -> Collection[str]:
        try:
            addresses: Collection[str] = self._client.nthreads()
        except (OSError, TimeoutError) as error:
            raise InputError(
                f"the scheduler does not answer any more ({error})",
                where=self._client.scheduler.address,
                option="scheduler",
                fix="Start it again, and then the batch: it goes on where it was",
            ) from error
        return addresses

    def cancel(self) -> list[Ended]:
        """Cancels all that runs, and waits a little for the answers."""
        if not self._running:
            return []
        self._cancel.touch()
        until = time.monotonic() + _LAST_WORDS_S
        heard = []
        while self._running and time.monotonic() < until:
            try:
                heard += self.finished()
            except InputError:
                break  # nobody is there any more who would answer
        return heard

    def _ended(self) -> list[Ended]:
        found: list[Ended] = []
        for address, cases in list(self._running.items()):
            while cases and (cases[0][0].done() or address not in self._there()):
                future, said = cases.pop(0)
                answer = said.read() or _answer(future)
                found.append((answer or self._death(address, said), address))
                said.remove()
                if answer is None:
                    # What it had ahead was not begun.
                    for other, _ in ((future, said), *cases):
                        other.cancel()
                    cases.clear()
            if not cases:
                del self._running[address]
        return found

    def _death(self, address: str, said: AnswerFile) -> Died | Answer:
        """How a worker ended: whoever starts its successor knows a moment later than the scheduler misses it. Of a case
        that it had not begun, that it was given up."""
        if not said.begun and self._missed < _MOST_MISSED:
            self._missed += 1
            return NOT_BEGUN
        process, until = self._processes.get(address), time.monotonic() + _POST_MORTEM_S
        if self._ends is None or process is None:
            return Died()
        while (how := self._ends.of(process)) is None and time.monotonic() < until:
            time.sleep(0.05)
        return Died(how) if how else Died()


def _process_at(address: str, cluster: Any) -> int | None:
    """Number of the process of a worker of our own cluster."""
    found = (nanny.pid for nanny in cluster.workers.values() if nanny.worker_address == address)
    return next(found, None)


def _answer(future: Any) -> Answer | None:
    """The answer of a case that has ended; None where its worker died of it again and again."""
    if future.status == "finished":
        try:
            answer: Answer = future.result(timeout=_LAST_WORDS_S)
        except Exception:  # of whatever kind: the worker that had it is gone
            return None
        return answer
    error = future.exception() if future.status == "error" else None
    if error is None or type(error).__name__ == "KilledWorker":
        return None
    # What a worker cannot even begin: another Python, a library that is missing.
    return Answer("failed", f"the worker cannot do it ({type(error).__name__}: {error})", type(error).__name__)


@contextmanager
def own_process(folder: Path) -> Iterator[OwnProcess]:
    """This process, its networks kept for the block; a crash leaves a word in the folder."""
    with keeping(KeptNetworks()), told_of_crashes(folder):
        yield OwnProcess()


@contextmanager
def dask_workers(scheduler: str | None, workers: int, cancel: Path, answers: Path) -> Iterator[DaskWorkers]:
    """Workers of an existing scheduler, or of a local cluster that ends with the block.

    Args:
        scheduler: its address; None for a cluster of our own.
        workers: how many it has.
        cancel: file that cases are cancelled by; the workers must see the same folders as we do.
        answers: folder for what workers say of their cases; it goes with the block, and what a killed call left in it.

    Raises:
        InputError: if Dask is missing, or no scheduler answers.
    """
    if find_spec("distributed") is None:
        raise InputError(
            "several workers need Dask", option="workers", fix='Install it: pip install "strokeseg[batch]"'
        )
    cancel.unlink(missing_ok=True)
    rmtree(answers, ignore_errors=True)
    ends = WorkerEnds() if scheduler is None else None
    with nullcontext() if ends is None else ends.listening(), dask_client(scheduler, workers) as client:
        try:
            yield DaskWorkers(client, cancel, answers, ends)
        finally:
            # Longer than a worker takes to look: none misses it.
            if cancel.exists():
                time.sleep(CANCEL_HEARD_S)
                cancel.unlink(missing_ok=True)
            rmtree(answers, ignore_errors=True)
