"""How long a reader is at work: time between signs of life, pauses left out."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

PAUSE_S = 60.0
"""A gap between two signs of life that is longer counts as so much: then the reader was away."""


class ActiveTime:
    """Adds up the time between signs of life: a click, a key, a stroke.

    It is measured by a clock that only grows: setting the computer's clock changes nothing.

    Args:
        before: seconds of an earlier sitting.
        clock: seconds.
    """

    def __init__(self, before: float = 0.0, clock: Callable[[], float] = monotonic) -> None:
        self._sum = before
        self._clock = clock
        self._last = clock()

    def seen(self) -> None:
        """The reader has done something."""
        now = self._clock()
        self._sum += min(max(now - self._last, 0.0), PAUSE_S)
        self._last = now

    @property
    def seconds(self) -> float:
        """Until now."""
        return self._sum + min(max(self._clock() - self._last, 0.0), PAUSE_S)
