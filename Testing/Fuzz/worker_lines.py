"""A worker process that is told lines, and must answer the next proper job after each of them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

from .outcomes import Answer, Outcome

_PATIENCE_S = 15.0
_START_S = 120.0


class LinesWorker:
    """A worker started with `--lines`, and again whenever it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0
        self._pending = b""

    def tell(self, lines: bytes) -> Answer:
        """What comes of these lines: whether the worker still takes a job behind them."""
        process = self._alive()
        assert process.stdin is not None
        self._asked += 1
        home = f"sentinel-{self._asked}"
        # A folder without a job: the shortest proper answer that there is.
        Path("out", home).mkdir(parents=True)
        order = json.dumps({"command": "run", "job": str(Path("out", home, "job.json").absolute())}).encode()
        until = time.monotonic() + _PATIENCE_S
        try:
            written = _written(process.stdin.fileno(), lines + order + b"\n", until)
        except BrokenPipeError:
            return self._died()
        while written and time.monotonic() < until:
            line = self._next(until)
            if line is None:
                return self._died()
            event = json.loads(line)
            if event.get("job") == home and event.get("code") == 1 and event["event"] == "error":
                return Answer(Outcome.OK, str(event.get("what", "")))
            if event["event"] == "error" and event.get("code") == 2:
                return Answer(Outcome.TRACEBACK, str(event.get("what", "")))
        process.kill()
        process.wait()
        return Answer(Outcome.HANG, f"the worker does not answer any more after {lines[:200]!r}")

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._pending = b""
            self._process = subprocess.Popen(
                [sys.executable, "-m", "StrokeSegLogic.worker", "--lines"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(__file__).parent,
                bufsize=0,
            )
            assert self._process.stdin is not None
            os.set_blocking(self._process.stdin.fileno(), False)
            self._next(time.monotonic() + _START_S)  # it says that it is ready
        return self._process

    def _next(self, until: float) -> bytes | None:
        """The next line; empty JSON once it is late, None once the worker has ended."""
        assert self._process is not None and self._process.stdout is not None
        while b"\n" not in self._pending:
            ready, _, _ = select.select([self._process.stdout], [], [], max(until - time.monotonic(), 0))
            if not ready:
                return b'{"event": "late"}'
            piece = os.read(self._process.stdout.fileno(), 65536)
            if not piece:
                return None
            self._pending += piece
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _died(self) -> Answer:
        assert self._process is not None
        code = self._process.wait()
        return Answer(Outcome.CRASH, f"the worker ended with {code} instead of taking the next job")


def _written(stream: int, content: bytes, until: float) -> bool:
    """Writes as the other side reads; whether all of it was taken in time."""
    while content and time.monotonic() < until:
        _, ready, _ = select.select([], [stream], [], max(until - time.monotonic(), 0))
        content = content[os.write(stream, content[:65536]) :] if ready else content
    return not content
