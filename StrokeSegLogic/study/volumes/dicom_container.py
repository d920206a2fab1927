"""DICOM files as they lie about: with and without their preamble, and each packed by gzip."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from ...base.errors import InputError
from ...base.files import open_regular
from ...base.locks import scratch_folder
from ...base.progress import check_cancelled
from .checks import DEFLATE_RATIO, MOST_SLICE_PIXELS

_MOST_UNPACKED = 4 * MOST_SLICE_PIXELS
"""Bytes of a packed file that are looked at: a slice of the most pixels, of 4 bytes each."""
_MOST_UNPACKED_FRAMES = 1 << 30
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_MOST_INFLATED = 256 << 20
_GROUPS = (0x0002, 0x0008)
"""The groups that a data set begins with."""
_LONGEST_FIRST = 1 << 10
_CHUNK = 1 << 20


def packed(path: Path) -> bool:
    """Whether a file is a gzip archive by its name."""
    return path.suffix.lower() == ".gz"


@contextmanager
def open_dicom(path: Path) -> Iterator[BinaryIO]:
    """The file, unpacked as it is read.

    Raises:
        InputError: as `open_regular`.
    """
    with open_regular(path) as file:
        if not packed(path):
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield cast(BinaryIO, unpacked)


def size_of(path: Path) -> int:
    """Bytes of a file, or that a packed one can hold at most."""
    size = path.stat().st_size
    return min(size * DEFLATE_RATIO, _MOST_UNPACKED) if packed(path) else size


def begins_as_dicom(start: bytes) -> bool:
    """Whether the first bytes of a file are DICOM's: a mark behind the preamble, or an element of its first groups.

    Args:
        start: 132 bytes and more of a file that has so many.
    """
    if start[128:132] == b"DICM":
        return True
    if len(start) < 16:
        return False
    group, element, length = struct.unpack("<HHI", start[:8])
    if group not in _GROUPS or element > 0x0100:
        return False
    explicit = start[4:6].isalpha() and start[4:6].isupper()
    return explicit or (length % 2 == 0 and length <= _LONGEST_FIRST)


def require_inflatable(file: BinaryIO, path: Path) -> None:
    """Refuses a file that is packed as a whole and would be unpacked to far more than a slice."""
    start = file.read(1024)
    file.seek(0)
    if _DEFLATED not in start:
        return
    if packed(path):
        raise InputError("is packed twice", where=path, fix="Unpack it, or export it uncompressed")
    # The length of the meta header stands in its first element.
    (length,) = struct.unpack("<I", start[140:144])
    file.seek(144 + length)
    packer, rest = zlib.decompressobj(-zlib.MAX_WBITS), file.read()
    file.seek(0)
    size = 0
    while size <= _MOST_INFLATED and rest:
        check_cancelled()
        size += len(packer.decompress(rest, 1 << 20))
        rest = packer.unconsumed_tail
    if size > _MOST_INFLATED:
        raise InputError(
            f"would be unpacked to more than {_MOST_INFLATED >> 20} MB", where=path, fix="Export it uncompressed"
        )


@contextmanager
def plain_file(path: Path, pixels: int = 0) -> Iterator[Path]:
    """The file, or while the block lasts an unpacked copy of it.

    Args:
        path: of the file.
        pixels: bytes that the pixels of all its frames need, by its header.

    Raises:
        InputError: if it cannot be unpacked, or to more than a slice, or so many frames, can be.
    """
    if not packed(path):
        yield path
        return
    with scratch_folder() as home:
        copy = home / "slice"
        with open_dicom(path) as unpacked, copy.open("wb") as file:
            _copy(unpacked, file, path, min(pixels, _MOST_UNPACKED_FRAMES) + _MOST_UNPACKED)
        yield copy


def _copy(unpacked: BinaryIO, file: BinaryIO, path: Path, most: int) -> None:
    left = most
    try:
        while left > 0 and (part := unpacked.read(min(_CHUNK, left))):
            file.write(part)
            left -= len(part)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError("is no intact gzip archive", where=path, fix="Copy or export it again") from error
    if not left:
        what = f"would be unpacked to more than {most >> 20} MB"
        raise InputError(what, where=path, fix="Export it uncompressed")
