"""Progress in other words: with the expected time, or as one stage whatever is inside of it calls its own."""

from __future__ import annotations

import time

from ..base.progress import Progress

_FIRST = 0.01
"""Below this part of the work nothing can be said."""


class WithExpectedTime(Progress):
    """Adds to each message how much longer the work will take, if it goes on as it went.

    To be handed on as the callback of a `Progress`. The parts of the work must take as long as their spans say.

    Args:
        told: gets the messages.
    """

    def __init__(self, told: Progress) -> None:
        super().__init__(told)
        self._begun: tuple[float, float] | None = None

    def __call__(self, fraction: float, message: str) -> None:
        now = time.monotonic()
        if self._begun is None:
            # A resumed run begins further on, and what it skips takes no time.
            self._begun = now, fraction
        since, first = self._begun
        done = fraction - first
        left = f", {expected((now - since) * (1 - fraction) / done)} left" if done > _FIRST else ""
        super().__call__(fraction, f"{message}{left}")


def expected(seconds: float) -> str:
    """A time in words, as coarse as a guess is: "about 2 h 10 min", "about 14 min", "less than a minute"."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"about {minutes} min"
    hours, rest = divmod(round(minutes, -1), 60)
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"


class OneStage(Progress):
    """Tells of the work of others as of one stage.

    To be handed on as the callback of a `Progress`.

    Args:
        told: gets the fractions.
        message: the stage in words.
    """

    def __init__(self, told: Progress, message: str) -> None:
        super().__init__(told)
        self._message = message

    def __call__(self, fraction: float, message: str) -> None:
        super().__call__(fraction, self._message)
