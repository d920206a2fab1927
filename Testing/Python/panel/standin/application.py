"""Doubles of `slicer.app`, its layout manager and its module manager, on real slice logics and nodes."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from PySide6 import QtCore, QtWidgets

from .api import api
from .mrml_scene import ApplicationScene
from .proxy import Proxy

FOUR_UP = 3
_AT_FIRST, _SIZE = (297, 160), (183, 435)
"""Pixels of a view: before and after the event loop has run."""
_RED_YELLOW_GREEN = (("Red", "Axial"), ("Yellow", "Sagittal"), ("Green", "Coronal"))


class Strict:
    """A double that holds each name asked of it against the real class of its own name."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            api.use(type(self).__name__, name)
        return object.__getattribute__(self, name)


class qMRMLSliceView(Strict):
    """Has an interactor without a window, to which a test turns the wheel."""

    def __init__(self) -> None:
        import vtk

        self._interactor = vtk.vtkGenericRenderWindowInteractor()

    def interactor(self) -> Any:
        return self._interactor


class qMRMLSliderWidget(Strict):
    def __init__(self) -> None:
        self._spin_box = True

    def setSpinBoxVisible(self, visible: bool) -> None:
        self._spin_box = visible


class qMRMLSliceControllerWidget(Strict):
    def __init__(self) -> None:
        self._slider, self._label = qMRMLSliderWidget(), QtWidgets.QLabel()
        self._paused = 0

    def sliceOffsetSlider(self) -> Any:
        return self._slider

    def viewLabel(self) -> Any:
        return Proxy(self._label)


class qMRMLSliceWidget(Strict):
    def __init__(self, logic: Any, visible: bool, view: qMRMLSliceView, bar: qMRMLSliceControllerWidget) -> None:
        self._logic, self._visible, self._view, self._bar = logic, visible, view, bar

    def sliceController(self) -> Any:
        return self._bar

    def pauseRender(self) -> None:
        self._bar._paused += 1

    def resumeRender(self) -> None:
        self._bar._paused -= 1

    @property
    def visible(self) -> bool:
        return self._visible

    def sliceLogic(self) -> Any:
        return self._logic

    def sliceView(self) -> Any:
        return self._view

    def mrmlSliceNode(self) -> Any:
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> Any:
        return self._logic.GetSliceCompositeNode()


class qSlicerLayoutManager(Strict):
    """Makes a slice logic for every slice view of the layout that the layout node asks for.

    As seen in Slicer 5.13: a new view has its final size, and an offset of 0, only after the event loop has run; and
    views of former layouts stay among the names.
    """

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._layouts = slicer.vtkMRMLLayoutLogic()
        self._layouts.SetMRMLScene(scene)
        self._logics: dict[str, Any] = {}
        self._views: dict[str, qMRMLSliceView] = {}
        self._bars: dict[str, qMRMLSliceControllerWidget] = {}
        self._shown: set[str] = set()
        self._tag: int | None = None
        self._observe()

    def _observe(self) -> None:
        import vtk

        node = self._layouts.GetLayoutNode()
        node.SetViewArrangement(FOUR_UP)
        self._node = node
        self._tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._arrange())
        batch = self._scene.EndBatchProcessEvent
        self._batch_tag = self._scene.AddObserver(batch, lambda *_: self._arrange())
        with_node = vtk.calldata_type(vtk.VTK_OBJECT)
        self._node_tag = self._scene.AddObserver(
            self._scene.NodeAddedEvent, with_node(lambda *event: self._added(event[-1]))
        )
        self._arrange()

    def _added(self, node: Any) -> None:
        """The view of a node that somebody adds is made at once, and hidden."""
        name = node.GetLayoutName() if node.IsA("vtkMRMLSliceNode") else None
        if name and name not in self._logics and node.GetSingletonTag() and not self._scene.IsBatchProcessing():
            logic = slicer.vtkMRMLSliceLogic()
            logic.SetMRMLScene(self._scene)
            logic.SetSliceNode(node)
            self._made(name, logic)

    def _arrange(self) -> None:
        if self._scene.IsBatchProcessing():
            return  # as in Slicer: the layout follows once the scene is closed or filled
        wanted: list[tuple[str, str]] = list(_RED_YELLOW_GREEN)
        description = self._node.GetCurrentLayoutDescription() or ""
        if not 0 <= self._node.GetViewArrangement() < 500:
            views = ElementTree.fromstring(description).iter("view")
            wanted = [
                (
                    view.get("singletontag", ""),
                    next((p.text or "" for p in view.iter("property") if p.get("name") == "orientation"), "Axial"),
                )
                for view in views
                if view.get("class") == "vtkMRMLSliceNode"
            ]
        self._shown = {name for name, _ in wanted}
        for name, orientation in wanted:
            if name not in self._logics:
                logic = slicer.vtkMRMLSliceLogic()
                logic.SetMRMLScene(self._scene)
                node = self._scene.GetSingletonNode(name, "vtkMRMLSliceNode")
                if node is None:
                    logic.AddSliceNode(name)
                else:  # the layout logic was quicker
                    logic.SetSliceNode(node)
                logic.GetSliceNode().SetOrientation(orientation)
                self._made(name, logic)

    def _made(self, name: str, logic: Any) -> None:
        logic.GetSliceNode().SetDimensions(*_AT_FIRST, 1)
        self._logics[name], self._bars[name] = logic, qMRMLSliceControllerWidget()
        QtCore.QTimer.singleShot(0, lambda: self._sized(logic))

    def _sized(self, logic: Any) -> None:
        node = logic.GetSliceNode()
        if node is not None:
            node.SetDimensions(*_SIZE, 1)
            logic.SetSliceOffset(0.0)

    def layoutLogic(self) -> Any:
        return self._layouts

    def sliceViewNames(self) -> tuple[str, ...]:
        return tuple(self._logics)

    def mrmlSliceLogics(self) -> Any:
        import vtk

        logics = vtk.vtkCollection()
        for logic in self._logics.values():
            logics.AddItem(logic)
        return logics

    def sliceWidget(self, name: str) -> Any:
        if name not in self._logics:
            return None
        view = self._views.setdefault(name, qMRMLSliceView())
        return qMRMLSliceWidget(self._logics[name], name in self._shown, view, self._bars[name])

    def _close(self) -> None:
        self._node.RemoveObserver(self._tag)
        self._scene.RemoveObserver(self._batch_tag)
        self._scene.RemoveObserver(self._node_tag)
        for logic in self._logics.values():
            logic.SetMRMLScene(None)
        self._layouts.SetMRMLScene(None)


class qSlicerModuleManager(Strict):
    def connect(self, signal: str, slot: Callable[..., Any]) -> bool:
        return True

    def disconnect(self, signal: str, slot: Callable[..., Any]) -> bool:
        return True


class qSlicerApplication:
    """`slicer.app`. Its class is not in the list read from the real application, its parts are."""

    def __init__(self, main: ApplicationScene, layouts: qSlicerLayoutManager | None, folder: Path) -> None:
        self._main, self._layouts, self._folder = main, layouts, folder
        self._slots: list[tuple[str, Callable[..., Any]]] = []
        self._modules = qSlicerModuleManager()

    def layoutManager(self) -> Any:
        return self._layouts

    def applicationLogic(self) -> Any:
        return self._main.logic

    def moduleManager(self) -> Any:
        return self._modules

    def processEvents(self) -> None:
        QtWidgets.QApplication.processEvents()

    def testingEnabled(self) -> bool:
        return True

    @property
    def temporaryPath(self) -> str:
        return str(self._folder)

    @property
    def slicerUserSettingsFilePath(self) -> str:
        return str(self._folder / "Slicer.ini")

    def connect(self, signal: str, slot: Callable[..., Any]) -> bool:
        self._slots.append((signal, slot))
        return True

    def _emit(self, signal: str) -> None:
        for connected, slot in self._slots:
            if connected == signal:
                slot()
