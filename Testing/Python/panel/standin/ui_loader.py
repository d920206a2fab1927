"""Loads the panel's .ui files with Qt's own loader; custom widgets come from the doubles."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from PySide6 import QtCore, QtUiTools, QtWidgets

from .ctk_widgets import CTK_WIDGETS
from .mrml_widgets import MRML_WIDGETS
from .proxy import Proxy, unwrap

DOUBLES = CTK_WIDGETS | MRML_WIDGETS


class _Loader(QtUiTools.QUiLoader):
    def createWidget(self, kind: str, parent: Any = None, name: str = "") -> Any:
        if kind not in DOUBLES:
            if kind.startswith(("ctk", "qMRML", "qSlicer")):
                raise LookupError(f"the stand-in has no {kind}")
            return super().createWidget(kind, parent, name)
        widget = DOUBLES[kind](parent)
        widget.setObjectName(name)
        return widget


def load_ui(path: str) -> Proxy:
    """The widget of a .ui file.

    Raises:
        RuntimeError: if the file is missing or Qt cannot read it.
    """
    file = QtCore.QFile(str(path))
    if not file.open(QtCore.QIODevice.ReadOnly):
        raise RuntimeError(f"{path} cannot be opened")
    loader = _Loader()
    widget = loader.load(file)
    file.close()
    if widget is None:
        raise RuntimeError(f"{path}: {loader.errorString()}")
    return Proxy(widget)


def child_widget_variables(widget: Any) -> SimpleNamespace:
    """Every named child as an attribute, as slicer.util.childWidgetVariables."""
    named = {}
    for child in unwrap(widget).findChildren(QtWidgets.QWidget):
        if child.objectName() and not child.objectName().startswith("qt_"):
            named[child.objectName()] = Proxy(child)
    return SimpleNamespace(**named)
