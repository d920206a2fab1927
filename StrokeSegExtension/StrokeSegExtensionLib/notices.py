"""Notices in colour: each keeps the window's own text colour, so that it can be read on light and on dark."""

from __future__ import annotations

from typing import Any, Literal

Kind = Literal["caution", "error", "plain"]

_TINTS: dict[Kind, str] = {
    "caution": "background-color: rgba(230, 159, 0, 70); border: 1px solid rgba(230, 159, 0, 200); border-radius: 3px;",
    "error": "background-color: rgba(213, 94, 0, 70); border: 1px solid rgba(213, 94, 0, 220); border-radius: 3px;",
    "plain": "",
}


def tint(label: Any, kind: Kind) -> None:
    """Colours a label after what it says."""
    label.setStyleSheet(f"QLabel {{ {_TINTS[kind]} }}" if _TINTS[kind] else "")


def say(label: Any, text: str) -> None:
    """Puts words into a label, which is hidden while it has none."""
    label.setText(text)
    label.setVisible(bool(text))
