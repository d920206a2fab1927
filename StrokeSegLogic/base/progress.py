"""Progress and cancellation of long work, shared by engine, panel and command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event

from .errors import Cancelled

ProgressCallback = Callable[[float, str], None]
"""Called with the fraction done (0 to 1) and the stage in words."""


class CancelToken:
    """Set by one thread or signal handler, asked by the worker between small steps."""

    def __init__(self) -> None:
        self._event = Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()


class Progress:
    """A span of a job's progress bar; sub-spans are handed to the job's stages.

    Every report also asks the cancel token, so that a stage which reports often is cancelled soon.

    Raises:
        Cancelled: from any method, once the token is set.
    """

    def __init__(
        self,
        callback: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        start: float = 0.0,
        end: float = 1.0,
    ) -> None:
        self._callback = callback
        self._cancel = cancel
        self._start = start
        self._end = end

    def __call__(self, fraction: float, message: str) -> None:
        self.check()
        if self._callback is not None:
            self._callback(self._start + min(max(fraction, 0.0), 1.0) * (self._end - self._start), message)

    def check(self) -> None:
        """Asks the token without a report, from within a step."""
        if self._cancel is not None and self._cancel.cancelled:
            raise Cancelled
        if isinstance(self._callback, Progress):
            # A span of a larger job, handed to a function that takes any callback: the token is the job's.
            self._callback.check()

    def span(self, start: float, end: float) -> Progress:
        """The part of this span between two fractions of it."""
        width = self._end - self._start
        return Progress(self._callback, self._cancel, self._start + start * width, self._start + end * width)

    def titled(self, title: str) -> Progress:
        """The whole of this span, each stage told behind a title."""

        def tell(fraction: float, message: str) -> None:
            self(fraction, f"{title}: {message}")

        return Progress(tell, self._token)

    @property
    def _token(self) -> CancelToken | None:
        if self._cancel is None and isinstance(self._callback, Progress):
            return self._callback._token
        return self._cancel


_CURRENT: ContextVar[Progress | None] = ContextVar("current_progress", default=None)


@contextmanager
def hearing(progress: Progress) -> Iterator[None]:
    """Inside the block, and in this thread, `check_cancelled` asks the token of this progress.

    For what lies so deep (a filter on a volume, a row of a picture) that it is handed no progress.
    """
    before = _CURRENT.set(progress)
    try:
        yield
    finally:
        _CURRENT.reset(before)


def check_cancelled() -> None:
    """Asks the token of the run that this thread works for; nothing is asked outside of a run.

    Raises:
        Cancelled: once it is set.
    """
    current = _CURRENT.get()
    if current is not None:
        current.check()
