"""Work that touches neither the window nor the scene, on a thread beside them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from StrokeSegLogic.base.errors import StrokeSegError

from .protocols import Clock

_POLL_S = 0.02
GIVEN_S = 0.02
"""How long a look at a thread waits: Slicer's event loop may hold Python's lock, and only waiting lets it run."""


class Background:
    """Runs functions on threads and tells of them on the GUI thread.

    Args:
        clock: asks now and then whether they are done.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closed = False

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[StrokeSegError], None],
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        """Begins; exactly one of done and failed is called in the end, unless `close` was before."""
        outcome: dict[str, Any] = {}

        def call() -> None:
            try:
                outcome["value"] = work()
            except StrokeSegError as error:
                outcome["error"] = error
            except Exception as error:  # on this thread nobody else would hear of it
                outcome["error"] = StrokeSegError(f"{type(error).__name__}: {error}")

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        self._clock.call_later(_POLL_S, lambda: self._look(thread, outcome, done, failed, meanwhile))

    def close(self) -> None:
        """Nobody is told any more."""
        self._closed = True

    def _look(
        self,
        thread: threading.Thread,
        outcome: dict[str, Any],
        done: Callable[[Any], None],
        failed: Callable[[StrokeSegError], None],
        meanwhile: Callable[[], None] | None,
    ) -> None:
        if self._closed:
            return
        thread.join(GIVEN_S)
        if thread.is_alive():
            if meanwhile is not None:
                meanwhile()
            self._clock.call_later(_POLL_S, lambda: self._look(thread, outcome, done, failed, meanwhile))
        elif "error" in outcome:
            failed(outcome["error"])
        else:
            done(outcome["value"])
