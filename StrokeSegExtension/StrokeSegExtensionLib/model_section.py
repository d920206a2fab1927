"""The section "Model": the models and routes for these inputs, and those that are installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from .background import Background
from .blocking import quietly
from .model_dialogs import ModelDialogs
from .notices import say
from .study import ModelChoice


class ModelSection:
    """Shows what could segment the inputs, and lets the user choose.

    Args:
        ui: the widgets of Model.ui by name.
        chosen: called with a choice's key when the user takes it.
        changed: called when a model was installed or removed.
        background: for installing.
    """

    def __init__(
        self, ui: Any, chosen: Callable[[str], None], changed: Callable[[], None], background: Background
    ) -> None:
        self.ui = ui
        self._chosen = chosen
        self._choices: list[ModelChoice] = []
        self._dialogs = ModelDialogs(changed, self._say, background)
        ui.modelBox.connect("currentIndexChanged(int)", self._on_index)
        ui.downloadButton.connect("clicked(bool)", lambda _checked: self._dialogs.download())
        ui.cancelDownloadButton.connect("clicked(bool)", lambda _checked: self._dialogs.cancel())
        ui.importButton.connect("clicked(bool)", lambda _checked: self._dialogs.import_file())
        ui.removeButton.connect("clicked(bool)", lambda _checked: self._dialogs.remove(self.current))
        self._enabled = True
        self._show_buttons()
        self.show([], "")

    def close(self) -> None:
        """Nobody waits for a download any more."""
        self._dialogs.cancel()

    @property
    def current(self) -> ModelChoice | None:
        """What is chosen."""
        index = self.ui.modelBox.currentIndex
        return self._choices[index] if 0 <= index < len(self._choices) else None

    def show(self, choices: Sequence[ModelChoice], key: str) -> None:
        """Fills the list and takes the choice of that key, else the first that fits."""
        self._choices = list(choices)
        box = self.ui.modelBox
        with quietly(box):
            box.clear()
            for index, choice in enumerate(self._choices):
                box.addItem(choice.title)
                box.setItemData(index, choice.why, qt.Qt.ToolTipRole)
                if not choice.fits:
                    # Where a standard item keeps its flags: none of them, so it is grey and cannot be taken.
                    box.setItemData(index, 0, qt.Qt.UserRole - 1)
            box.setCurrentIndex(self._place(key))
        self._describe()

    def set_enabled(self, enabled: bool) -> None:
        self._enabled = enabled
        for widget in (self.ui.modelBox, self.ui.importButton):
            widget.setEnabled(enabled)
        self._show_buttons()
        current = self.current
        self.ui.removeButton.setEnabled(enabled and current is not None and not current.bundled)

    def _place(self, key: str) -> int:
        places = {choice.key: index for index, choice in enumerate(self._choices)}
        fitting = [index for index, choice in enumerate(self._choices) if choice.fits]
        return places.get(key, fitting[0] if fitting else (0 if self._choices else -1))

    def _on_index(self, _index: int) -> None:
        self._describe()
        current = self.current
        if current is not None:
            self._chosen(current.key)

    def _say(self, words: str) -> None:
        """Long work on a model, in place of what the model needs."""
        self._show_buttons()
        if words:
            say(self.ui.needsLabel, words)
        else:
            self._describe()

    def _show_buttons(self) -> None:
        """One download at a time, which can be stopped whatever else goes on."""
        downloading = self._dialogs.downloading
        self.ui.downloadButton.setEnabled(self._enabled and not downloading)
        self.ui.cancelDownloadButton.setVisible(downloading)

    def _describe(self) -> None:
        current = self.current
        if current is None:
            say(self.ui.needsLabel, _("Nothing is known yet that segments these volumes."))
            say(self.ui.trainedLabel, "")
        else:
            say(self.ui.needsLabel, current.why)
            trained = current.trained_on.rstrip(".")
            say(self.ui.trainedLabel, _("Trained on {what}.").format(what=trained) if trained else "")
        self.ui.removeButton.setEnabled(current is not None and not current.bundled)
