"""Locks between processes, gone with the process that holds them; and temporary folders, in use while locked."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds the lock file for the block. The system frees it when the process ends, so that a kill leaves no lock.

    Whoever gets the lock knows that nobody else who takes it is alive: what a run has left behind under it may be
    mended or removed. The file goes with the lock; that of a killed run stays and is taken over.

    Args:
        path: of the lock file, made if missing; its folder must exist. A link is refused.

    Raises:
        Busy: if another process, or another block of this process, holds it.
        OSError: if the file cannot be made.
    """
    descriptor = locked_descriptor(path)
    try:
        yield
    finally:
        if sys.platform == "win32":
            # An open file cannot be deleted there; whoever opened it in between keeps it.
            os.close(descriptor)
            with suppress(PermissionError):
                path.unlink(missing_ok=True)
        else:
            # Deleted while it is held: nobody can lock a file in between that is about to go. Where it cannot be (its
            # folder is gone, or something else by now), whoever comes next takes it over; the block's own error counts.
            with suppress(OSError):
                path.unlink()
            os.close(descriptor)


_PAUSE_S = 0.02
"""Between two looks at a lock that somebody else holds."""


@contextmanager
def exclusive_within(path: Path, seconds: float) -> Iterator[None]:
    """As `exclusive`, and waits so long for whoever holds the lock. The clock on the wall has no part in it.

    Raises:
        Busy: if it is held all that time.
        OSError: as `exclusive`.
    """
    end = time.monotonic() + seconds
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(exclusive(path))
                break
            except Busy:
                if time.monotonic() >= end:
                    raise
                time.sleep(_PAUSE_S)
        yield


def error_says_no_locks(error: OSError) -> bool:
    """Whether the file system knows no locks, as some network file systems."""
    return error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


def held(path: Path) -> bool:
    """Whether another process, or another block of this process, holds the lock. A missing file is held by nobody.

    Raises:
        OSError: if the file cannot be opened.
    """
    if not path.exists():
        return False
    try:
        with exclusive(path):
            return False
    except Busy:
        return True


def locked_descriptor(path: Path) -> int:
    """The file opened for reading and writing, and locked until the descriptor is closed; made if missing.

    Raises:
        Busy: if another process, or another descriptor of this process, has it locked.
        OSError: if it cannot be made, or the file system knows no locks.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    while True:
        descriptor = os.open(path, flags, 0o666)
        try:
            _lock(descriptor)
            if _same(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        # Its last holder deleted the file between the two calls: the name is of another file by now, or of none.
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise Busy from error


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


SCRATCH_PREFIX, SCRATCH_LOCK = "strokeseg-", ".lock"
"""Of a folder's name, and the ending of the lock file beside it, which is held as long as the folder is in use."""
_SCRATCH_NAME = re.compile(rf"{SCRATCH_PREFIX}[0-9a-f]{{12}}")
_MARK = "StrokeSeg's own, and deleted once nobody holds this lock: "
"""What the lock file says before the name of the folder: a folder and a lock of such names may be anybody's."""


@contextmanager
def scratch_folder(home: Path | None = None) -> Iterator[Path]:
    """A folder of this run's own. When the block ends it is deleted; should the process be killed, the next run that
    asks for a folder in the same place finds the lock free and deletes it.

    Args:
        home: where to make it; the system's folder for temporary files if None.

    Raises:
        OSError: if it cannot be made.
    """
    place = Path(tempfile.gettempdir()) if home is None else home
    remove_abandoned(place)
    with ExitStack() as stack:
        # The lock before the folder: without it nobody can tell whose the folder is.
        folder = _locked_name(place, stack)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _locked_name(place: Path, stack: ExitStack) -> Path:
    while True:
        folder = place / f"{SCRATCH_PREFIX}{uuid.uuid4().hex[:12]}"
        lock = _lock_of(folder)
        try:
            stack.enter_context(exclusive(lock))
        except Busy:
            # Another run looked whether the new lock is free in the moment before it was held.
            continue
        lock.write_text(_MARK + folder.name, encoding="ascii")
        return folder


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + SCRATCH_LOCK)


def remove_abandoned(home: Path) -> None:
    """Deletes the folders in `home` that killed runs have left behind; what a live run, or another user, has stays."""
    for lock in home.glob(f"{SCRATCH_PREFIX}*{SCRATCH_LOCK}"):
        remove_if_abandoned(lock.with_name(lock.name.removesuffix(SCRATCH_LOCK)))


def remove_if_abandoned(folder: Path) -> None:
    """Deletes a folder that `scratch_folder` has made and whose process is dead; any other stays."""
    lock = _lock_of(folder)
    # Held by a live run, gone in the meantime, or not ours to delete: in each case it is left alone.
    with suppress(Busy, OSError, ValueError):
        if _ours(lock, folder):
            with exclusive(lock):
                shutil.rmtree(folder, ignore_errors=True)


def _ours(lock: Path, folder: Path) -> bool:
    """Whether a run of this user's has made the lock for that folder."""
    own = not hasattr(os, "getuid") or lock.lstat().st_uid == os.getuid()
    if not own or not _SCRATCH_NAME.fullmatch(folder.name) or lock.is_symlink() or folder.is_symlink():
        return False
    said = lock.read_text(encoding="ascii")
    # A run that was killed before it could write into its lock has not made its folder yet.
    return said == _MARK + folder.name or (not said and not folder.exists())
