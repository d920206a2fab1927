"""What the commands share: a progress bar, and Ctrl-C as a cancel."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from ..base.progress import CancelToken, Progress, ProgressCallback, hearing

console = Console(highlight=False, markup=False)


SILENCE = 30.0
"""Seconds after which a log gets another line of the same stage."""


@contextmanager
def job() -> Iterator[Progress]:
    """A progress bar for the work inside, or lines of progress where the output is no terminal.

    Ctrl-C (or a terminate signal) cancels the work cleanly, and at once while torch is being imported; a second one
    interrupts whatever is being done.
    """
    token = CancelToken()

    def stop(number: int, frame: FrameType | None) -> None:
        second = token.cancelled
        token.cancel()
        if second or _importing():
            raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with _bar() if console.is_terminal else nullcontext(_lines()) as report:
            progress = Progress(report, token)
            with hearing(progress):
                yield progress
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _importing() -> bool:
    """Whether torch is coming in, which takes seconds in which nobody asks for a cancel and nothing is written."""
    spec = getattr(sys.modules.get("torch"), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))


@contextmanager
def _bar() -> Iterator[ProgressCallback]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda done, stage: bar.update(task, completed=done, description=stage)


def _lines() -> ProgressCallback:
    """A line at the beginning of each stage, and now and then within a long one."""
    stage, said = "", 0.0

    def report(done: float, message: str) -> None:
        nonlocal stage, said
        now = time.monotonic()
        if message.partition(":")[0] != stage or now - said > SILENCE:
            stage, said = message.partition(":")[0], now
            print(f"{done:4.0%}  {message}", flush=True)

    return report
