"""The module `qt`: PySide6's classes by their flat names."""

from __future__ import annotations

from collections import deque
from types import ModuleType
from typing import Any, ClassVar

from PySide6 import QtCore, QtGui, QtWidgets

from .api import api
from .proxy import Proxy, _method, wrap
from .proxy import unwrap as _unwrap


class QtClass:
    """A class of `qt` or `ctk`: call it for an object; its static functions and enumerators are its attributes."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __call__(self, *arguments: Any) -> Proxy:
        return Proxy(self._kind(*(_unwrap(argument) for argument in arguments)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        api.use(self._kind.__name__, name)
        attribute = getattr(self._kind, name)
        return _method(attribute) if callable(attribute) and not isinstance(attribute, type) else wrap(attribute)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(_unwrap(instance), self._kind)


class FileDialog:
    """QFileDialog's static functions, answered by the test; PythonQt returns the path alone."""

    answers: ClassVar[deque[str]] = deque()

    @staticmethod
    def getSaveFileName(*_: Any) -> str:
        return FileDialog.answers.popleft()

    getOpenFileName = getSaveFileName
    getExistingDirectory = getSaveFileName


_DOUBLES: dict[str, type] = {"QFileDialog": type("QFileDialog", (FileDialog,), {})}


class QtModule(ModuleType):
    """`import qt`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _DOUBLES:
            return QtClass(_DOUBLES[name])
        for module in (QtCore, QtGui, QtWidgets):
            if hasattr(module, name):
                return QtClass(getattr(module, name))
        raise AttributeError(f"qt.{name}")
