"""What the commands share: a progress bar, and Ctrl-C as a cancel."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from ..progress import CancelToken, Progress

console = Console(highlight=False)


@contextmanager
def job() -> Iterator[Progress]:
    """A progress bar for the work inside; Ctrl-C (or a terminate signal) cancels it cleanly, a second one at once."""
    token = CancelToken()

    def stop(number: int, frame: FrameType | None) -> None:
        if token.cancelled:
            raise KeyboardInterrupt
        token.cancel()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    try:
        with Bar(*columns, console=console) as bar:
            task = bar.add_task("starting", total=1.0)
            yield Progress(lambda done, stage: bar.update(task, completed=done, description=stage), token)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
