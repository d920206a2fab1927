"""The section "Study": modality, rows of roles, brain mask, reference volume, what is known of the patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slicer.i18n import tr as _

from StrokeSegLogic.study.case import Role

from .blocking import quietly, set_number
from .notices import say
from .parameters import UNKNOWN, PanelParameters
from .study import Offer, StudyInputs
from .study_rows import StudyRows
from .view_settings import roles_of


class StudySection:
    """Shows the study's parameters and changes them.

    Args:
        ui: the widgets of Study.ui by name.
        parameters: gives the current parameters.
        chosen: called when the user sets a row.
        assign: called by the button.
    """

    def __init__(
        self,
        ui: Any,
        parameters: Callable[[], PanelParameters | None],
        chosen: Callable[[Role, Any], None],
        assign: Callable[[], None],
    ) -> None:
        self.ui = ui
        self.rows = StudyRows(
            ui, chosen, lambda node: self._set("brainMask", node), lambda node: self._set("arteryPoint", node)
        )
        self._parameters = parameters
        self._references: list[str] = []
        say(ui.notesLabel, "")
        ui.assignButton.connect("clicked(bool)", lambda _checked: assign())
        ui.ctpButton.connect("toggled(bool)", lambda on: self._set("modality", "ctp" if on else "mri"))
        ui.referenceBox.connect("currentIndexChanged(int)", self._on_reference)
        ui.ageBox.connect("valueChanged(int)", lambda years: self._set("age", float(years)))
        ui.nihssBox.connect("valueChanged(int)", lambda score: self._set("nihss", int(score)))
        ui.onsetBox.connect("valueChanged(double)", lambda h: self._set("onset", UNKNOWN if h < 0 else float(h)))

    def show(self, parameters: PanelParameters, inputs: StudyInputs) -> None:
        """Puts parameters into the widgets, without telling anybody."""
        ui = self.ui
        with quietly(ui.mriButton, ui.ctpButton, ui.ageBox, ui.nihssBox, ui.onsetBox):
            (ui.ctpButton if inputs.modality == "ctp" else ui.mriButton).setChecked(True)
            set_number(ui.ageBox, round(parameters.age))
            set_number(ui.nihssBox, parameters.nihss)
            set_number(ui.onsetBox, parameters.onset if parameters.onset >= 0 else ui.onsetBox.minimum)
        self.rows.show_modality(inputs.modality)
        self.rows.show_volumes(inputs.volumes, inputs.modality)
        self.rows.show_mask(parameters.brainMask)
        self.rows.show_artery(parameters.arteryPoint)
        self._show_references(inputs)

    def show_offers(self, offers: Mapping[Role, Offer], notes: Sequence[str]) -> None:
        self.rows.show_offers(offers)
        say(self.ui.notesLabel, "\n".join(notes))

    def take_typed(self) -> None:
        """Takes what is still being typed: on some systems a click on a button leaves the keyboard where it is."""
        for box in (self.ui.ageBox, self.ui.nihssBox, self.ui.onsetBox):
            box.interpretText()

    def set_enabled(self, enabled: bool) -> None:
        """Locks or frees the inputs; what is shown stays readable."""
        ui = self.ui
        for widget in (
            ui.mriButton,
            ui.ctpButton,
            ui.assignButton,
            ui.referenceBox,
            ui.ageBox,
            ui.nihssBox,
            ui.onsetBox,
        ):
            widget.setEnabled(enabled)
        self.rows.set_enabled(enabled)

    def _show_references(self, inputs: StudyInputs) -> None:
        self._references = [""] + [role.value for role in roles_of(inputs.modality) if role in inputs.volumes]
        wanted = inputs.reference.value if inputs.reference is not None else ""
        with quietly(self.ui.referenceBox):
            self.ui.referenceBox.clear()
            for name in self._references:
                self.ui.referenceBox.addItem(name or _("Automatic"))
            self.ui.referenceBox.setCurrentIndex(self._references.index(wanted) if wanted in self._references else 0)

    def _on_reference(self, index: int) -> None:
        if 0 <= index < len(self._references):
            self._set("reference", self._references[index])

    def _set(self, name: str, value: Any) -> None:
        parameters = self._parameters()
        if parameters is not None:
            setattr(parameters, name, value)
