"""Keyboard shortcuts, there only while the module is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import qt
import slicer


class Installed(Protocol):
    """Keys that come and go."""

    def install(self) -> None: ...

    def remove(self) -> None: ...


class Shortcuts:
    """Shortcuts of the main window.

    Args:
        actions: what each key sequence does.
        others: come and go with them.
    """

    def __init__(self, actions: Mapping[str, Callable[[], None]], others: Sequence[Installed] = ()) -> None:
        self._actions, self._others = actions, others
        self._made: list[Any] = []

    def install(self) -> None:
        for other in self._others:
            other.install()
        window = slicer.util.mainWindow()
        if window is None or self._made:
            return
        for keys, action in self._actions.items():
            shortcut = qt.QShortcut(qt.QKeySequence(keys), window)
            shortcut.connect("activated()", action)
            self._made.append((shortcut, action))

    def remove(self) -> None:
        """Takes them away; a shortcut that only lost its listener would still swallow its keys."""
        for other in self._others:
            other.remove()
        for shortcut, action in self._made:
            shortcut.disconnect("activated()", action)
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._made = []
