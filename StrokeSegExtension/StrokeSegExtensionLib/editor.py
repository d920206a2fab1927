"""The Segment Editor inside the panel, with an editor node of its own."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from .parameters import PanelParameters

_TAG = "StrokeSegSegmentEditor"
UNDO_STATES = 20


class EmbeddedEditor:
    """Lets the result be corrected; the model's own version lies beside it, untouched.

    Args:
        ui: the widgets of Correct.ui by name.
    """

    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self._widget = ui.editorWidget
        self._widget.setMaximumNumberOfUndoStates(UNDO_STATES)
        self._segmentation: Any = None
        self._source: Any = None
        self._model_version: Any = None
        ui.modelVersionBox.connect("toggled(bool)", self._show_model_version)
        ui.startOverButton.connect("clicked(bool)", lambda _checked: self.start_over())

    def set_scene(self, scene: Any) -> None:
        """Uses a scene, or none while it is being closed or filled."""
        if scene is None:
            self._widget.setSegmentationNode(None)
            self._widget.setMRMLSegmentEditorNode(None)
            self._widget.setMRMLScene(None)
            self._segmentation = self._source = self._model_version = None
            return
        self._widget.setMRMLScene(scene)
        node = scene.GetSingletonNode(_TAG, "vtkMRMLSegmentEditorNode")
        if node is None:
            node = slicer.vtkMRMLSegmentEditorNode()
            node.SetSingletonTag(_TAG)
            node = scene.AddNode(node)
        self._widget.setMRMLSegmentEditorNode(node)

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
        self._widget.setupViewObservations()
        self._widget.installKeyboardShortcuts()

    def exit(self) -> None:
        self._widget.setActiveEffect(None)
        self._widget.uninstallKeyboardShortcuts()
        self._widget.removeViewObservations()

    def start_over(self) -> None:
        """Replaces the corrections by the model's own version, once the user agrees; undo brings them back."""
        question = _("Replace your corrections by what the model had drawn? Undo brings them back.")
        if slicer.util.confirmOkCancelDisplay(question, _("Start over")):
            self._widget.saveStateForUndo()
            copy_segments(self._model_version, self._segmentation)

    def _show_model_version(self, shown: bool) -> None:
        if self._model_version is not None:
            self._model_version.GetDisplayNode().SetVisibility(shown)


def copy_segments(source: Any, target: Any) -> None:
    """Gives every segment of the target the voxels of the source's segment of the same ID."""
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    for segment_id in source.GetSegmentation().GetSegmentIDs():
        labelmap = slicer.vtkOrientedImageData()
        source.GetBinaryLabelmapRepresentation(segment_id, labelmap)
        logic.SetBinaryLabelmapToSegment(labelmap, target, segment_id, logic.MODE_REPLACE)
