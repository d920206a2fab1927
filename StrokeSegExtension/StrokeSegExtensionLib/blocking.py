"""Changing widgets without their telling anybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SAME = 1e-9


@contextmanager
def quietly(*widgets: Any) -> Iterator[None]:
    """Holds the widgets' signals back inside the block."""
    before = [widget.blockSignals(True) for widget in widgets]
    try:
        yield
    finally:
        for widget, blocked in zip(widgets, before, strict=True):
            widget.blockSignals(blocked)


def set_number(box: Any, value: float) -> None:
    """Sets a spin box; a box that has the value already keeps the text that is being typed into it."""
    if abs(box.value - value) > _SAME:
        box.setValue(value)
