"""Archives in a study folder, unpacked into a folder that goes away with the reading; nothing in them is believed.

An archive is opened whole or not at all: what is encrypted, damaged, larger than any study, packed beyond reason, or
leads out of its folder is named as it was before. An archive in an archive stays closed.
"""

from __future__ import annotations

import gzip
import io
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from ...base.errors import InputError
from ...base.files import open_regular
from ...base.progress import check_cancelled

ZIP = (".zip",)
ARCHIVES = (*ZIP, ".tar", ".tar.gz", ".tgz")
"""Endings of archives that are opened, in small letters."""
MOST_BYTES = 8 << 30
"""Unpacked, of all archives of a study: a whole-brain perfusion CT has 3 GB."""
MOST_FILES = 50_000
_MOST_PACKED, _FREE_OF_RATIO = 100, 256 << 20
"""Images are packed to a half or a tenth, masks further; a hundredth of more than 256 MB is no study."""
_LARGEST_DIRECTORY = 32 << 20
"""Bytes of a zip's table of contents; all of it is held in memory."""
_LONGEST_PATH = 400
_LONGEST_HEADER = 4 << 20
"""Bytes between two members of a tar; the library takes as much memory as a header claims."""
_KEPT_FREE = 1 << 30
_CHUNK = 1 << 20
_FIX = "Unpack it, and give the folder"
_FAULTS = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, struct.error),
    *(NotImplementedError, RuntimeError, ValueError, LookupError, OSError, UnicodeError),
)


def unpack(path: Path, into: Path, most_bytes: int = MOST_BYTES) -> int:
    """Unpacks an archive, and returns how many bytes it held. Folders, links and hidden files are left out.

    Args:
        path: of the archive.
        into: a folder that is made; on any error nothing is left of it.
        most_bytes: that may be unpacked.

    Raises:
        InputError: if it cannot be opened, is encrypted or damaged, holds more than that or paths that lead elsewhere,
            or the disk is too small.
    """
    most = min(most_bytes, max(path.stat().st_size * _MOST_PACKED, _FREE_OF_RATIO))
    written = 0
    try:
        with open_regular(path) as file:
            for name, size, content in _members(path, file):
                room = min(most - written, shutil.disk_usage(into.parent).free - _KEPT_FREE)
                if not 0 <= size <= room:
                    raise _refused(path, f"of more than {_shown(written + max(room, 0))}")
                target = into / _inside(name, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as out:
                    written += _copied(content, out, room, path)
    except BaseException as error:
        shutil.rmtree(into, ignore_errors=True)
        if isinstance(error, _FAULTS) and not isinstance(error, InputError):
            raise _refused(path, "that cannot be opened (damaged, or of another kind)") from error
        raise
    return written


def _members(path: Path, file: BinaryIO) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Name, claimed size and content of each file in the archive, one after the other."""
    return _of_zip(path, file) if path.name.lower().endswith(ZIP) else _of_tar(path, file)


def _of_zip(path: Path, file: BinaryIO) -> Iterator[tuple[str, int, IO[bytes]]]:
    _require_short_directory(path, file)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_FILES:
            raise _refused(path, f"of more than {MOST_FILES:,} files")
        for entry in entries:
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if entry.is_dir() or kind not in (0, stat.S_IFREG) or _is_hidden(entry.filename):
                continue
            if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _refused(path, "that is encrypted, or packed in an unusual way")
            with archive.open(entry) as content:
                yield entry.filename, entry.file_size, content


def _of_tar(path: Path, file: BinaryIO) -> Iterator[tuple[str, int, IO[bytes]]]:
    stream = _Metered(file if path.name.lower().endswith(".tar") else cast(BinaryIO, gzip.GzipFile(fileobj=file)))
    with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|") as archive:
        for count, member in enumerate(archive):
            check_cancelled()
            if count >= MOST_FILES or not 0 <= member.size <= MOST_BYTES:
                raise _refused(path, f"of more than {MOST_FILES:,} files or {_shown(MOST_BYTES)}")
            stream.left = member.size + _LONGEST_HEADER
            content = archive.extractfile(member) if member.isreg() and not _is_hidden(member.name) else None
            if content is not None:
                yield member.name, member.size, content


class _Metered:
    """A stream of which no more is read than the next member has, and a header."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.left = _LONGEST_HEADER

    def read(self, size: int) -> bytes:
        found = self._file.read(size)
        self.left -= len(found)
        if self.left < 0:
            raise tarfile.ReadError("a header without end")
        return found


_END = struct.Struct("<4s4H2LH")
_MOST_COMMENT = 1 << 16
_UNKNOWN = 0xFFFFFFFF


def _require_short_directory(path: Path, file: BinaryIO) -> None:
    """Refuses a zip whose table of contents would fill the memory; whether it is a zip the library says."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - _END.size - _MOST_COMMENT, 0))
    tail = file.read()
    file.seek(0)
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END.size:
        return
    length = _END.unpack_from(tail, place)[5]
    wide = tail.rfind(b"PK\6\6")
    if length == _UNKNOWN and 0 <= wide <= place and len(tail) - wide >= 48:
        (length,) = struct.unpack_from("<Q", tail, wide + 40)
    if length > _LARGEST_DIRECTORY:
        raise _refused(path, f"of more than {MOST_FILES:,} files")


def _inside(name: str, path: Path) -> PurePosixPath:
    """Where a member goes, below the archive's own folder.

    Raises:
        InputError: if its name leads elsewhere, or is no name.
    """
    place = PurePosixPath(name.replace("\\", "/"))
    odd = place.is_absolute() or ".." in place.parts or not place.parts or len(name) > _LONGEST_PATH
    if odd or any(":" in part or "\0" in part for part in place.parts):
        raise _refused(path, "with names that lead out of its folder")
    return place


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part not in (".", "..") for part in PurePosixPath(name).parts)


def _copied(content: IO[bytes], out: BinaryIO, room: int, path: Path) -> int:
    written = 0
    while chunk := content.read(_CHUNK):
        check_cancelled()
        written += len(chunk)
        if written > room:
            raise _refused(path, f"that holds more than it says, or more than {_shown(room)}")
        out.write(chunk)
    return written


def _shown(size: int) -> str:
    return f"{size / (1 << 30):.2g} GB"


def _refused(path: Path, why: str) -> InputError:
    return InputError(f"is an archive {why}", where=path, fix=_FIX)
