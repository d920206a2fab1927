"""The Segment Editor inside the panel, with an editor node of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
from slicer.i18n import tr as _

from .parameters import PanelParameters

_TAG = "StrokeSegSegmentEditor"
_MASKED = "StrokeSeg.Masked"
UNDO_STATES = 20


class EmbeddedEditor:
    """Lets the result be corrected; the model's own version lies beside it, untouched.

    Args:
        ui: the widgets of Correct.ui by name.
        section: the collapsible button that they lie in. Folded, it takes no keys: the editor's (digits, Space, Escape,
            z, y) are those of the whole window.
    """

    def __init__(self, ui: Any, section: Any) -> None:
        self.ui = ui
        self._section = section
        self._entered = self._listening = self._held = False
        self._told: Callable[[bool], object] = lambda _listening: None
        self._widget = ui.editorWidget
        self._widget.setMaximumNumberOfUndoStates(UNDO_STATES)
        self._segmentation: Any = None
        self._source: Any = None
        self._model_version: Any = None
        ui.modelVersionBox.connect("toggled(bool)", self._show_model_version)
        ui.startOverButton.connect("clicked(bool)", lambda _checked: self.start_over())
        section.connect("contentsCollapsed(bool)", lambda _folded: self._listen())

    def set_scene(self, scene: Any) -> None:
        """Uses a scene; none once the panel goes away."""
        if scene is None:
            self.leave_scene()
            self._widget.setMRMLScene(None)
            return
        self._widget.setMRMLScene(scene)
        node = scene.GetSingletonNode(_TAG, "vtkMRMLSegmentEditorNode")
        if node is None:
            node = slicer.vtkMRMLSegmentEditorNode()
            node.SetSingletonTag(_TAG)
            node = scene.AddNode(node)
        _mask(node)
        self._widget.setMRMLSegmentEditorNode(node)

    def leave_scene(self) -> None:
        """Lets go of the scene's nodes while it is closed or filled; the widget keeps the scene, which is the same."""
        self._widget.setActiveEffect(None)
        self._widget.setSegmentationNode(None)
        self._widget.setMRMLSegmentEditorNode(None)
        self._segmentation = self._source = self._model_version = None

    def show(self, parameters: PanelParameters | None) -> None:
        """Edits the last result's segmentation."""
        segmentation = None if parameters is None else parameters.segmentation
        self._model_version = None if parameters is None else parameters.modelSegmentation
        source = None if parameters is None or segmentation is None else parameters.referenceVolume
        if (segmentation, source) != (self._segmentation, self._source):
            self._segmentation, self._source = segmentation, source
            self._widget.setSegmentationNode(segmentation)
            if source is not None:
                self._widget.setSourceVolumeNode(source)
        both = segmentation is not None and self._model_version is not None
        self._widget.setEnabled(segmentation is not None)
        self.ui.modelVersionBox.setEnabled(both)
        self.ui.startOverButton.setEnabled(both)

    def enter(self) -> None:
        """The module is shown."""
        self._entered = True
        self._listen()

    def exit(self) -> None:
        """The module is hidden."""
        self._entered = False
        # Also when folded: a script may have chosen an effect.
        self._widget.setActiveEffect(None)
        self._listen()

    def _listen(self) -> None:
        """To keys and views while the editor is seen, and not otherwise."""
        listening = self._entered and not self._section.collapsed and not self._held
        if listening and not self._listening:
            self._widget.setupViewObservations()
            self._widget.installKeyboardShortcuts()
        elif self._listening and not listening:
            self._widget.setActiveEffect(None)
            self._widget.uninstallKeyboardShortcuts()
            self._widget.removeViewObservations()
        self._listening = listening
        self._told(listening)

    def tell(self, told: Callable[[bool], object]) -> None:
        """Tells from now on whether the editor has its keys, undo's among them: nobody else may have the same."""
        self._told = told
        told(self._listening)

    def hold(self, held: bool) -> None:
        """Takes no keys and no mouse while another tool of the panel has them."""
        self._held = held
        if held:
            self._widget.setActiveEffect(None)
        self._listen()

    def save_undo(self) -> None:
        """Takes a snapshot, to which undo comes back."""
        self._widget.saveStateForUndo()

    def undo(self) -> None:
        self._widget.undo()

    def redo(self) -> None:
        self._widget.redo()

    def start_over(self) -> None:
        """Replaces the corrections by the model's own version, once the user agrees; undo brings them back."""
        question = _("Replace your corrections by what the model had drawn? Undo brings them back.")
        if slicer.util.confirmOkCancelDisplay(question, _("Start over")):
            from StrokeSegLogic.slicer_bridge.segmentations import copy_segments

            self._widget.saveStateForUndo()
            copy_segments(self._model_version, self._segmentation)

    def _show_model_version(self, shown: bool) -> None:
        if self._model_version is not None:
            self._model_version.GetDisplayNode().SetVisibility(shown)


def _mask(node: Any) -> None:
    """Painting a segment leaves all others as they are and lies over none of them.

    Set once for each editor node: what the user asks for under "Masking" afterwards stays, in a saved scene, too.
    """
    if node.GetAttribute(_MASKED) is None:
        node.SetAttribute(_MASKED, "1")
        node.SetMaskMode(slicer.vtkMRMLSegmentationNode.EditAllowedOutsideAllSegments)
        node.SetOverwriteMode(slicer.vtkMRMLSegmentEditorNode.OverwriteNone)
