"""PySide6 objects in PythonQt's ways: properties without parentheses, connect("signal(args)", f), no new attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6 import QtCore

from .api import api
from .stopwatch import stopwatch

_OWN = ("_target", "_kind")


class Proxy:
    """One Qt object or value as a PythonQt script sees it."""

    __slots__ = _OWN

    def __init__(self, target: Any) -> None:
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_kind", kind_of(target))

    def __getattr__(self, name: str) -> Any:
        if name in ("connect", "disconnect"):
            return getattr(self, f"_{name}")
        if name.startswith("__"):
            raise AttributeError(name)
        api.use(self._kind, name)
        target = self._alive(name)
        if isinstance(target, QtCore.QObject) and target.metaObject().indexOfProperty(name) >= 0:
            return wrap(target.property(name))
        attribute = getattr(target, name)
        if isinstance(attribute, QtCore.SignalInstance):
            raise AttributeError(f"connect {name} by its signature: connect('{name}(...)', f)")
        return _method(attribute) if callable(attribute) else wrap(attribute)

    def __setattr__(self, name: str, value: Any) -> None:
        api.use(self._kind, name)
        target = self._alive(name)
        if not isinstance(target, QtCore.QObject) or target.metaObject().indexOfProperty(name) < 0:
            raise AttributeError(f"{self._kind} has no property {name}: wrappers take no new attributes")
        if not target.setProperty(name, unwrap(value)):
            raise TypeError(f"{self._kind}.{name} does not take {value!r}")

    def __eq__(self, other: object) -> bool:
        mine, others = unwrap(self), unwrap(other)
        return mine is others or (not isinstance(mine, QtCore.QObject) and mine == others)

    def __hash__(self) -> int:
        return hash(id(self._target))

    def __repr__(self) -> str:
        return f"<{self._kind}>"

    def _alive(self, name: str) -> Any:
        if not shiboken6.isValid(self._target):
            raise ValueError(f"Trying to use '{name}' of a destroyed {self._kind} object")
        return self._target

    def _connect(self, signal: str, slot: Callable[..., Any]) -> bool:
        api.connect(self._kind, signal)
        instance = _overload(getattr(self._alive(signal), signal.partition("(")[0]), signal)
        arguments = signal.partition("(")[2].rstrip(")")
        # PythonQt gives a slot no more than the signature's arguments.
        count = len([argument for argument in arguments.split(",") if argument])
        _slots(self._target).setdefault((signal, slot), []).append(connected := _caller(slot, count))
        instance.connect(connected)
        return True

    def _disconnect(self, signal: str, slot: Callable[..., Any]) -> bool:
        kept = _slots(self._target).pop((signal, slot), [])
        instance = _overload(getattr(self._alive(signal), signal.partition("(")[0]), signal)
        for connected in kept:
            instance.disconnect(connected)
        return bool(kept)


def kind_of(target: Any) -> str:
    """Name of the class that Slicer knows: a double's, or the nearest Qt class."""
    if isinstance(target, QtCore.QObject):
        meta: Any = target.metaObject()
        return str(meta.className())
    return type(target).__name__


def wrap(value: Any) -> Any:
    """Qt objects as proxies, all else as it is."""
    if isinstance(value, list | tuple):
        return type(value)(wrap(entry) for entry in value)
    if isinstance(value, QtCore.QObject | shiboken6.Shiboken.Object):
        return Proxy(value)
    return value


def unwrap(value: Any) -> Any:
    """The Qt object behind a proxy."""
    if isinstance(value, Proxy):
        return object.__getattribute__(value, "_target")
    if isinstance(value, list | tuple):
        return type(value)(unwrap(entry) for entry in value)
    if callable(value) and not isinstance(value, type):
        return value
    return value


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return wrap(function(*(unwrap(argument) for argument in arguments)))

    return call


def _caller(slot: Callable[..., Any], count: int) -> Callable[..., Any]:
    def call(*arguments: Any) -> None:
        stopwatch.call(slot, *(wrap(argument) for argument in arguments[:count]))

    return call


_CONNECTED: dict[int, dict[Any, list[Any]]] = {}


def _slots(target: QtCore.QObject) -> dict[Any, list[Any]]:
    key = id(target)
    if key not in _CONNECTED:
        _CONNECTED[key] = {}
        target.destroyed.connect(lambda *_: _CONNECTED.pop(key, None))
    return _CONNECTED[key]


_TYPES = {"bool": bool, "int": int, "double": float, "QString": str}


def _overload(instance: Any, signal: str) -> Any:
    arguments = [argument for argument in signal.partition("(")[2].rstrip(")").split(",") if argument]
    try:
        return instance[tuple(_TYPES[argument] for argument in arguments)] if arguments else instance
    except (KeyError, IndexError, TypeError):
        return instance
