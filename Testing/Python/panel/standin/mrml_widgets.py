"""Doubles of the MRML widgets in the panel's .ui files, on a real MRML scene."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6 import QtWidgets
from PySide6.QtCore import Property, Signal


class qMRMLWidget(QtWidgets.QWidget):
    """A widget that knows the scene."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)


class qMRMLNodeComboBox(QtWidgets.QWidget):
    """A selector of the scene's nodes of some classes."""

    currentNodeChanged = Signal(object)
    currentNodeIDChanged = Signal(str)
    nodeAddedByUser = Signal(object)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = QtWidgets.QComboBox(self)
        self._box.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(10)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box)
        self.setFocusProxy(self._box)
        self._box.currentIndexChanged.connect(self._on_index)
        self._scene: Any = None
        self._tags: list[int] = []
        self._types: list[str] = []
        self._none, self._children, self._hidden, self._edit = False, True, False, True
        self._none_words = "None"
        self._removed: str | None = None
        self._reported = ""

    # -- the scene

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        if scene is self._scene:
            return  # as in Slicer: the same scene is not read again
        for tag in self._tags:
            self._scene.RemoveObserver(tag)
        self._tags = []
        self._scene = scene
        if scene is not None:
            vtk_events = slicer.vtkMRMLScene
            for event in (
                vtk_events.NodeAddedEvent,
                vtk_events.NodeAboutToBeRemovedEvent,
                vtk_events.EndBatchProcessEvent,
            ):
                self._tags.append(scene.AddObserver(event, self._on_scene_event(event)))
        self._fill()

    def _on_scene_event(self, event: int) -> Any:
        import vtk

        @vtk.calldata_type(vtk.VTK_OBJECT)
        def called(caller: Any, name: str, node: Any = None) -> None:
            if self._scene is not None and self._scene.IsBatchProcessing():
                return
            leaving = event == slicer.vtkMRMLScene.NodeAboutToBeRemovedEvent
            self._fill(without=node.GetID() if leaving and node is not None else None)

        def batch(caller: Any, name: str) -> None:
            self._fill()

        return batch if event == slicer.vtkMRMLScene.EndBatchProcessEvent else called

    def _nodes(self) -> list[Any]:
        if self._scene is None:
            return []
        nodes = []
        for kind in self._types:
            for index in range(self._scene.GetNumberOfNodesByClass(kind)):
                node = self._scene.GetNthNodeByClass(index, kind)
                exact = node.GetClassName() == kind
                if (self._children or exact) and (self._hidden or not node.GetHideFromEditors()) and node not in nodes:
                    nodes.append(node)
        return nodes

    def _fill(self, without: str | None = None) -> None:
        before = self._box.currentData()
        self._box.blockSignals(True)
        self._box.clear()
        if self._none:
            self._box.addItem(self._none_words, "")
        for node in self._nodes():
            if node.GetID() != without:
                self._box.addItem(node.GetName(), node.GetID())
        self._box.setCurrentIndex(max(0 if self._none else -1, self._box.findData(before)))
        self._box.blockSignals(False)
        self._on_index()

    def _on_index(self, _: int = 0) -> None:
        if (now := self._box.currentData() or "") != self._reported:
            self._reported = now
            self.currentNodeChanged.emit(self.currentNode())
            self.currentNodeIDChanged.emit(now)

    # -- the current node

    def currentNode(self) -> Any:
        node_id = self._box.currentData()
        return self._scene.GetNodeByID(node_id) if node_id and self._scene is not None else None

    def setCurrentNode(self, node: Any) -> None:
        self.setCurrentNodeID("" if node is None else node.GetID())

    def setCurrentNodeID(self, node_id: str) -> None:
        self._box.setCurrentIndex(max(0 if self._none else -1, self._box.findData(node_id or "")))

    def nodeCount(self) -> int:
        return len(self._nodes())

    def _set(name: str) -> Any:
        def change(self: Any, value: Any) -> None:
            setattr(self, name, value)
            self._fill()

        return change

    nodeTypes = Property("QStringList", lambda self: self._types, _set("_types"))
    noneEnabled = Property(bool, lambda self: self._none, _set("_none"))
    noneDisplay = Property(str, lambda self: self._none_words, _set("_none_words"))
    showChildNodeTypes = Property(bool, lambda self: self._children, _set("_children"))
    showHidden = Property(bool, lambda self: self._hidden, _set("_hidden"))
    addEnabled = Property(bool, lambda self: False, lambda self, value: None)
    removeEnabled = Property(bool, lambda self: False, lambda self, value: None)
    editEnabled = Property(bool, lambda self: self._edit, lambda self, value: None)
    renameEnabled = Property(bool, lambda self: False, lambda self, value: None)
    selectNodeUponCreation = Property(bool, lambda self: False, lambda self, value: None)
    currentNodeID = Property(str, lambda self: self._box.currentData() or "", setCurrentNodeID)


class qMRMLSegmentEditorWidget(QtWidgets.QFrame):
    """The Segment Editor as far as the panel drives it, on Slicer's own logic with its undo.

    Its effects' buttons are drawn and do nothing: a test edits through `logic`.
    """

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = self._editor = self._segmentation = self._source = None
        self._effect, self._auto_show = "", True
        self.logic = slicer.vtkSlicerSegmentEditorLogic()
        self.shortcuts_installed = self.observes_views = False
        self.setFrameShape(QtWidgets.QFrame.StyledPanel)
        layout = QtWidgets.QGridLayout(self)
        self._label = QtWidgets.QLabel("no segmentation", self)
        layout.addWidget(self._label, 0, 0, 1, 4)
        for number, name in enumerate(("Paint", "Draw", "Erase", "Scissors", "Islands", "Smoothing", "Undo", "Redo")):
            button = QtWidgets.QToolButton(self)
            button.setText(name)
            layout.addWidget(button, 1 + number // 4, number % 4)

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self._segmentation = self._source = None
        self.logic.SetMRMLScene(scene)

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        self._editor = node
        self.logic.SetSegmentEditorNode(node)

    def mrmlSegmentEditorNode(self) -> Any:
        return self._editor

    def setSegmentationNode(self, node: Any) -> None:
        if node is not None and self._editor is None:
            raise RuntimeError("the Segment Editor has no editor node: set it before the segmentation")
        self._segmentation = node
        if self._editor is not None:
            self.logic.SetSegmentationNode(node)
        self._label.setText("no segmentation" if node is None else node.GetName())

    def segmentationNode(self) -> Any:
        return self._segmentation

    def setSourceVolumeNode(self, node: Any) -> None:
        self._source = node
        if self._editor is not None:
            self.logic.SetSourceVolumeNode(node)

    def sourceVolumeNode(self) -> Any:
        return self._source

    def setActiveEffectByName(self, name: str) -> None:
        self._effect = name or ""

    def setActiveEffect(self, effect: Any) -> None:
        self._effect = ""

    def installKeyboardShortcuts(self) -> None:
        self.shortcuts_installed = True

    def uninstallKeyboardShortcuts(self) -> None:
        self.shortcuts_installed = False

    def setupViewObservations(self) -> None:
        self.observes_views = True

    def removeViewObservations(self) -> None:
        self.observes_views = False

    def _set_auto_show(self, on: bool) -> None:
        self._auto_show = on

    def saveStateForUndo(self) -> None:
        self.logic.SaveStateForUndo()

    def undo(self) -> None:
        self.logic.Undo()

    def redo(self) -> None:
        self.logic.Redo()

    def _set_states(self, count: int) -> None:
        self.logic.SetMaximumNumberOfUndoStates(count)

    setMaximumNumberOfUndoStates = _set_states
    maximumNumberOfUndoStates = Property(int, lambda self: self.logic.GetMaximumNumberOfUndoStates(), _set_states)
    segmentationNodeSelectorVisible = Property(bool, lambda self: False, lambda self, value: None)
    sourceVolumeNodeSelectorVisible = Property(bool, lambda self: False, lambda self, value: None)
    autoShowSourceVolumeNode = Property(bool, lambda self: self._auto_show, lambda self, on: self._set_auto_show(on))
    switchToSegmentationsButtonVisible = Property(bool, lambda self: False, lambda self, value: None)


MRML_WIDGETS: dict[str, type[QtWidgets.QWidget]] = {
    "qMRMLWidget": qMRMLWidget,
    "qMRMLNodeComboBox": qMRMLNodeComboBox,
    "qMRMLSegmentEditorWidget": qMRMLSegmentEditorWidget,
}
