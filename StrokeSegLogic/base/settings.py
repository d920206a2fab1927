"""What may be chosen by name, and frozen dataclasses out of TOML and JSON, with a message that names the wrong key.

Each list of choices stands here alone: command line, panel, jobs and engines read it.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import sys
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args

from .errors import InputError, shortened
from .files import read_regular
from .json_files import require_shallow

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
Plane = Literal["axial", "coronal", "sagittal"]
VoteName = Literal["majority", "weighted", "mean"]
RegisterName = Literal["auto", "off"]
RouteName = Literal["thresholds", "slow-fusion", "unet3d"]
ExtraName = Literal["probability", "agreement", "maps", "report"]

DEVICES: tuple[DeviceName, ...] = get_args(DeviceName)
PLANES: tuple[Plane, ...] = get_args(Plane)
VOTES: tuple[VoteName, ...] = get_args(VoteName)
"""How the three planes of an MRI model decide."""
REGISTERS: tuple[RegisterName, ...] = get_args(RegisterName)
"""Whether sequences of MRI are registered to the reference."""
ROUTES: tuple[RouteName, ...] = get_args(RouteName)
"""Ways to core and penumbra, in the order in which one of them becomes the result."""
EXTRAS: tuple[ExtraName, ...] = get_args(ExtraName)
"""What a worker hands over beside the labels."""

HEMATOCRIT, HEMATOCRIT_RANGE = 0.45, (0.15, 0.7)
"""Of arterial blood: the usual value, and what there is from severe anaemia to severe polycythaemia."""

Choice = TypeVar("Choice", bound=str)


def one_of(value: object, choices: tuple[Choice, ...], what: str) -> Choice:
    """The choice that a value names.

    Args:
        value: from a user or a file.
        choices: one of the lists above.
        what: the setting is called: "vote", "device".

    Raises:
        InputError: if there is no such choice.
    """
    for choice in choices:
        if choice == value:
            return choice
    raise InputError(f"{value!r} is no {what}", option=what, fix=f"Use one of {', '.join(choices)}")


T = TypeVar("T")

_LARGEST = 16 << 20
"""Bytes of a TOML file."""
_LARGEST_NUMBER = 2**63 - 1
"""Beyond it a whole number fits neither an array nor a float, and says nothing."""


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        InputError: if it is missing, no regular file, larger than any recipe, or not TOML.
    """
    try:
        return parse_toml(read_regular(path, _LARGEST).decode("utf-8-sig"))
    except ValueError as error:
        raise InputError(f"not a readable TOML file ({error})", where=path, fix="Correct the file") from error


def parse_toml(text: str) -> dict[str, Any]:
    """The values in a TOML text.

    Raises:
        ValueError: if it is no TOML, nested beyond what can be followed, or holds an integer of thousands of digits.
    """
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    require_shallow(values)
    return values


_hints = functools.lru_cache(maxsize=128)(typing.get_type_hints)
"""Of a class; they are worked out of text, at length."""


def from_mapping(kind: type[T], values: Mapping[str, Any], where: str | Path) -> T:
    """An instance of a dataclass from plain values; nested dataclasses and tuples are converted.

    Where a field may be one of several dataclasses, each of them has a field `kind` with a default of its own; the
    value's `kind` chooses, and without a `kind` it is the first.

    Args:
        kind: a dataclass.
        values: field names to values as TOML or JSON give them.
        where: for the message: a file's name, or a file's name and table.

    Raises:
        InputError: for an unknown or missing key, or a value of the wrong type or range.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"is {_shown(values)}, not a table", where=where, fix="Correct the value")
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    hints = _hints(kind)  # type: ignore[arg-type]
    for key in values:
        if key not in fields:
            raise InputError(f"unknown key '{key}'", where=where, fix=f"Known keys: {', '.join(fields)}")
    for name, field in fields.items():
        optional = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        if name not in values and not optional:
            raise InputError(f"the key '{name}' is missing", where=where, fix="Add it")
    converted = {key: _convert(hints[key], value, key, where) for key, value in values.items()}
    try:
        return kind(**converted)
    except ValueError as error:
        raise InputError(str(error), where=where, fix="Correct the value") from error


def _member(members: list[Any], value: Any, key: str, where: str | Path) -> Any:
    """The dataclass of a union whose `kind` the value names; the first where it names none."""
    if len(members) == 1 or not isinstance(value, Mapping):
        return members[0]
    kinds = {member.kind: member for member in members}
    kind = value.get("kind", members[0].kind)
    if not isinstance(kind, str) or kind not in kinds:
        raise InputError(f"'{key}.kind' is {_shown(kind)}", where=where, fix=f"Use one of {', '.join(kinds)}")
    return kinds[kind]


def _convert(hint: Any, value: Any, key: str, where: str | Path) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _convert(_member([a for a in arguments if a is not type(None)], value, key, where), value, key, where)
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return from_mapping(hint, value, f"{where} [{key}]")  # type: ignore[arg-type]
    if origin is tuple and isinstance(value, list | tuple):
        each = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        if len(value) != len(each):
            raise InputError(f"'{key}' holds {len(value)} values", where=where, fix=f"Give {len(each)}")
        return tuple(_convert(item_hint, item, key, where) for item_hint, item in zip(each, value, strict=True))
    if origin is dict and isinstance(value, Mapping):
        return {
            _convert(arguments[0], name, key, where): _convert(arguments[1], item, f"{key}.{name}", where)
            for name, item in value.items()
        }
    if isinstance(value, int) and not -_LARGEST_NUMBER <= value <= _LARGEST_NUMBER:
        raise InputError(f"'{key}' is a number of {value.bit_length()} bits", where=where, fix="Correct the value")
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is float and isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"'{key}' is {value}", where=where, fix="Give a finite number")
    expected = origin or hint
    if expected is Any:
        return value
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        name = getattr(expected, "__name__", str(expected))
        raise InputError(f"'{key}' is {_shown(value)}, not of type {name}", where=where, fix="Correct the value")
    return value


def _shown(value: Any) -> str:
    """A value in a message. Of a nested value no more than what it is: its text may be as long as the file."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return shortened(repr(value), 80) if not isinstance(value, str) else repr(shortened(value, 80))
