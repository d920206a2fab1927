"""Calls later, on Qt's timers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from PySide6 import QtWidgets

if TYPE_CHECKING:
    from .standin.install import Slicer


@pytest.fixture
def clock(running: Slicer) -> Iterator[Any]:
    from StrokeSegExtensionLib.qt_clock import QtClock

    made = QtClock()
    yield made
    made.stop()


def wait_until(condition: Callable[[], bool]) -> None:
    """Lets timers fire until something is so, however long that takes on a busy machine."""
    while not condition():
        QtWidgets.QApplication.processEvents()


def test_calls_come_once_and_in_their_time(clock: Any) -> None:
    heard: list[str] = []
    clock.call_later(0.06, lambda: heard.append("second"))
    clock.call_later(0.02, lambda: heard.append("first"))
    assert heard == []
    wait_until(lambda: "second" in heard)
    assert heard == ["first", "second"]


def test_a_call_that_was_cancelled_does_not_come(clock: Any) -> None:
    heard: list[str] = []
    clock.call_later(0.01, lambda: heard.append("cancelled")).cancel()
    clock.call_later(0.03, lambda: heard.append("kept"))
    wait_until(lambda: "kept" in heard)
    assert heard == ["kept"]


def test_cancelling_what_is_over_does_not_touch_the_next_call_of_the_same_timer(clock: Any) -> None:
    heard: list[int] = []
    first = clock.call_later(0.0, lambda: heard.append(1))
    wait_until(lambda: heard == [1])
    clock.call_later(0.01, lambda: heard.append(2))
    first.cancel()
    wait_until(lambda: 2 in heard)
    assert heard == [1, 2]


def test_a_chain_of_calls_needs_no_more_than_two_timers(clock: Any) -> None:
    """A run polls for hours."""
    left = 50

    def again() -> None:
        nonlocal left
        left -= 1
        if left:
            clock.call_later(0.0, again)

    clock.call_later(0.0, again)
    wait_until(lambda: left == 0)
    assert len(clock._made) <= 2


def test_after_stop_nothing_comes(clock: Any) -> None:
    from StrokeSegExtensionLib.qt_clock import QtClock

    heard: list[str] = []
    for _ in range(3):
        clock.call_later(0.01, lambda: heard.append("stopped"))
    clock.stop()
    other = QtClock()
    other.call_later(0.03, lambda: heard.append("later"))
    wait_until(lambda: "later" in heard)
    other.stop()
    assert heard == ["later"]
