"""What is done to bytes, numbers, texts and JSON values, whatever the format."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np

from .inputs import chance, pick

NUMBERS = (
    *("0", "-0", "-1", "1", "2", "7", "255", "256", "32768", "65536", "2147483647", "2147483648", "-2147483648"),
    *("4294967295", "99999999999", "9223372036854775807", "18446744073709551616", "1e9", "1e38", "1e308", "1e-308"),
    *("-1e308", "0.0", "0.5", "nan", "NaN", "-nan", "inf", "-inf", "Infinity", "1e999", "0x10", "1,5", "1_000"),
    *("", " ", "one", "½", "٣", "1 2 3", "1;2", "(1,2,3)", "None", "true", "--1", "1e", "." * 40),
    *("1" * 50, "1" * 900, "1" * 5000, "-" + "9" * 400),
)
"""Numbers, and what stands where numbers are wanted."""
TEXTS = (
    *("", " ", "\t", "x" * 255, "x" * 1000, "x" * 140_000, "\0", "a\0b", "a\nb", "a\r\nb", "\x1b[2J", "\u202egnp.x"),
    *("é", "e\u0301", "脳", "🧠", "\ud800", "\udcff\udcfe", "İ", "ß", "../../up", "/dev/zero", "/etc/passwd", "~", "."),
    *("..", "C:\\x", "\\\\host\\x", "$HOME", "%s%n%p", "{0}", "{{x}}", "<b>&", "]]>", "'\"`", "-rf", "--help", "nan"),
    *("CON", "http://127.0.0.1:9/x", "file:///etc/passwd", "=1+1", "null", "[]", "\ufeffx", "\u2028", "\x85"),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *(float("-inf"), [], {}, [[]], [None], [0] * 1000, ["a", 1], {"": ""}, {"a": {"b": {}}}, "0", "1e5"),
)


def number(rng: np.random.Generator) -> str:
    return str(pick(rng, NUMBERS))


def text(rng: np.random.Generator) -> str:
    return str(pick(rng, TEXTS))


def damaged(rng: np.random.Generator, content: bytes, within: int | None = None) -> tuple[str, bytes]:
    """Bytes with a fault that any file may have, and its name.

    Args:
        within: faults lie in the first so many bytes; anywhere if None.
    """
    size = len(content) if within is None else min(within, len(content))
    kind = pick(rng, ("bit flipped", "bytes changed", "cut short", "grown", "piece lost", "piece doubled", "zeroed"))
    data = bytearray(content)
    at = int(rng.integers(max(size, 1)))
    length = int(rng.integers(1, 1 + max(min(64, size), 1)))
    if kind == "bit flipped" and size:
        data[at] ^= 1 << int(rng.integers(8))
    elif kind == "bytes changed" and size:
        for place in rng.integers(0, size, int(pick(rng, (1, 2, 8, 64)))):
            data[int(place)] = int(pick(rng, (0, 1, 0x7F, 0x80, 0xFF, int(rng.integers(256)))))
    elif kind == "cut short":
        del data[at if chance(rng, 0.7) else len(data) - 1 - at :]
    elif kind == "grown":
        tail = pick(rng, (b"\0", b"\xff", b"\n", rng.bytes(7)))
        data += tail * int(pick(rng, (1, 3, 100, 10_000)))
    elif kind == "piece lost":
        del data[at : at + length]
    elif kind == "piece doubled":
        data[at:at] = data[at : at + length]
    else:
        data[at : at + length] = bytes(len(data[at : at + length]))
    return kind, bytes(data)


def replaced_value(rng: np.random.Generator, value: Any) -> tuple[str, Any]:
    """JSON values with one place of the tree changed, and what was done."""
    found = copy.deepcopy(value)
    places = list(_places(found))
    if not places:
        return "root replaced", pick(rng, _VALUES)
    holder, key = pick(rng, places)
    how = pick(rng, ("replaced", "replaced", "replaced", "text", "number", "removed", "added", "doubled", "nested"))
    if how == "replaced":
        holder[key] = copy.deepcopy(pick(rng, _VALUES))
    elif how == "text":
        holder[key] = text(rng)
    elif how == "number":
        holder[key] = pick(rng, (-1, 0, 1, 2, 3, 7, 1e-9, 1e9, 2**40, -(2**40), 10**300))
    elif how == "removed":
        del holder[key]
    elif how == "added":
        (holder.update if isinstance(holder, dict) else lambda more: holder.append(more))({text(rng): text(rng)})
    elif how == "doubled":
        holder[key] = [holder[key], holder[key]]
    else:
        holder[key] = {"a": holder[key]}
    named = key if isinstance(key, str) and len(key) < 40 else "an item"
    return f"{named} {how}", found


def _places(value: Any) -> Any:
    """Every holder and key in the tree."""
    if isinstance(value, dict | list):
        for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _places(item)


def json_bytes(rng: np.random.Generator, value: Any) -> tuple[str, bytes]:
    """A JSON file that is odd in its values or in its writing, and what is odd."""
    if chance(rng, 0.6):
        kind, value = replaced_value(rng, value)
        return f"JSON: {kind}", json.dumps(value).encode("ascii")
    plain = json.dumps(value)
    kind = pick(rng, ("deep list", "deep object", "long integer", "UTF-16", "BOM", "Latin-1", "two roots", "no JSON"))
    if chance(rng, 0.4):
        kind, content = damaged(rng, plain.encode())
        return f"JSON: {kind}", content
    depth = int(pick(rng, (50, 999, 5_000, 100_000)))
    written = {
        "deep list": "[" * depth + ("]" * depth if chance(rng, 0.5) else ""),
        "deep object": '{"a":' * depth + "1" + "}" * depth,
        "long integer": plain.replace(":", ": " + "7" * 5000 + ' , "x":', 1),
        "two roots": plain + plain,
        "no JSON": pick(rng, ("", " ", "null", "3", '"x"', "[]", "{", "NaN", "\0", "\ud800")),
    }.get(kind, plain)
    if kind == "UTF-16":
        return f"JSON: {kind}", plain.encode("utf-16")
    if kind == "BOM":
        return f"JSON: {kind}", b"\xef\xbb\xbf" + plain.encode()
    if kind == "Latin-1":
        return f"JSON: {kind}", plain.replace('"', '"é', 1).encode("latin-1")
    return f"JSON: {kind}", written.encode("utf-8", "surrogatepass")
