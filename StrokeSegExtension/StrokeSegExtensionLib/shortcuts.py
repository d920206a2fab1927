"""Keyboard shortcuts, there only while the module is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import qt
import slicer


def key_of(widget: Any, keys: str, action: Callable[[], None], within: bool = False) -> Any:
    """A key that acts once each time it is pressed while a widget has the focus, and there alone.

    Args:
        widget: that must have the focus.
        keys: as Qt writes them.
        action: what it does.
        within: whether a widget inside may have the focus, too; in a field of text the key is a letter.

    Returns:
        The shortcut, for the caller to hold.
    """
    shortcut = qt.QShortcut(qt.QKeySequence(keys), widget)
    shortcut.setContext(qt.Qt.WidgetWithChildrenShortcut if within else qt.Qt.WidgetShortcut)
    shortcut.setAutoRepeat(False)  # held down it would drop lesion after lesion, decide on case after case
    shortcut.connect("activated()", action)
    return shortcut


class Installed(Protocol):
    """Keys that come and go."""

    def install(self) -> None: ...

    def remove(self) -> None: ...


class Shortcuts:
    """Shortcuts of the main window.

    Args:
        actions: what each key sequence does.
        repeated: whether a key that is held down acts again and again.
        others: come and go with them.
    """

    def __init__(
        self,
        actions: Mapping[str, Callable[[], None]],
        others: Sequence[Installed] = (),
        repeated: bool = True,
    ) -> None:
        self._actions, self._others, self._repeated = actions, others, repeated
        self._made: list[Any] = []

    def install(self) -> None:
        for other in self._others:
            other.install()
        window = slicer.util.mainWindow()
        if window is None or self._made:
            return
        for keys, action in self._actions.items():
            shortcut = qt.QShortcut(qt.QKeySequence(keys), window)
            shortcut.setAutoRepeat(self._repeated)
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
