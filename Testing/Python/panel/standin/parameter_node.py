"""A double of slicer.parameterNodeWrapper: typed attributes kept in a real vtkMRMLScriptedModuleNode."""

from __future__ import annotations

import typing
from typing import Any

import slicer

_WORDS: dict[type, Any] = {str: str, int: int, float: float, bool: lambda text: text == "True"}
_EMPTY: dict[type, Any] = {str: "", int: 0, float: 0.0, bool: False}


def _parameter(name: str, kind: type, default: Any) -> property:
    if issubclass(kind, slicer.vtkMRMLNode):
        return property(
            lambda self: self.parameterNode.GetNodeReference(name),
            lambda self, node: self.parameterNode.SetNodeReferenceID(name, None if node is None else node.GetID()),
        )

    def read(self: Any) -> Any:
        return _WORDS[kind](self.parameterNode.GetParameter(name))

    def write(self: Any, value: Any) -> None:
        # Slicer's serializers refuse a value of another type.
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise TypeError(f"{name} is a {kind.__name__}, not {value!r}")
        self.parameterNode.SetParameter(name, str(kind(value)))

    return property(read, write)


def parameterNodeWrapper(kind: type) -> type:
    """Turns a class of annotations into a wrapper of a parameter node, as Slicer's decorator does."""
    hints = typing.get_type_hints(kind)
    defaults = {name: getattr(kind, name, _EMPTY.get(hint)) for name, hint in hints.items()}

    def initialise(self: Any, node: Any, prefix: str | None = None) -> None:
        self.parameterNode = node
        for name, hint in hints.items():
            if not issubclass(hint, slicer.vtkMRMLNode) and name not in node.GetParameterNames():
                setattr(self, name, defaults[name])

    for name, hint in hints.items():
        setattr(kind, name, _parameter(name, hint, defaults[name]))
    kind.__init__ = initialise  # type: ignore[misc]
    return kind
