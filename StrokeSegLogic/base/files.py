"""Files: what is there, its bytes' hash, writing that leaves nothing half-written, names that libraries can take."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import InputError, OutputError
from .locks import Busy, error_says_no_locks, exclusive, locked_descriptor, scratch_folder
from .progress import check_cancelled

TEMPORARY = ".strokeseg-{}.part"
"""The name of a file that is being written, locked while it is."""
_CHUNK = 1 << 20


def require_file(path: Path) -> None:
    """Refuses what is not a readable file.

    Raises:
        InputError: if it is missing, no regular file, empty, or may not be read.
    """
    with open_regular(path) as file:
        try:
            if not file.read(1):
                raise InputError("the file is empty", where=path, fix="Copy or export it again")
        except OSError as error:
            raise unreadable(path, error) from error


def is_file(path: Path) -> bool:
    """Whether a file lies there; a name that no file can have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        # Longer than the system's names, or with a NUL in it.
        return False


def require_name(path: str | Path) -> Path:
    """A path that the system can look up, whether or not something lies there.

    Raises:
        InputError: if it is longer than the system's names, or holds a NUL.
    """
    try:
        Path(path).stat()
    except (OSError, ValueError) as error:
        # What else keeps a path from being looked up (a link to itself, a closed folder) the reader tells.
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
            return Path(path)
        shown = str(path) if len(str(path)) <= 120 else f"{str(path)[:120]}…"
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"is no name of a file ({why})", where=repr(shown), fix="Check the path") from error
    return Path(path)


def open_regular(path: Path) -> BinaryIO:
    """A file opened for reading; nothing that can hang or never end (a pipe, a device, a socket) is opened.

    Raises:
        InputError: if it is missing, no regular file, or may not be read.
    """
    try:
        # Without O_NONBLOCK the opening of a pipe waits until somebody writes to it.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        if path.is_dir():
            raise InputError("is a folder where a file is wanted", where=path, fix="Name the file in it")
        descriptor = os.open(path, flags)
    except ValueError as error:
        raise InputError(f"is no name of a file ({error})", where=repr(str(path)), fix="Check the path") from error
    except OSError as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError("is no regular file (a pipe, a device, a socket)", where=path, fix="Take it away")
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, largest: int) -> bytes:
    """The bytes of a file.

    Args:
        path: of the file.
        largest: bytes that are read at most: what a file of its kind can be expected to hold.

    Raises:
        InputError: if it is missing, no regular file, may not be read, or is larger.
    """
    with open_regular(path) as file:
        try:
            # As many as there are: so much memory is taken at once as is asked for.
            content = file.read(min(os.fstat(file.fileno()).st_size, largest) + 1)
        except OSError as error:
            raise unreadable(path, error) from error
    if len(content) > largest:
        raise InputError(f"is larger than {largest >> 20} MB", where=path, fix="Check that it is the right file")
    return content


def unreadable(path: Path, error: OSError) -> InputError:
    """The error for a file or folder that the system does not hand out."""
    if isinstance(error, FileNotFoundError):
        return InputError("does not exist", where=path, fix="Check the path")
    if isinstance(error, PermissionError):
        return InputError("may not be read by this user", where=path, fix="Check the file's permissions")
    return InputError(f"cannot be read ({error.strerror or error})", where=path, fix="Check the disk or the path")


def sha256_of(paths: str | Path | Iterable[str | Path]) -> str:
    """SHA-256 in hex of a file's bytes, or of several files' bytes one after the other.

    Raises:
        InputError: if a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in [paths] if isinstance(paths, (str, Path)) else paths:
        require_file(Path(path))
        with open_regular(Path(path)) as file:
            try:
                while chunk := file.read(_CHUNK):
                    check_cancelled()
                    digest.update(chunk)
            except OSError as error:
                raise unreadable(Path(path), error) from error
    return digest.hexdigest()


def make_folder(path: Path) -> None:
    """Makes a folder, with those above it; a folder that is there already stays as it is.

    Raises:
        OutputError: if it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder cannot be made ({error.strerror or error})", where=path, fix="Choose another folder"
        ) from error


@contextmanager
def written_aside(path: Path) -> Iterator[BinaryIO]:
    """A file to write to under a temporary name, which takes the path's place once the block ends well.

    There is the whole new file, or what was before. Files that killed processes have left half-written beside it go.

    Raises:
        OSError: if it cannot be written.
    """
    remove_half_written(path.parent)
    temporary, file = _temporary(path.parent)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if sys.platform != "win32":
                # Locked until it has its name: nobody takes it for a dead process's.
                temporary.replace(path)
        if sys.platform == "win32":
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_half_written(folder: Path) -> None:
    """Deletes the temporary files in a folder whose writers are dead; those of live writers are locked, and stay."""
    for left in folder.glob(TEMPORARY.format("*")):
        # The file goes with its lock. What cannot be locked here is in nobody's way.
        with suppress(Busy, OSError), exclusive(left):
            pass


def _temporary(folder: Path) -> tuple[Path, BinaryIO]:
    while True:
        path = folder / TEMPORARY.format(uuid.uuid4().hex)
        try:
            return path, os.fdopen(locked_descriptor(path), "wb")
        except Busy:
            # Somebody who cleans up was quicker than the lock, and deletes it.
            continue
        except OSError as error:
            if not error_says_no_locks(error):
                raise
            return path, path.open("wb")


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file under a temporary name and then renames it: there is the whole new file, or what was before.

    Raises:
        OutputError: if it cannot be written.
    """
    try:
        with written_aside(path) as file:
            file.write(content)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})",
            where=path,
            fix="Check that the folder exists, may be written to, and that the disk is not full",
        ) from error


def gzipped(content: bytes) -> bytes:
    """The bytes as a gzip archive without a time stamp; a cancel is heard between parts of a megabyte."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    parts = []
    for start in range(0, len(content), _CHUNK):
        check_cancelled()
        parts.append(packer.compress(content[start : start + _CHUNK]))
    return b"".join([*parts, packer.flush()])


@contextmanager
def native_paths(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """The paths, or for names of bytes that are no text links to them under other names, of the same endings.

    A link to a folder serves for writing into it, too. Links are gone when the block ends.

    Raises:
        OSError: if links are needed and cannot be made.
    """
    if all(_is_text(path) for path in paths):
        yield paths
        return
    with scratch_folder() as home:
        links = []
        for number, path in enumerate(paths):
            ending = "".join(path.suffixes[-2:])
            links.append(home / f"{number:06d}{ending if ending.isascii() else ''}")
            links[-1].symlink_to(path.absolute())
        yield links


def _is_text(path: Path) -> bool:
    try:
        str(path.absolute()).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_PACKAGE = Path(__file__).resolve().parent.parent


def resource(*parts: str) -> Path:
    """The path of a file or folder under Resources, in a source checkout, a Slicer extension or a wheel."""
    # A wheel carries Resources inside the package; a checkout and an installed extension beside it.
    inside = _PACKAGE / "Resources"
    return (inside if inside.is_dir() else _PACKAGE.parent / "Resources").joinpath(*parts)
