"""Calls later, on Qt's timers."""

from __future__ import annotations

import time
from collections.abc import Iterator
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


def rest(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QtWidgets.QApplication.processEvents()


def test_calls_come_once_and_in_their_time(clock: Any) -> None:
    heard: list[str] = []
    clock.call_later(0.06, lambda: heard.append("second"))
    clock.call_later(0.02, lambda: heard.append("first"))
    assert heard == []
    rest(0.15)
    assert heard == ["first", "second"]


def test_a_call_that_was_cancelled_does_not_come(clock: Any) -> None:
    heard: list[str] = []
    clock.call_later(0.01, lambda: heard.append("cancelled")).cancel()
    clock.call_later(0.01, lambda: heard.append("kept"))
    rest(0.05)
    assert heard == ["kept"]


def test_cancelling_what_is_over_does_not_touch_the_next_call_of_the_same_timer(clock: Any) -> None:
    heard: list[int] = []
    first = clock.call_later(0.0, lambda: heard.append(1))
    rest(0.02)
    clock.call_later(0.01, lambda: heard.append(2))
    first.cancel()
    rest(0.05)
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
    rest(0.3)
    assert left == 0 and len(clock._made) <= 2


def test_after_stop_nothing_comes(clock: Any) -> None:
    heard: list[int] = []
    for _ in range(3):
        clock.call_later(0.01, lambda: heard.append(1))
    clock.stop()
    rest(0.05)
    assert heard == []
