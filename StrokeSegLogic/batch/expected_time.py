"""How far a batch is, and how long it will take: by the cases that were computed so far."""

from __future__ import annotations

import time
from collections.abc import Collection

from ..base.errors import printable
from .work import Verdict

_SHOWN = 2
"""Cases at work that are named."""


class ExpectedTime:
    """Counts a call's cases.

    Args:
        cases: how many there are.
    """

    def __init__(self, cases: int) -> None:
        self._cases = cases
        self._ended = self._failed = self._computed = 0
        self._begun = time.monotonic()

    @property
    def fraction(self) -> float:
        return self._ended / self._cases

    def tell(self, verdict: Verdict) -> None:
        """One more case has ended. What was only verified says nothing of how long the others will take."""
        self._ended += 1
        self._failed += verdict == "failed"
        self._computed += verdict == "done"
        if verdict == "verified" and not self._computed:
            self._begun = time.monotonic()

    @property
    def seconds_left(self) -> float | None:
        """None as long as no case was computed."""
        if not self._computed:
            return None
        return (time.monotonic() - self._begun) / self._computed * (self._cases - self._ended)

    def words(self, running: Collection[str]) -> str:
        """How far it is, in a line."""
        parts = [f"{self._ended} of {self._cases} cases"]
        parts += [f"{self._failed} failed"] if self._failed else []
        left = self.seconds_left
        parts += [f"about {duration(left)} left"] if left and left >= 1 else []
        if running:
            names = [printable(name) for name in list(running)[:_SHOWN]]
            parts.append(", ".join(names) + (f" and {len(running) - _SHOWN} more" if len(running) > _SHOWN else ""))
        return ", ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as people say them: "40 s", "12 min", "3 h 20 min", "2 d 5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"
