"""How a process ended in the middle of a case: by a fault of its own, or killed from outside."""

from __future__ import annotations

import faulthandler
import logging
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CRASH = ".strokeseg-crash"
"""In the output folder while a batch's own process is at work: what Python writes into it as it crashes."""
UNSEEN = "nobody saw how"
_OUTSIDE = "killed from outside, or the computer went down"
_FAULTS = {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGSYS", "SIGTRAP"}
_SAID = {
    "Segmentation fault": "SIGSEGV",
    "Bus error": "SIGBUS",
    "Illegal instruction": "SIGILL",
    "Floating": "SIGFPE",
    "Aborted": "SIGABRT",
}
"""Words of Python's fault handler."""
_KILLED = re.compile(r"Worker process (\d+) was killed by signal (\d+)")
_EXITED = re.compile(r"Worker process (\d+) exited with status (\d+)")


@dataclass(frozen=True)
class Died:
    """The end of a process that left no answer; `how` in words."""

    how: str = UNSEEN


def by_signal(number: int) -> str:
    """How a process ended that a signal ended, in words."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = "unknown"
    if name in _FAULTS:
        return f"crashed by signal {number} ({name}), by a library's fault"
    why = ", by hand or by the system for lack of memory" if name == "SIGKILL" else ""
    return f"killed from outside by signal {number} ({name}){why}"


@contextmanager
def told_of_crashes(folder: Path) -> Iterator[None]:
    """Python leaves a word in the folder if this process crashes within the block; a process that was killed leaves the
    file empty. Nothing is done where somebody else listens for faults, as pytest does."""
    if faulthandler.is_enabled():
        yield
        return
    path = folder / CRASH
    with path.open("wb") as file:
        faulthandler.enable(file, all_threads=False)
        try:
            yield
        finally:
            faulthandler.disable()
            with suppress(OSError):
                path.unlink()


def how_the_last_ended(folder: Path) -> str:
    """How the process ended that worked in this folder before and took no leave, in words."""
    try:
        said = (folder / CRASH).read_text("utf-8", "replace")[:1000]
    except OSError:
        return UNSEEN
    if "Fatal Python error" not in said:
        return _OUTSIDE
    known = next((name for words, name in _SAID.items() if words in said), None)
    return by_signal(signal.Signals[known]) if known else "crashed, by a library's fault"


class WorkerEnds(logging.Handler):
    """Hears from Dask how its workers on this computer have ended."""

    def __init__(self) -> None:
        super().__init__()
        self._how: dict[int, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if found := _KILLED.search(said):
            self._how[int(found[1])] = by_signal(int(found[2]))
        elif found := _EXITED.search(said):
            self._how[int(found[1])] = f"ended by itself with code {found[2]}"

    def of(self, process: int) -> str | None:
        """How a worker's process ended, in words; None as long as nobody said."""
        return self._how.get(process)

    @contextmanager
    def listening(self) -> Iterator[WorkerEnds]:
        """Hears what is said within the block, and passes nothing on that was not said aloud before."""
        nannies = logging.getLogger("distributed.nanny")
        level, aloud = nannies.level, nannies.propagate
        nannies.addHandler(self)
        nannies.setLevel(logging.INFO)
        nannies.propagate = False
        try:
            yield self
        finally:
            nannies.removeHandler(self)
            nannies.setLevel(level)
            nannies.propagate = aloud
