"""Progress and log on their way to the view: as much as can be read, however much comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from .protocols import Clock, Timer, View

LOG_LINES = 1000
"""The log keeps the last so many lines of a run."""
_EVERY_S = 0.1
_AT_ONCE = 50
"""Lines shown a time: a flood must not hold the window up."""


class RunLog:
    """Gathers what comes and shows it ten times a second.

    Args:
        clock: calls later.
        view: shows.
    """

    def __init__(self, clock: Clock, view: View) -> None:
        self._clock, self._view = clock, view
        self._lines: deque[str] = deque(maxlen=_AT_ONCE)
        self._left_out = 0
        self._progress: tuple[float, str] | None = None
        self._timer: Timer | None = None

    def line(self, text: str) -> None:
        """One more line."""
        if len(self._lines) == _AT_ONCE:
            self._left_out += 1
        self._lines.append(text)
        self._soon()

    def progress(self, fraction: float, stage: str) -> None:
        """How far it is; only the last word is shown."""
        self._progress = fraction, stage
        self._soon()

    def flush(self) -> None:
        """Shows what is left at once."""
        self._stop()
        self._show()

    def clear(self) -> None:
        """Forgets what is left."""
        self._stop()
        self._lines.clear()
        self._left_out = 0
        self._progress = None

    close = clear

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = self._clock.call_later(_EVERY_S, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._show()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _show(self) -> None:
        progress, lines, left_out = self._progress, list(self._lines), self._left_out
        self.clear()
        if progress is not None:
            self._view.show_progress(*progress)
        if left_out:
            self._view.append_log(f"({left_out} lines left out)")
        for line in lines:
            self._view.append_log(line)


def not_said(said: Sequence[str], last: Sequence[str]) -> list[str]:
    """Those of a worker's last lines that do not stand at the end of a log already: most have come one by one."""
    ends = (count for count in range(min(len(said), len(last)), 0, -1) if list(said[-count:]) == list(last[:count]))
    return list(last[next(ends, 0) :])
