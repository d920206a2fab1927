"""Temporary folders that go with the run that made them; those of a killed run go with the next one."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .locks import Busy, exclusive

PREFIX, LOCK = "strokeseg-", ".lock"
"""Of a folder's name, and the ending of the lock file beside it, which is held as long as the folder is in use."""
_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{12}}")
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
    with ExitStack() as held:
        # The lock before the folder: without it nobody can tell whose the folder is.
        folder = _locked_name(place, held)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _locked_name(place: Path, held: ExitStack) -> Path:
    while True:
        folder = place / f"{PREFIX}{uuid.uuid4().hex[:12]}"
        lock = _lock_of(folder)
        try:
            held.enter_context(exclusive(lock))
        except Busy:
            # Another run looked whether the new lock is free in the moment before it was held.
            continue
        lock.write_text(_MARK + folder.name, encoding="ascii")
        return folder


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + LOCK)


def remove_abandoned(home: Path) -> None:
    """Deletes the folders in `home` that killed runs have left behind; what a live run, or another user, has stays."""
    for lock in home.glob(f"{PREFIX}*{LOCK}"):
        remove_if_abandoned(lock.with_name(lock.name.removesuffix(LOCK)))


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
    if not own or not _NAME.fullmatch(folder.name) or lock.is_symlink() or folder.is_symlink():
        return False
    said = lock.read_text(encoding="ascii")
    # A run that was killed before it could write into its lock has not made its folder yet.
    return said == _MARK + folder.name or (not said and not folder.exists())
