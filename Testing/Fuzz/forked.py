"""Runs of the command line that are killed at a moment that can be named, each in a forked child of a process that
has imported the product already."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
LOG, COUNTS = "log", "counts.json"
TEMPORARY = "tmp"


@dataclass(frozen=True)
class Kill:
    """When a run is killed.

    Attributes:
        at: "step", before a report of progress; "call", before a change of the file system below the run's place; or
            "moment", seconds after its start, in a process of its own; "never".
        number: of the step or call, from 0; or the seconds.
    """

    at: str = "never"
    number: float = 0

    def __str__(self) -> str:
        return self.at if self.at == "never" else f"{self.at} {self.number:g}"


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        code: exit code; negative the signal.
        steps, calls: how many there were, where it was not killed.
        seconds: that it took.
        said: the last lines that it said.
    """

    code: int
    steps: int
    calls: int
    seconds: float
    said: str


def import_product() -> None:
    """What every run needs, once, before the first fork; nothing is computed, so that no thread runs yet."""
    import slicer  # noqa: F401
    import torch

    import StrokeSegLogic.cli.main
    import StrokeSegLogic.mri.engine
    import StrokeSegLogic.outputs.files
    import StrokeSegLogic.slicer_bridge.files
    import StrokeSegLogic.training.cohort.train  # noqa: F401

    torch.set_num_threads(1)


def run(words: Sequence[str], place: Path, kill: Kill) -> Ended:
    """Runs the command line.

    Args:
        words: of the command.
        place: folder that all its files lie in; the current folder of the run. Its temporary files go beside it.
        kill: when it dies.
    """
    log, temporary = place.parent / LOG, place.parent / TEMPORARY
    temporary.mkdir(exist_ok=True)
    began = time.monotonic()
    code = (
        _fresh(words, place, log, temporary, kill)
        if kill.at == "moment"
        else _forked(words, place, log, temporary, kill)
    )
    seconds = time.monotonic() - began
    counts = place.parent / COUNTS
    steps, calls = json.loads(counts.read_text(encoding="ascii")) if counts.exists() else (0, 0)
    counts.unlink(missing_ok=True)
    return Ended(code, steps, calls, seconds, log.read_text(encoding="utf-8", errors="replace")[-1500:])


def _fresh(words: Sequence[str], place: Path, log: Path, temporary: Path, kill: Kill) -> int:
    from .driver import environment

    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "StrokeSegLogic", *words],
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            cwd=place,
            env={**environment(), "TMPDIR": str(temporary)},
            start_new_session=True,
        )
        try:
            return process.wait(kill.number)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.wait()


def _forked(words: Sequence[str], place: Path, log: Path, temporary: Path, kill: Kill) -> int:
    sys.stdout.flush()
    child = os.fork()
    if not child:
        code = 2
        try:
            code = _inside(words, place, log, temporary, kill)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _inside(words: Sequence[str], place: Path, log: Path, temporary: Path, kill: Kill) -> int:
    """The run itself, in the child."""
    os.setsid()
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.chdir(place)
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = None
    counter = _Counter(kill, str(place.parent))
    counter.watch()
    sys.argv = ["strokeseg", *words]
    from StrokeSegLogic.cli.main import main

    code = 0
    try:
        main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    counter.over = True
    (place.parent / COUNTS).write_text(json.dumps([counter.steps, counter.calls]), encoding="ascii")
    return code


class _Counter:
    """Counts reports of progress and changes of files, and kills the process when its number has come."""

    def __init__(self, kill: Kill, below: str) -> None:
        self._kill = kill
        self._below = below
        self.steps = self.calls = 0
        self.over = False

    def watch(self) -> None:
        from StrokeSegLogic.base.progress import Progress

        report = Progress.__call__

        def counted(progress: Progress, fraction: float, message: str) -> None:
            self._count("step")
            report(progress, fraction, message)

        Progress.__call__ = counted  # type: ignore[method-assign, assignment]
        sys.addaudithook(self._seen)

    def _seen(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.over:
            return
        if event == "open":
            path, mode, flags = arguments
            changes = bool(flags & _WRITES) if isinstance(flags, int) else False
            if not changes or (isinstance(mode, str) and mode.startswith("r") and "+" not in mode):
                return
        elif event in _CHANGES:
            path = arguments[0]
        else:
            return
        # Relative to a folder that is open, as rmtree has them, paths are names alone.
        if isinstance(path, str | os.PathLike) and (not os.path.isabs(path) or str(path).startswith(self._below)):  # noqa: PTH117
            self._count("call")

    def _count(self, what: str) -> None:
        number = self.steps if what == "step" else self.calls
        if self._kill.at == what and number >= self._kill.number:
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "step":
            self.steps += 1
        else:
            self.calls += 1
