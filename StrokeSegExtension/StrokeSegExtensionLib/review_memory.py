"""What the application remembers of reviews from one start to the next: who read, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer

from StrokeSegLogic.base.errors import StrokeSegError

_FOLDER, _READER, _ROLE = "StrokeSeg/ReviewFolder", "StrokeSeg/ReviewReader", "StrokeSeg/ReviewRole"


class ReviewMemory:
    """In the user's settings of the application."""

    def __init__(self) -> None:
        self._settings: Any = qt.QSettings(slicer.app.slicerUserSettingsFilePath, qt.QSettings.IniFormat)

    @property
    def folder(self) -> str:
        """Where to begin to look for a review."""
        return self._text(_FOLDER) or str(Path.home())

    @property
    def reader(self) -> str:
        """Who read last, else the account's name; "" where it has none: the field waits for it."""
        from StrokeSegLogic.review.desk import Reader

        known = self._text(_READER)
        if known:
            return known
        try:
            return Reader.known().name
        except StrokeSegError:
            return ""

    @property
    def role(self) -> str:
        """Of the last reader."""
        return self._text(_ROLE)

    def keep_folder(self, folder: str) -> None:
        self._settings.setValue(_FOLDER, folder)

    def keep_reader(self, reader: str, role: str) -> None:
        # Said at every button: the file is written only for another.
        if (self._text(_READER), self._text(_ROLE)) != (reader, role):
            self._settings.setValue(_READER, reader)
            self._settings.setValue(_ROLE, role)

    def _text(self, key: str) -> str:
        return str(self._settings.value(key) or "")
