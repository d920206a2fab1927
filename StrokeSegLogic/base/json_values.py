"""Values as strict JSON has them, and their text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

INFINITE = "infinite"


def json_ready(value: Any) -> Any:
    """The value with what JSON does not know replaced: an infinite number is a word, one that is not defined is None.

    Mappings become dicts with text as keys, lists and tuples lists; all else stays as it is.
    """
    if isinstance(value, Mapping):
        return {str(key): json_ready(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(one) for one in value]
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
