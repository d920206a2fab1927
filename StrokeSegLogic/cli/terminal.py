"""The terminal: streams as they are found, a progress bar, Ctrl-C as a cancel, and what is said of a result."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO

from rich import box
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table as RichTable

from ..base.progress import CancelToken, Progress, ProgressCallback, hearing
from ..result.outcome import Outcome
from ..study.case import Case

if TYPE_CHECKING:
    from ..evaluation.tables import Table


@contextmanager
def lasting_streams() -> Iterator[None]:
    """Inside, whatever is printed is printed or lost, but never ends a run: its results are files.

    What a code page cannot spell is printed as an escape, and so are bytes of file names that are no text. Once a pipe
    is closed, or the disk behind the output full, nothing more is said.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _lasting(before[0]), _lasting(before[1])
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def _lasting(stream: TextIO | None) -> Any:
    # Python has none where the descriptor is closed (`>&-`).
    return _Lasting(stream if stream is not None else Path(os.devnull).open("w", encoding="utf-8"))


class _Lasting:
    """A text stream that swallows what its target refuses; in all else the target."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._broken = False
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        if not self._broken:
            try:
                self._stream.write(_readable(text))
            except (OSError, ValueError):
                self._give_up()
        return len(text)

    def flush(self) -> None:
        if not self._broken:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self._give_up()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _give_up(self) -> None:
        """What is still in the buffer goes nowhere, or Python would complain of it at its end."""
        self._broken = True
        try:
            target = self._stream.fileno()
        except (OSError, ValueError):
            return  # it has no descriptor, or not any more
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, target)
        os.close(nowhere)


def _readable(text: str) -> str:
    """The text with bytes of file names that are no text written as \\xNN."""
    try:
        return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text  # another lone surrogate, which the stream itself escapes


console = Console(highlight=False, markup=False)


SILENCE = 30.0
"""Seconds after which a log gets another line of the same stage."""


@contextmanager
def on_signals(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """Ctrl-C, a terminate signal and a terminal that closes call the handler while the block runs, and afterwards who
    heard them before. What `nohup` has switched off stays off."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:
        numbers.append(hang_up)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def job() -> Iterator[Progress]:
    """A progress bar for the work inside, or lines of progress where the output is no terminal.

    Ctrl-C (or a terminate signal) cancels the work cleanly, and at once while torch is being imported; a second
    Ctrl-C interrupts whatever is being done.
    """
    token = CancelToken()

    def stop(number: int, frame: FrameType | None) -> None:
        second = token.cancelled
        token.cancel()
        if second or _importing():
            raise KeyboardInterrupt

    with on_signals(stop), _bar() if console.is_terminal else nullcontext(_lines()) as report:
        progress = Progress(report, token)
        with hearing(progress):
            yield progress


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
    """A line at the beginning of each stage, and now and then within a long stage."""
    stage, said = "", 0.0

    def report(done: float, message: str) -> None:
        nonlocal stage, said
        now = time.monotonic()
        if message.partition(":")[0] != stage or now - said > SILENCE:
            stage, said = message.partition(":")[0], now
            print(f"{done:4.0%}  {message}", flush=True)

    return report


def print_table(table: Table) -> None:
    """Prints a table of words; numbers stand to the right."""
    shown = RichTable(title=table.title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, head in enumerate(table.heads):
        # Folded rather than cut: a figure of which a part is missing is worse than a second line.
        shown.add_column(head, justify="left" if number < table.names else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*row)
    console.print(shown)


def describe(result: Outcome, output: Path, notes: Sequence[str] = (), case: Case | None = None) -> None:
    """Prints what a user wants to know first.

    Args:
        result: of the case.
        output: folder that its files are in.
        notes: on that folder.
        case: as it was read, where the result is anonymous: the terminal is the user's own.
    """
    case = case or result.case
    for alarm in result.unusual:
        console.print(f"UNUSUAL: {alarm.words}", soft_wrap=True)
    for series in case.series.values():
        console.print(f"  {series.role.value:<6}{series.source}  ({series.reason})", soft_wrap=True)
    console.print(f"  {'brain':<6}{result.brain_from}", soft_wrap=True)
    for note in (*case.notes, *result.warnings, *notes):
        console.print(f"  note: {note}", soft_wrap=True)
    for line in result.headline():
        console.print(line, soft_wrap=True)
    console.print(f"Results in {output}: open scene.mrb in 3D Slicer, report.html in a browser", soft_wrap=True)
    if result.maker.trained_on:
        console.print(f"Model {result.maker.name}, trained on {result.maker.trained_on}", soft_wrap=True)
    console.print("Research use only: not a medical device")
