"""Calls later on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt


class QtClock:
    """`protocols.Clock` with single-shot timers, which are used again and again.

    A timer is never let go of in its own call: Qt is still busy with it then.
    """

    def __init__(self) -> None:
        self._free: list[_QtTimer] = []
        self._made: list[_QtTimer] = []

    def call_later(self, seconds: float, call: Callable[[], None]) -> _Call:
        if not self._free:
            self._made.append(_QtTimer(self._free))
            self._free.append(self._made[-1])
        return self._free.pop().start(seconds, call)

    def stop(self) -> None:
        """Cancels every call that is to come."""
        for timer in self._made:
            timer.stop()


class _Call:
    """One call that is to come."""

    def __init__(self, timer: _QtTimer, call: Callable[[], None]) -> None:
        self._timer, self.call = timer, call

    def cancel(self) -> None:
        self._timer.cancel(self)


class _QtTimer:
    """A timer, which makes one call at a time.

    Args:
        free: where it goes when it has nothing to do.
    """

    def __init__(self, free: list[_QtTimer]) -> None:
        self._free = free
        self._now: _Call | None = None
        self._timer: Any = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.connect("timeout()", self._fire)

    def start(self, seconds: float, call: Callable[[], None]) -> _Call:
        self._now = _Call(self, call)
        self._timer.start(round(1000 * seconds))
        return self._now

    def cancel(self, call: _Call) -> None:
        """Cancels that call; a call before the timer's present call is over already."""
        if call is self._now:
            self.stop()

    def stop(self) -> None:
        if self._now is not None:
            self._timer.stop()
            self._rest()

    def _fire(self) -> None:
        if self._now is not None:
            call = self._now.call
            self._rest()
            call()

    def _rest(self) -> None:
        self._now = None
        self._free.append(self)
