"""JSON in and out: refused with a reason however it is nested, cut or bloated; written strictly."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import InputError
from .files import read_regular

_LARGEST = 64 << 20
"""Bytes. No record, manifest or sidecar comes near; a file that says more is no such thing."""

_DEEPEST = 64


def parse_json(text: str | bytes) -> Any:
    """The values in a JSON text.

    Raises:
        ValueError: if it is no JSON, nested beyond what can be followed, or holds an integer of thousands of digits.
    """
    try:
        values = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    require_shallow(values)
    return values


def require_shallow(values: Any) -> None:
    """Refuses values that are nested so deeply that whoever walks through them may run out of stack.

    Raises:
        ValueError: if they are nested beyond any file of ours.
    """
    level = [values] if isinstance(values, dict | list) else []
    for _ in range(_DEEPEST):
        if not level:
            return
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    if level:
        raise ValueError("nested too deeply")


def read_json(path: Path, *, fix: str = "Correct the file", largest: int = _LARGEST) -> Any:
    """The values in a JSON file.

    Args:
        path: of the file.
        fix: what the user can do about a file that is no JSON.
        largest: bytes that are read at most.

    Raises:
        InputError: if it is missing, no regular file, larger, or no JSON.
    """
    content = read_regular(path, largest)
    try:
        return parse_json(content)
    except ValueError as error:
        raise InputError(f"not readable as JSON ({error})", where=path, fix=fix) from error


def read_json_object(path: Path, *, fix: str = "Correct the file", largest: int = _LARGEST) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        InputError: as `read_json`; also if its values are a list, a number or text.
    """
    values = read_json(path, fix=fix, largest=largest)
    if not isinstance(values, dict):
        raise InputError(f"holds a JSON {type(values).__name__}, not an object", where=path, fix=fix)
    return values


INFINITE = "infinite"


def json_ready(value: Any) -> Any:
    """The value with what JSON does not know replaced: an infinite number is a word, an undefined number is None.

    Mappings become dicts with text as keys, lists and tuples lists; all else stays as it is.
    """
    if isinstance(value, Mapping):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            return None
        return INFINITE if value > 0 else f"minus {INFINITE}"
    return value


def number(value: Any) -> float | None:
    """The number that `json_ready` made this value of; None where it was not defined.

    Raises:
        ValueError, TypeError: if it is none.
    """
    if value is None:
        return None
    infinite = {INFINITE: math.inf, f"minus {INFINITE}": -math.inf}
    return infinite[value] if value in infinite else float(value)


def json_bytes(values: Any) -> bytes:
    """The values as JSON in UTF-8, indented, with a last line end.

    A file name in bytes that are no UTF-8 reaches Python as lone surrogates, which UTF-8 cannot hold: they alone are
    written as JSON's own escapes, and come back as they were.

    Raises:
        ValueError: if a number is infinite or not defined.
    """
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")
