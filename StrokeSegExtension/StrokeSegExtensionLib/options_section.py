"""The section "Options": how it is segmented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from StrokeSegLogic.base.settings import DEVICES, REGISTERS, VOTES

from .blocking import quietly, set_number
from .parameters import PanelParameters
from .view_settings import known_or_first

_CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "deviceBox": ("device", DEVICES),
    "voteBox": ("vote", VOTES),
    "registerBox": ("register", REGISTERS),
}
_NUMBERS = {"thresholdBox": "threshold", "minimumLesionBox": "minimumLesion", "hematocritBox": "hematocrit"}
_CHECKS = {
    "flipsBox": "flips",
    "reproducibleBox": "reproducible",
    "anonymousBox": "anonymous",
    "unmeasuredBox": "unmeasured",
    "probabilityBox": "probability",
    "agreementBox": "agreement",
    "mapsBox": "maps",
    "reportBox": "report",
}
_MRI_ROWS = ("vote", "register", "threshold", "minimumLesion")
_MRI_CHECKS = ("flips", "reproducible", "unmeasured", "probability", "agreement")


class OptionsSection:
    """Shows the options and changes them.

    Args:
        ui: the widgets of Options.ui by name.
        parameters: gives the current parameters.
    """

    def __init__(self, ui: Any, parameters: Callable[[], PanelParameters | None]) -> None:
        self.ui = ui
        self._parameters = parameters
        for box, (name, choices) in _CHOICES.items():
            getattr(ui, box).connect("currentIndexChanged(int)", self._chooser(name, choices))
        for box, name in _NUMBERS.items():
            getattr(ui, box).connect("valueChanged(double)", self._setter(name, float))
        for box, name in _CHECKS.items():
            getattr(ui, box).connect("toggled(bool)", self._setter(name, bool))

    def show(self, parameters: PanelParameters) -> None:
        """Puts parameters into the widgets, without telling anybody; shows what the modality has."""
        ui = self.ui
        boxes = [getattr(ui, box) for box in (*_CHOICES, *_NUMBERS, *_CHECKS)]
        with quietly(*boxes):
            for box, (name, choices) in _CHOICES.items():
                getattr(ui, box).setCurrentIndex(choices.index(known_or_first(getattr(parameters, name), choices)))
            for box, name in _NUMBERS.items():
                set_number(getattr(ui, box), getattr(parameters, name))
            for box, name in _CHECKS.items():
                getattr(ui, box).setChecked(getattr(parameters, name))
        perfusion = parameters.modality == "ctp"
        for name in _MRI_ROWS:
            getattr(ui, f"{name}Label").setVisible(not perfusion)
            getattr(ui, f"{name}Box").setVisible(not perfusion)
        for name in _MRI_CHECKS:
            getattr(ui, f"{name}Box").setVisible(not perfusion)
        for widget in (ui.mapsBox, ui.hematocritLabel, ui.hematocritBox):
            widget.setVisible(perfusion)

    def take_typed(self) -> None:
        """Takes what is still being typed."""
        for box in _NUMBERS:
            getattr(self.ui, box).interpretText()

    def set_enabled(self, enabled: bool) -> None:
        for name in (*_CHOICES, *_NUMBERS, *_CHECKS):
            getattr(self.ui, name).setEnabled(enabled)

    def _chooser(self, name: str, choices: tuple[str, ...]) -> Callable[[int], None]:
        return lambda index: self._set(name, choices[index])

    def _setter(self, name: str, kind: type) -> Callable[[Any], None]:
        return lambda value: self._set(name, kind(value))

    def _set(self, name: str, value: Any) -> None:
        parameters = self._parameters()
        if parameters is not None:
            setattr(parameters, name, value)
