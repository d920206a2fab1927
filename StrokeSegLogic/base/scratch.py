"""Temporary folders that go with the run that made them; those of a killed run go with the next one."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .locks import Busy, exclusive

PREFIX, LOCK = "strokeseg-", ".lock"
"""Of a folder's name, and the ending of the lock file beside it, which is held as long as the folder is in use."""


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
        try:
            held.enter_context(exclusive(folder.with_name(folder.name + LOCK)))
        except Busy:
            # Another run looked whether the new lock is free in the moment before it was held.
            continue
        return folder


def remove_abandoned(home: Path) -> None:
    """Deletes the folders in `home` that killed runs have left behind; what a live run, or another user, has stays."""
    for lock in home.glob(f"{PREFIX}*{LOCK}"):
        folder = lock.with_name(lock.name.removesuffix(LOCK))
        # Held by a live run, gone in the meantime, or not ours to delete: in each case it is left alone.
        with suppress(Busy, OSError):
            if _ours(lock):
                with exclusive(lock):
                    shutil.rmtree(folder, ignore_errors=True)


def _ours(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid()
