"""What the worker is told while it works: jobs, a cancel, the end; by files, by lines, or by the parent's death."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..base.errors import printable
from ..base.json_files import parse_json
from ..base.progress import CancelToken
from .job import CANCEL, NAME
from .parent import is_alive

QUIT = "quit"
"""In a session's folder: the file that ends the worker by being there."""
LONGEST_LINE = 1 << 16
"""Bytes of a command."""
_SHOWN = 200
POLL_S = 0.1
_PARENT_EVERY_S = 1.0


class Control:
    """Watches from threads of its own, so that a cancel is heard in the middle of a long step.

    Args:
        session: folder whose jobs are taken as they appear; None for none.
        parent: number of the process to outlive by no more than a moment; None for none.
        listener_gone: whether nobody reads our answers any more.
    """

    def __init__(self, session: Path | None, parent: int | None, listener_gone: Callable[[], bool]) -> None:
        self._session = session
        self._parent = parent
        self._listener_gone = listener_gone
        self._jobs: queue.Queue[Path] = queue.Queue()
        self._taken: set[Path] = set()
        self._lock = threading.Lock()
        self._current: tuple[Path, CancelToken] | None = None
        self._ended = threading.Event()
        self.orphaned = False

    def watch(self, lines: bool = False) -> None:
        """Begins to watch the session's folder and the parent, and with `lines` standard input, too."""
        threading.Thread(target=self._watch_files, daemon=True).start()
        if lines:
            threading.Thread(target=self._watch_lines, daemon=True).start()

    def add(self, job: Path) -> None:
        """One more job."""
        self._jobs.put(job)

    def end(self) -> None:
        """No more jobs; the current job is cancelled."""
        self._ended.set()
        self.cancel()

    def cancel(self) -> None:
        """Cancels the current job, if there is any."""
        with self._lock:
            if self._current is not None:
                self._current[1].cancel()

    def jobs(self, idle_s: float) -> Iterator[tuple[Path, CancelToken]]:
        """Jobs one by one as they come, each with its token, until the end or until none came for so long."""
        waited = time.monotonic()
        while not self._ended.is_set() and time.monotonic() - waited < idle_s:
            try:
                job = self._jobs.get(timeout=POLL_S)
            except queue.Empty:
                continue
            token = CancelToken()
            with self._lock:
                self._current = job, token
            if (job.parent / CANCEL).exists():
                token.cancel()
            yield job, token
            with self._lock:
                self._current = None
            waited = time.monotonic()

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def _watch_files(self) -> None:
        asked = 0.0
        while not self._ended.wait(POLL_S):
            if time.monotonic() - asked > _PARENT_EVERY_S:
                asked = time.monotonic()
                if self._alone():
                    self.orphaned = True
                    self.end()
                    return
            with self._lock:
                current = self._current
            if current is not None and (current[0].parent / CANCEL).exists():
                current[1].cancel()
            if self._session is None:
                continue
            if (self._session / QUIT).exists():
                self.end()
                return
            for job in sorted(self._session.glob(f"*/{NAME}")):
                if job not in self._taken:
                    self._taken.add(job)
                    self.add(job)

    def _alone(self) -> bool:
        gone = self._parent is not None and not is_alive(self._parent)
        # Whoever takes the folder away wants no answer, either.
        return gone or self._listener_gone() or (self._session is not None and not self._session.is_dir())

    def _watch_lines(self) -> None:
        if sys.stdin is not None:
            # Past Python's own buffer, whose lock a thread that waits for input would hold at the process's end.
            descriptor = sys.stdin.fileno()
            for line in bounded_lines(lambda: os.read(descriptor, LONGEST_LINE)):
                self._obey(line)
        # The end of the input is the end of whoever wrote it.
        self.orphaned = True
        self.end()

    def _obey(self, line: bytes) -> None:
        """Does what a line says; a line that says nothing that can be done is told of, and the next is heard."""
        words = line.decode("utf-8", "replace").strip()
        try:
            order = parse_json(words)
        except ValueError:
            order = {"command": words}
        command = order.get("command") if isinstance(order, dict) else None
        if command == "cancel":
            self.cancel()
        elif command == "quit":
            self.end()
        elif command == "run" and isinstance(order.get("job"), str):
            self.add(Path(order["job"]))
        else:
            print(f"no such command: {printable(words[:_SHOWN])}", file=sys.stderr)


def bounded_lines(read: Callable[[], bytes]) -> Iterator[bytes]:
    """The lines of what is read; of a line that is longer than any command only the beginning, and no more is kept.

    Args:
        read: gives the next bytes, none at the end.
    """
    begun = b""
    while content := read():
        *whole, rest = content.split(b"\n")
        for line in whole:
            yield (begun + line)[:LONGEST_LINE]
            begun = b""
        begun = (begun + rest)[:LONGEST_LINE]
    if begun:
        yield begun
