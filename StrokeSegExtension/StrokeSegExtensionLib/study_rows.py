"""The rows of roles: a label, a volume selector and a warning mark each; and the row of the brain mask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import slicer
from slicer.i18n import tr as _

from StrokeSegLogic.study.case import Role

from .study import Handle, Offer
from .view_settings import roles_of


class StudyRows:
    """The rows of both modalities; one modality's are shown.

    Args:
        ui: the widgets of Study.ui by name.
        chosen: called when the user sets a row.
        mask_chosen: called when the user sets the brain mask.
        artery_chosen: called when the user sets the list of the artery's point.
    """

    def __init__(
        self,
        ui: Any,
        chosen: Callable[[Role, Any], None],
        mask_chosen: Callable[[Any], None],
        artery_chosen: Callable[[Any], None],
    ) -> None:
        self._ui = ui
        self._chosen = chosen
        self._showing = False
        self._hints = {role: self._selector(role).toolTip for role in Role}
        for role in Role:
            self._selector(role).connect("currentNodeChanged(vtkMRMLNode*)", self._listener(role))
        ui.brainMaskSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._unless_showing(mask_chosen))
        ui.arterySelector.connect("currentNodeChanged(vtkMRMLNode*)", self._unless_showing(artery_chosen))

    def set_scene(self, scene: Any) -> None:
        """Fills the selectors from a scene, without telling anybody."""
        self._showing = True
        try:
            for role in Role:
                self._selector(role).setMRMLScene(scene)
            self._ui.brainMaskSelector.setMRMLScene(scene)
            self._ui.arterySelector.setMRMLScene(scene)
        finally:
            self._showing = False

    def show_modality(self, modality: str) -> None:
        """Shows the rows of "mri" or "ctp"."""
        shown = roles_of(modality)
        for role in Role:
            for part in ("label", "selector", "mark"):
                getattr(self._ui, f"{part}{role.value}").setVisible(role in shown)
        for widget in (self._ui.brainMaskLabel, self._ui.brainMaskSelector):
            widget.setVisible(modality == "mri")
        for widget in (self._ui.arteryLabel, self._ui.arterySelector):
            widget.setVisible(modality == "ctp")

    def show_volumes(self, volumes: Mapping[Role, Handle], modality: str) -> None:
        """Sets the selectors of a modality, without telling anybody."""
        self._showing = True
        try:
            for role in roles_of(modality):
                handle = volumes.get(role)
                node = slicer.mrmlScene.GetNodeByID(handle) if handle else None
                self._selector(role).setCurrentNode(node)
        finally:
            self._showing = False

    def show_mask(self, node: Any) -> None:
        """Sets the brain mask's selector, without telling anybody."""
        self._show(self._ui.brainMaskSelector, node)

    def show_artery(self, node: Any) -> None:
        """Sets the artery's selector, without telling anybody."""
        self._show(self._ui.arterySelector, node)

    def _show(self, selector: Any, node: Any) -> None:
        self._showing = True
        try:
            selector.setCurrentNode(node)
        finally:
            self._showing = False

    def show_offers(self, offers: Mapping[Role, Offer]) -> None:
        """Reason and confidence as tooltips, and a mark where there is doubt."""
        for role in Role:
            offer = offers.get(role)
            mark = getattr(self._ui, f"mark{role.value}")
            mark.setText("\u26a0" if offer is not None and offer.doubtful else "")
            words = "" if offer is None else self._words(offer)
            mark.setToolTip(words)
            self._selector(role).setToolTip(f"{self._hints[role]}\n{words}".strip())

    def set_enabled(self, enabled: bool) -> None:
        for role in Role:
            self._selector(role).setEnabled(enabled)
        self._ui.brainMaskSelector.setEnabled(enabled)
        self._ui.arterySelector.setEnabled(enabled)

    def _words(self, offer: Offer) -> str:
        node = slicer.mrmlScene.GetNodeByID(offer.handle)
        name = "" if node is None else node.GetName()
        text = _("{name}: {reason} (confidence {confidence:.0%})").format(
            name=name, reason=offer.reason, confidence=offer.confidence
        )
        return text + ("\n" + _("In doubt: please check.") if offer.doubtful else "")

    def _selector(self, role: Role) -> Any:
        return getattr(self._ui, f"selector{role.value}")

    def _listener(self, role: Role) -> Callable[[Any], None]:
        def changed(node: Any) -> None:
            if not self._showing:
                self._chosen(role, node)

        return changed

    def _unless_showing(self, chosen: Callable[[Any], None]) -> Callable[[Any], None]:
        def changed(node: Any) -> None:
            if not self._showing:
                chosen(node)

        return changed
