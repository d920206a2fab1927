"""One thing at a time: what is read beside the window, and is unwanted once the scene has gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from StrokeSegLogic.base.errors import StrokeSegError

from .background import Background


class OneAtATime:
    """Runs a function beside the window, during which nothing else begins.

    Attributes:
        busy: whether something runs; whoever goes on afterwards on their own says so here.

    Args:
        background: runs it.
        told: called when `busy` has changed.
        failed: called with what went wrong.
    """

    def __init__(
        self, background: Background, told: Callable[[], None], failed: Callable[[StrokeSegError], None]
    ) -> None:
        self._background, self._told, self._failed = background, told, failed
        self._number = 0
        self.busy = False

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        meanwhile: Callable[[], None] | None = None,
        stale: Callable[[Any], object] = lambda _value: None,
    ) -> None:
        """Begins.

        Args:
            work: done on a thread.
            done: called with what it gave.
            meanwhile: called now and then until then.
            stale: called with what it gave in the place of `done`, if `forget` was called in between.
        """
        self.busy = True
        number = self._number
        self._told()

        def over(value: Any) -> None:
            if number != self._number:
                stale(value)
                return
            self.busy = False
            done(value)
            self._told()

        def failed(error: StrokeSegError) -> None:
            if number == self._number:
                self.busy = False
                self._failed(error)
                self._told()

        self._background.run(work, over, failed, meanwhile)

    def forget(self) -> None:
        """Nobody waits for what runs."""
        self._number += 1
        self.busy = False
