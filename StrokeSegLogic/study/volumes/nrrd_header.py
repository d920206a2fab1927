"""The header of a NRRD file; where ITK reads the same file, it comes to the same numbers."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Literal, cast

import numpy as np

from .itk_header import UNDEFINED_SPACING, Encoding, ItkHeader, data_file, fault, first_bytes, numbers_of, whole

_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_KINDS = {name: kind for kind, names in _TYPES.items() for name in names}
_ENCODINGS = {
    **{"raw": "raw", "txt": "text", "text": "text", "ascii": "text"},
    **{"hex": "hex", "gz": "gzip", "gzip": "gzip"},
}
_FLIPS = {"R": -1.0, "L": 1.0, "A": -1.0, "P": 1.0, "S": 1.0, "T": 1.0}
_SPACES = {
    "right-anterior-superior": "RAS",
    "left-anterior-superior": "LAS",
    "left-posterior-superior": "LPS",
    "right-anterior-superior-time": "RAST",
    "left-anterior-superior-time": "LAST",
    "left-posterior-superior-time": "LPST",
}
_PLAIN_SPACES = {"scanner-xyz": 3, "scanner-xyz-time": 4, "3d-right-handed": 3, "3d-left-handed": 3}
_SPATIAL = 3
"""Axes that need a step in space; that of time may go without."""
_DOMAIN = ("domain", "space", "time", "???", "none")
_MOST_AXES = 5


def read_nrrd_header(path: Path) -> ItkHeader:
    """The header.

    Raises:
        InputError: if it is no NRRD, or says what no volume or series of a head is.
    """
    content = first_bytes(path)
    found = re.search(rb"\r?\n\r?\n", content)
    text = content[: found.start()] if found else content
    try:
        lines = text.decode("utf-8", "replace").splitlines()
        if not re.fullmatch(r"NRRD00\d\d", lines[0].strip() if lines else ""):
            raise fault(path)
        return _header(path, *_fields(lines[1:]), found.end() if found else None)
    except (ValueError, KeyError, IndexError) as error:
        raise fault(path, _reason(error)) from error


def _reason(error: Exception) -> str:
    return f"no {error.args[0]}" if isinstance(error, KeyError) else str(error)


def _fields(lines: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Fields by their names in small letters without blanks, and key/value pairs."""
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        name, mark, value = line.partition(":")
        if mark and value.startswith("="):
            pairs[name] = value[1:].replace("\\n", "\n")
            continue
        name = name.strip().lower().replace(" ", "")
        if not mark or name in fields:
            raise ValueError(f"line '{line[:40]}'")
        fields[name] = value.strip()
    return fields, pairs


def _header(path: Path, fields: dict[str, str], pairs: dict[str, str], end: int | None) -> ItkHeader:
    dimension = whole(fields["dimension"])
    if not 1 <= dimension <= _MOST_AXES:
        raise ValueError(f"{dimension} axes")
    sizes = [whole(word) for word in fields["sizes"].split()]
    kinds = fields.get("kinds", "domain " * dimension).lower().split()
    if not len(sizes) == len(kinds) == dimension:
        raise ValueError("sizes or kinds do not match the axes")
    ranges = [axis for axis, kind in enumerate(kinds) if kind not in _DOMAIN]
    if len(ranges) > 1:
        raise ValueError(f"{len(ranges)} axes of values")
    domain = [axis for axis in range(dimension) if axis not in ranges]
    spacing, origin, direction = _place(fields, domain, dimension)
    encoding = cast(Encoding, _ENCODINGS[fields["encoding"].lower()])
    name = fields.get("datafile")
    if name is None and end is None:
        raise ValueError("no end of the header")
    skipped = whole(fields.get("byteskip", "0"))
    return ItkHeader(
        path=path,
        size=tuple(sizes[axis] for axis in domain),
        spacing=tuple(spacing),
        origin=tuple(origin),
        direction=direction,
        kind=_kind(fields, encoding),
        encoding=encoding,
        data=path if name is None else data_file(path, name),
        components=sizes[ranges[0]] if ranges else 1,
        component_axis=ranges[0] if ranges else None,
        start=None if skipped == -1 else end if name is None else 0,
        lines=whole(fields.get("lineskip", "0")),
        skipped=max(skipped, 0),
        pairs=pairs,
        unit=_unit(fields, [*ranges, *domain[3:]]),
    )


def _kind(fields: dict[str, str], encoding: Encoding) -> np.dtype:
    kind = np.dtype(_KINDS[" ".join(fields["type"].lower().split())])
    if kind.itemsize == 1 or encoding == "text":
        return kind
    orders: dict[str, Literal["<", ">"]] = {"little": "<", "big": ">"}
    return kind.newbyteorder(orders[fields["endian"].lower()])


def _unit(fields: dict[str, str], axes: list[int]) -> str:
    units = re.findall(r'"([^"]*)"', fields.get("units", ""))
    return next((units[axis] for axis in axes if axis < len(units)), "")


def _place(fields: dict[str, str], domain: list[int], dimension: int) -> tuple[list[float], list[float], np.ndarray]:
    """Spacing, origin and direction of the axes of space and time, LPS."""
    count = len(domain)
    flips = _flips(fields)
    if not flips:
        return _without_space(fields, domain, dimension)
    if len(flips) != count:
        raise ValueError(f"{count} axes in a space of {len(flips)}")
    vectors = _vectors(fields["spacedirections"])
    if len(vectors) != dimension:
        raise ValueError("space directions do not match the axes")
    spacing, direction = [1.0] * count, np.eye(count)
    for column, axis in enumerate(domain):
        vector = vectors[axis]
        if vector is None and column >= _SPATIAL:
            continue
        if vector is None or len(vector) != count or not all(map(math.isfinite, vector)):
            raise ValueError(UNDEFINED_SPACING)
        length = math.sqrt(sum(step * step for step in vector))
        if not 0 < length < math.inf:
            raise ValueError(UNDEFINED_SPACING)
        spacing[column] = length
        direction[:, column] = [step * (1.0 / length) * flip for step, flip in zip(vector, flips, strict=True)]
    first = _vectors(fields["spaceorigin"])[0] if "spaceorigin" in fields else None
    origin = [0.0] * count if first is None else [value * flip for value, flip in zip(first, flips, strict=True)]
    return spacing, origin, direction


def _flips(fields: dict[str, str]) -> list[float]:
    """For each axis of the space -1 where it runs against LPS; empty where the header names no space."""
    if "spacedimension" in fields:
        return [1.0] * min(whole(fields["spacedimension"]), _MOST_AXES)
    space = fields.get("space", "").lower()
    if space in _PLAIN_SPACES:
        return [1.0] * _PLAIN_SPACES[space]
    letters = _SPACES.get(space, space.upper())
    if letters and letters not in _SPACES.values():
        raise ValueError(f"space '{space[:40]}'")
    return [_FLIPS[letter] for letter in letters]


def _without_space(
    fields: dict[str, str], domain: list[int], dimension: int
) -> tuple[list[float], list[float], np.ndarray]:
    """Of a header that gives steps and, perhaps, edges along its axes only."""
    steps = numbers_of(fields.get("spacings", "nan " * dimension))
    least = numbers_of(fields.get("axismins", "nan " * dimension))
    centres = fields.get("centers", fields.get("centerings", "cell " * dimension)).lower().split()
    if not len(steps) == len(least) == len(centres) == dimension:
        raise ValueError("spacings do not match the axes")
    known = [0.0 if math.isnan(steps[axis]) else steps[axis] for axis in domain]
    spacing = [1.0 if math.isnan(steps[axis]) else abs(steps[axis]) for axis in domain]
    if not all(0 < step < math.inf for step in spacing):
        raise ValueError(UNDEFINED_SPACING)
    direction = np.diag([-1.0 if step < 0 else 1.0 for step in known])
    edges = [least[axis] for axis in domain]
    if not all(known) or not all(map(math.isfinite, edges)):
        return spacing, [0.0] * len(domain), direction
    half = [0.0 if centres[axis] == "node" else 0.5 for axis in domain]
    return spacing, [e + h * s for e, h, s in zip(edges, half, known, strict=True)], direction


def _vectors(text: str) -> list[list[float] | None]:
    """Vectors in brackets, None for "none"."""
    words = re.findall(r"\(([^()]*)\)|\b(none)\b", text)
    return [None if none else [float(step) for step in inside.split(",")] for inside, none in words]
