"""Puts the stand-in where the panel looks for Slicer's modules, and takes it away again."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import slicer
from PySide6 import QtWidgets

from StrokeSegLogic.slicer_bridge.runtime import quiet_vtk

from . import parameter_node, scripted_module
from .application import Strict, qSlicerApplication, qSlicerLayoutManager
from .ctk_widgets import CTK_WIDGETS
from .mrml_scene import ApplicationScene
from .mrml_widgets import MRML_WIDGETS
from .qt_module import FileDialog, QtClass, QtModule
from .ui_loader import child_widget_variables, load_ui

Displayed = tuple[str, str]


@dataclass
class Slicer:
    """The running stand-in.

    Attributes:
        app: `slicer.app`.
        answers: what the user answers to the next questions.
        files: paths that the user answers in the next file dialogs; "" is Cancel.
        displayed: kind and text of every message that was shown.
        samples: keyword arguments of every registered sample data source.
        widget: the module's widget, once it is made.
    """

    app: qSlicerApplication
    main: ApplicationScene
    answers: deque[Any] = field(default_factory=deque)
    files: deque[str] = field(default_factory=lambda: FileDialog.answers)
    displayed: list[Displayed] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    widget: Any = None

    @property
    def scene(self) -> Any:
        return self.main.scene


_NAMES = ("qt", "ctk", "SampleData", "slicer.i18n", "slicer.parameterNodeWrapper", "slicer.ScriptedLoadableModule")


@contextmanager
def standin(folder: Path, module: Path, window: bool = True) -> Iterator[Slicer]:
    """3D Slicer's modules for the length of the block.

    Args:
        folder: for temporary files.
        module: the scripted module's file.
        window: False stands for --no-main-window, where there is no layout manager.
    """
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    with quiet_vtk():  # about terminologies that the application ships and slicer-core does not
        main = ApplicationScene(folder)
    layouts = qSlicerLayoutManager(main.scene) if window else None
    running = Slicer(qSlicerApplication(main, layouts, folder), main)
    before = {name: sys.modules.get(name) for name in _NAMES}
    changed = _Changed()
    FileDialog.answers.clear()
    try:
        changed.set(slicer, "app", running.app)
        changed.set(slicer, "mrmlScene", main.scene)
        changed.set(slicer, "modules", ModuleType("slicer.modules"))
        for name, kind in MRML_WIDGETS.items():
            changed.set(slicer, name, QtClass(kind))
        changed.set(slicer, "qSlicerDICOMExportDialog", _dicom_export(running))
        for name, function in _functions(running, module).items():
            changed.set(slicer.util, name, function)
        sys.modules.update(_modules(running))
        yield running
    finally:
        for name, old in before.items():
            if old is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = old
        application.processEvents()
        if layouts is not None:
            layouts._close()
        changed.undo()
        with quiet_vtk():
            main.close()


class _Changed:
    """Attributes that were set, and what they were."""

    _MISSING = object()

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Any]] = []

    def set(self, owner: Any, name: str, value: Any) -> None:
        self._before.append((owner, name, owner.__dict__.get(name, self._MISSING)))
        setattr(owner, name, value)

    def undo(self) -> None:
        for owner, name, value in reversed(self._before):
            if value is self._MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


def _dicom_export(running: Slicer) -> type:
    """Slicer's dialog for DICOM, which only notes what it was opened for."""

    class qSlicerDICOMExportDialog(Strict):
        def setMRMLScene(self, scene: Any) -> None:
            self._scene = scene

        def execDialog(self, item: int) -> None:
            running.displayed.append(("dicom export", str(item)))

    return qSlicerDICOMExportDialog


def _functions(running: Slicer, module: Path) -> dict[str, Any]:
    """The functions of slicer.util that need the application."""

    def display(kind: str) -> Any:
        return lambda text, *_, **__: running.displayed.append((kind, text))

    def ask(text: str, *_: Any, **__: Any) -> Any:
        running.displayed.append(("question", text))
        return running.answers.popleft()

    return {
        "loadUI": load_ui,
        "childWidgetVariables": child_widget_variables,
        "modulePath": lambda name: str(module),
        "getModuleWidget": lambda name: running.widget,
        "mainWindow": lambda: None,
        "infoDisplay": display("info"),
        "warningDisplay": display("warning"),
        "errorDisplay": display("error"),
        "showStatusMessage": lambda message, duration=0: None,
        "confirmOkCancelDisplay": ask,
        "confirmYesNoDisplay": ask,
        "reloadScriptedModule": lambda name: running.displayed.append(("reload", name)),
    }


def _modules(running: Slicer) -> dict[str, ModuleType]:
    ctk, i18n, samples = ModuleType("ctk"), ModuleType("slicer.i18n"), ModuleType("SampleData")
    for name, kind in CTK_WIDGETS.items():
        setattr(ctk, name, QtClass(kind))
    i18n.tr = lambda text: text  # type: ignore[attr-defined]
    i18n.translate = lambda context, text: text  # type: ignore[attr-defined]

    class SampleDataLogic:
        @staticmethod
        def registerCustomSampleDataSource(**arguments: Any) -> None:
            running.samples.append(arguments)

    samples.SampleDataLogic = SampleDataLogic  # type: ignore[attr-defined]
    return {
        "qt": QtModule("qt"),
        "ctk": ctk,
        "SampleData": samples,
        "slicer.i18n": i18n,
        "slicer.parameterNodeWrapper": parameter_node,
        "slicer.ScriptedLoadableModule": scripted_module,
    }
