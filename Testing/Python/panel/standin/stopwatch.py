"""How long the window waits: every call that Qt makes into the panel is timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WAITED = Path("/proc/thread-self/schedstat")


@dataclass(frozen=True)
class TimedCall:
    """One call.

    Attributes:
        seconds: that it took; on Linux without those in which another process had the processor.
        name: of the function.
    """

    seconds: float
    name: str


class Stopwatch:
    """Times the outermost calls while it is on."""

    def __init__(self) -> None:
        self.calls: list[TimedCall] | None = None
        self._depth = 0

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function, and notes how long that took."""
        if self.calls is None or self._depth:
            return function(*arguments)
        self._depth += 1
        begin, waited = time.perf_counter(), _waited()
        try:
            return function(*arguments)
        finally:
            self._depth -= 1
            seconds = time.perf_counter() - begin - (_waited() - waited)
            self.calls.append(TimedCall(seconds, getattr(function, "__qualname__", repr(function))))

    @contextmanager
    def on(self) -> Iterator[list[TimedCall]]:
        """The calls that are made inside the block."""
        self.calls = found = []
        try:
            yield found
        finally:
            self.calls = None


def _waited() -> float:
    """Seconds in which this thread could have run and another did; 0 where the system does not say."""
    try:
        return int(_WAITED.read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


stopwatch = Stopwatch()
