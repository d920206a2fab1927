"""The worker's process as the panel sees it: events and log lines as they come, and its end."""

from __future__ import annotations

import queue
import shutil
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import IO, Any

import StrokeSegLogic
from StrokeSegLogic.base.errors import StrokeSegError
from StrokeSegLogic.worker.protocol import Event, parse_line

from .process_tree import end_tree

LAST_LINES = 20
"""How much of its log a worker that died leaves."""
_MOST_LINES = 200
_LONGEST = 2000
_LAUNCHER = "PythonSlicer"


class WorkerProcess:
    """A worker that takes jobs from a session's folder.

    Args:
        arguments: of the worker.
        main: the program; the package's own if None.
    """

    def __init__(self, arguments: list[str], main: Path | None = None) -> None:
        self.pid: int | None = None
        self._process = _launch([str(main or _main()), *arguments])
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._heard = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def heard(self) -> int:
        """How many lines have come; it grows as long as the worker is alive."""
        return self._heard

    @property
    def exit_code(self) -> int | None:
        """None as long as it runs, or has left something unread."""
        # Waiting lets the thread run: Slicer's event loop may hold Python's lock.
        self._thread.join(0.001)
        if self._thread.is_alive() or not self._events.empty():
            return None
        return self._process.poll()

    @property
    def last_lines(self) -> tuple[str, ...]:
        """What it said last that was no event."""
        return tuple(self._last)

    def events(self) -> list[Event]:
        """The events since the last call."""
        found = []
        while not self._events.empty():
            event = self._events.get()
            if event.name == "ready" and isinstance(event.values.get("pid"), int):
                self.pid = event.values["pid"]
            found.append(event)
        return found

    def lines(self) -> list[str]:
        """The log since the last call; of a flood the end."""
        found = []
        while self._lines:
            found.append(self._lines.popleft())
        return found

    def kill(self) -> None:
        """Ends it and all that it started."""
        self.events()
        end_tree(self._process, self.pid)

    def _read(self) -> None:
        stream: Any = self._process.stdout
        raw: IO[bytes] = getattr(stream, "buffer", stream)
        with stream:
            # Bytes: a library may print in any code page, and a reader that stumbles would hold the worker up.
            for content in raw:
                self._heard += 1
                self._take(content[:_LONGEST] if b'{"event": ' not in content else content)

    def _take(self, content: bytes) -> None:
        text = content.decode("utf-8", "replace").rstrip()
        event = parse_line(text)
        if event is None:
            self._lines.append(text)
            self._last.append(text)
        elif event.name != "alive":
            self._events.put(event)


def _main() -> Path:
    # By its path: what PYTHONPATH says may be reset by Slicer's launcher.
    return Path(StrokeSegLogic.__file__).resolve().parent / "worker" / "__main__.py"


def _launch(arguments: list[str]) -> subprocess.Popen[str]:
    """Starts Python with these arguments; standard error comes with standard output.

    Not by `slicer.util.launchConsoleProcess`, whose reader stumbles over bytes of another code page and gives up.

    Raises:
        StrokeSegError: if it cannot be started.
    """
    launcher = _slicer_python()
    try:
        return subprocess.Popen(
            [launcher or sys.executable, *arguments],
            env=_environment() if launcher else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **_hidden(),
        )
    except OSError as error:
        raise StrokeSegError(
            f"the worker cannot be started ({error.strerror or error})",
            where=_LAUNCHER,
            fix="Check that Slicer is installed completely and that no virus scanner holds it back",
        ) from error


def _environment() -> dict[str, str]:
    """That of Slicer before its own launcher changed it, as `slicer.util.launchConsoleProcess` has it."""
    import slicer

    found: dict[str, str] = slicer.util.startupEnvironment()
    return found


def _hidden() -> dict[str, Any]:
    """Keeps Windows from opening a black window."""
    if sys.platform != "win32":
        return {}
    return {"creationflags": subprocess.CREATE_NO_WINDOW}


def _slicer_python() -> str | None:
    """The Python of the Slicer that this runs in; None outside of Slicer."""
    try:
        import slicer

        home = slicer.app.slicerHome
    except (ImportError, AttributeError):
        return None
    beside = Path(home) / "bin" / (f"{_LAUNCHER}.exe" if sys.platform == "win32" else _LAUNCHER)
    return str(beside) if beside.exists() else shutil.which(_LAUNCHER)
