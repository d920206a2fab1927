"""What a worker process of Dask runs: cases, one after the other."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..base.errors import OutputError
from ..base.progress import CancelToken, Progress
from ..nets.models.registry import KeptNetworks, keeping
from .answers import AnswerFile
from .work import Answer, Task, work

_kept = KeptNetworks()
"""Of this process: weights are loaded once, whatever thread a case runs in."""
_one_at_a_time = threading.Lock()
CANCEL_HEARD_S = 0.5


def work_in_worker(task: Task, cancel: Path, said: AnswerFile) -> Answer:
    """`work` in a process whose threads take cases one after the other.

    Args:
        task: what to do.
        cancel: a file that cancels by being there.
        said: takes what became of it.
    """
    token = CancelToken()
    with _one_at_a_time, _heard(cancel, token), keeping(_kept):
        try:
            said.begin()
        except OSError as error:
            reason = str(OutputError(f"cannot be written ({error.strerror or error})", where=said.path.parent))
            return Answer("failed", reason, OutputError.__name__)
        answer = work(task, Progress(cancel=token))
        # Where it cannot be written, as on a full disk, Dask takes it to the batch.
        with suppress(OutputError):
            said.write(answer)
        return answer


def dask_setup(worker: object) -> None:
    """Dask calls it where a worker of our own cluster starts. A terminal sends Ctrl-C to all processes: the batch hears
    it, and tells the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _heard(cancel: Path, token: CancelToken) -> Iterator[None]:
    over = threading.Event()

    def watch() -> None:
        while not over.wait(CANCEL_HEARD_S):
            if cancel.exists():
                token.cancel()
                return

    if cancel.exists():
        token.cancel()
    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()
