"""The bytes of voxels, read in order and no further than the header says, packed or not."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, cast

import numpy as np

from ...base.errors import InputError
from ...base.files import open_regular
from ...base.progress import check_cancelled
from .checks import DEFLATE_RATIO, MOST_BYTES_BEFORE, MOST_BYTES_BEHIND

Packing = Literal["raw", "gzip", "zlib"]
_CHUNK = 1 << 20
_PACKED = 1 << 16
"""Packed bytes that are read at once: little, for most archives are opened for their header alone."""


class VoxelStream:
    """Voxels one after the other; what is missing or left over is an error."""

    def __init__(self, file: BinaryIO, damaged: InputError) -> None:
        self._file, self._damaged = file, damaged

    def array(self, shape: tuple[int, ...], kind: np.dtype) -> np.ndarray:
        """The next voxels, in the machine's byte order.

        Raises:
            InputError: if there are not so many.
        """
        stored = np.empty(shape, kind)
        rest = stored.reshape(-1).view(np.uint8).data
        while len(rest):
            check_cancelled()
            count = cast(io.RawIOBase, self._file).readinto(rest[:_CHUNK])
            if not count:
                raise self._damaged
            rest = rest[count:]
        return stored.astype(kind.newbyteorder("="), copy=False)

    def skip(self, count: int) -> None:
        """Passes over bytes in front of the voxels.

        Raises:
            InputError: if there are not so many, or more than any header has.
        """
        if not 0 <= count <= MOST_BYTES_BEFORE:
            raise self._damaged
        while count:
            check_cancelled()
            passed = len(self._file.read(min(count, _CHUNK)))
            if not passed:
                raise self._damaged
            count -= passed

    def finish(self) -> None:
        """Reads to the end, where an archive's checksum tells a damaged byte.

        Raises:
            InputError: if there is more than a little behind the last voxel.
        """
        if len(self._file.read(MOST_BYTES_BEHIND + 1)) > MOST_BYTES_BEHIND:
            raise _too_long(self._damaged.where)


@contextmanager
def voxel_stream(
    path: Path, packing: Packing, wanted: int, damaged: InputError, *, start: int | None = 0, skipped: int = 0
) -> Iterator[VoxelStream]:
    """The voxels of a file.

    Args:
        path: of the file.
        packing: of what stands from `start` on.
        wanted: bytes of voxels, unpacked.
        damaged: what is raised where the bytes do not suffice or cannot be unpacked.
        start: first byte; None for voxels that end with the file.
        skipped: bytes in front of the voxels, unpacked.

    Raises:
        InputError: if it cannot be opened, is shorter or much longer than its header says, or damaged; before anything
            is allocated where that can be told from the file's length.
    """
    with open_regular(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            start = size - wanted - skipped if start is None else start
            least = wanted + skipped if packing == "raw" else (wanted + skipped) // DEFLATE_RATIO
            if start < 0 or size - start < least:
                raise damaged
            if packing == "raw" and size - start - least > MOST_BYTES_BEHIND:
                raise _too_long(damaged.where)
            file.seek(start)
            stream = VoxelStream(_unpacked(file, packing), damaged)
            stream.skip(skipped)
            yield stream
        except (OSError, EOFError, zlib.error) as error:
            raise damaged from error


def _too_long(where: str | None) -> InputError:
    """The error for a file with far more bytes than its header tells of."""
    return InputError(
        f"holds more than {MOST_BYTES_BEHIND >> 20} MB behind its last voxel: its header does not fit its content",
        where=where,
        fix="Correct the header, or export it again",
    )


def _unpacked(file: BinaryIO, packing: Packing) -> BinaryIO:
    return file if packing == "raw" else inflated(file, packing)


def inflated(file: BinaryIO, packing: Packing = "gzip") -> BinaryIO:
    """What is packed in a file, read as it is asked for; Python's own gzip reads a header's name byte by byte.

    Args:
        file: at the archive's first byte.
        packing: "gzip" for any number of members; "zlib" for a zlib stream or the gzip member that some write instead.

    Raises:
        EOFError: while it is read, if it ends too early.
        zlib.error: while it is read, if a byte is damaged.
    """
    return cast(BinaryIO, io.BufferedReader(_Inflated(file, packing)))


class _Inflated(io.RawIOBase):
    def __init__(self, file: BinaryIO, packing: Packing) -> None:
        self._file, self._members = file, packing == "gzip"
        self._bits = 31 if self._members else 47
        self._packer = zlib.decompressobj(self._bits)
        self._packed = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._packer.eof or self._has_another_member():
            check_cancelled()
            packed = self._packer.unconsumed_tail or self._packed or self._file.read(_PACKED)
            self._packed = b""
            out = self._packer.decompress(packed, len(buffer))
            if out:
                buffer[: len(out)] = out
                return len(out)
            if not packed:
                raise EOFError
        return 0

    def _has_another_member(self) -> bool:
        """Goes on to the next member of a gzip archive; zeros between and behind them are padding."""
        if not self._members:
            return False
        packed = self._packer.unused_data.lstrip(b"\0")
        while not packed:
            check_cancelled()
            read = self._file.read(_PACKED)
            if not read:
                return False
            packed = read.lstrip(b"\0")
        self._packer, self._packed = zlib.decompressobj(self._bits), packed
        return True
