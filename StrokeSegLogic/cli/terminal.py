"""Standard output and error as they are found: in any code page, closed, or read by somebody who has had enough."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO


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
