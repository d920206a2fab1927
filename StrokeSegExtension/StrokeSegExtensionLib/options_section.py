"""The section "Options": how it is segmented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from StrokeSegLogic.base.settings import DEVICES, VOTES

from .blocking import quietly, set_number
from .parameters import PanelParameters
from .view_settings import known_or_first

_NUMBERS = {"thresholdBox": "threshold", "minimumLesionBox": "minimumLesion"}
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
_MRI_NUMBERS = ("vote", "threshold", "minimumLesion")
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
        ui.deviceBox.connect("currentIndexChanged(int)", lambda index: self._set("device", DEVICES[index]))
        ui.voteBox.connect("currentIndexChanged(int)", lambda index: self._set("vote", VOTES[index]))
        for box, name in _NUMBERS.items():
            getattr(ui, box).connect("valueChanged(double)", self._setter(name, float))
        for box, name in _CHECKS.items():
            getattr(ui, box).connect("toggled(bool)", self._setter(name, bool))

    def show(self, parameters: PanelParameters) -> None:
        """Puts parameters into the widgets, without telling anybody; shows what the modality has."""
        ui = self.ui
        boxes = [getattr(ui, box) for box in (*_NUMBERS, *_CHECKS)]
        with quietly(ui.deviceBox, ui.voteBox, *boxes):
            ui.deviceBox.setCurrentIndex(DEVICES.index(known_or_first(parameters.device, DEVICES)))
            ui.voteBox.setCurrentIndex(VOTES.index(known_or_first(parameters.vote, VOTES)))
            for box, name in _NUMBERS.items():
                set_number(getattr(ui, box), getattr(parameters, name))
            for box, name in _CHECKS.items():
                getattr(ui, box).setChecked(getattr(parameters, name))
        perfusion = parameters.modality == "ctp"
        for name in _MRI_NUMBERS:
            getattr(ui, f"{name}Label").setVisible(not perfusion)
            getattr(ui, f"{name}Box").setVisible(not perfusion)
        for name in _MRI_CHECKS:
            getattr(ui, f"{name}Box").setVisible(not perfusion)
        ui.mapsBox.setVisible(perfusion)

    def take_typed(self) -> None:
        """Takes what is still being typed."""
        for box in _NUMBERS:
            getattr(self.ui, box).interpretText()

    def set_enabled(self, enabled: bool) -> None:
        ui = self.ui
        for name in ("deviceBox", "voteBox", *_NUMBERS, *_CHECKS):
            getattr(ui, name).setEnabled(enabled)

    def _setter(self, name: str, kind: type) -> Callable[[Any], None]:
        return lambda value: self._set(name, kind(value))

    def _set(self, name: str, value: Any) -> None:
        parameters = self._parameters()
        if parameters is not None:
            setattr(parameters, name, value)
