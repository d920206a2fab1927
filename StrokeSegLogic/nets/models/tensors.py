"""The safetensors format, read with nothing believed: what its header claims is held against the file first.

A file is 8 bytes of the header's length, the header (JSON: of each tensor its type, shape and place), and the numbers.
The library's reader for numpy does not know BF16, and says nothing of a file before all of it was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ...base.errors import InputError
from ...base.files import open_regular, unreadable
from ...base.json_files import parse_json

LARGEST_HEADER = 4 << 20
"""Bytes. Slow fusion's 150 tensors need 15 kB."""
_LENGTH = 8
_FIX = "Get the file again from where it came"
_BF16 = "BF16"
INT8 = "I8"
SCALE = ".scale"
"""Ends the name of the scales of kernels in int8, behind the kernels' own."""
_TYPES = {
    "BOOL": np.dtype("?"),
    "U8": np.dtype("u1"),
    INT8: np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    # numpy has no such type; its numbers are the upper halves of float32's.
    _BF16: np.dtype("<u2"),
}
FLOATS = ("F16", "F32", "F64", _BF16)
WHOLE_NUMBERS = ("I64", "I32", "U64", "U32")


@dataclass(frozen=True)
class Entry:
    """What a header says of a tensor.

    Attributes:
        kind: of its numbers, one of the format's names.
        shape: as many sides as it has dimensions.
        start, end: bytes, counted from the end of the header.
    """

    kind: str
    shape: tuple[int, ...]
    start: int
    end: int


def read_header(path: Path) -> dict[str, Entry]:
    """What a file's header says, of which the file has every byte; the numbers are not read.

    Raises:
        InputError: if it is missing, may not be read, or is no safetensors file.
    """
    with open_regular(path) as file:
        try:
            size = file.seek(0, 2)
            file.seek(0)
            beginning = file.read(min(size, _LENGTH + LARGEST_HEADER))
        except OSError as error:
            raise unreadable(path, error) from error
    return _header(beginning, size, path)[0]


def tensors_of(content: bytes, path: Path) -> dict[str, np.ndarray]:
    """The tensors in a file's bytes, which they share; BF16 comes out as float32.

    Args:
        content: of the whole file.
        path: for the message.

    Raises:
        InputError: if it is no safetensors file, or holds a number that is not finite.
    """
    entries, first = _header(content, len(content), path)
    found = {}
    for name, entry in entries.items():
        values = np.frombuffer(content, _TYPES[entry.kind], prod(entry.shape), first + entry.start)
        if entry.kind == _BF16:
            values = (values.astype(np.uint32) << 16).view(np.float32)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise InputError(f"{name} holds numbers that are not finite", where=path, fix=_FIX)
        found[name] = values.reshape(entry.shape)
    return found


def _header(content: bytes, size: int, path: Path) -> tuple[dict[str, Entry], int]:
    """The entries, and where the numbers begin."""

    def refused(what: str) -> InputError:
        return InputError(f"is no safetensors file ({what})", where=path, fix=_FIX)

    length = int.from_bytes(content[:_LENGTH], "little")
    if size < _LENGTH or length > min(LARGEST_HEADER, size - _LENGTH):
        raise refused("its header is not all there, or larger than any")
    try:
        values = parse_json(content[_LENGTH : _LENGTH + length].decode("utf-8"))
    except ValueError as error:
        raise refused(f"its header is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise refused("its header is no JSON object")
    values.pop("__metadata__", None)
    entries = {}
    for name, said in values.items():
        entry = _entry(said)
        if entry is None:
            raise refused(f"its header says nothing that makes sense of {name}")
        entries[name] = entry
    end = 0
    for entry in sorted(entries.values(), key=lambda tensor: (tensor.start, tensor.end)):
        if entry.start != end:
            raise refused("its tensors overlap or leave gaps")
        end = entry.end
    if _LENGTH + length + end != size:
        raise refused(f"its header tells of {_LENGTH + length + end} bytes, and it has {size}")
    return entries, _LENGTH + length


def _entry(said: Any) -> Entry | None:
    """The entry, whose bytes are as many as its shape and type need; None where it is none."""
    if not isinstance(said, dict) or set(said) != {"dtype", "shape", "data_offsets"}:
        return None
    kind, shape, place = said["dtype"], said["shape"], said["data_offsets"]
    if not isinstance(kind, str) or kind not in _TYPES or not _counts(shape) or not _counts(place) or len(place) != 2:
        return None
    # The sides are bounded before they are multiplied: of thousands of large sides the product alone takes minutes.
    if len(shape) > 8 or max((*shape, *place), default=0) > 1 << 40:
        return None
    fits = place[1] - place[0] == prod(shape) * _TYPES[kind].itemsize
    return Entry(kind, tuple(shape), place[0], place[1]) if fits else None


def _counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(count) is int and count >= 0 for count in values)
