"""Keyboard shortcuts, there only while the module is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import qt
import slicer


class Shortcuts:
    """Shortcuts of the main window.

    Args:
        actions: what each key sequence does.
    """

    def __init__(self, actions: Mapping[str, Callable[[], None]]) -> None:
        self._actions = actions
        self._made: list[Any] = []

    def install(self) -> None:
        window = slicer.util.mainWindow()
        if window is None or self._made:
            return
        for keys, action in self._actions.items():
            shortcut = qt.QShortcut(qt.QKeySequence(keys), window)
            shortcut.connect("activated()", action)
            self._made.append((shortcut, action))

    def remove(self) -> None:
        """Takes them away; a shortcut that only lost its listener would still swallow its keys."""
        for shortcut, action in self._made:
            shortcut.disconnect("activated()", action)
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._made = []
