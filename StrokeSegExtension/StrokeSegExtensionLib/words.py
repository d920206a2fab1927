"""Words that Slicer translates, for files that must also work where no Slicer is: presenter, places, packages.

`from .words import tr as _`: Slicer's own function takes the context from the file that calls it, so it is handed on
as it is. What the engine says (errors, warnings, stages) comes in English out of StrokeSegLogic.
"""

from __future__ import annotations

from collections.abc import Callable


def _itself(text: str) -> str:
    return text


try:
    from slicer.i18n import tr as _translated
except ImportError:
    _translated = _itself

tr: Callable[[str], str] = _translated
