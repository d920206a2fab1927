"""What is in the way is moved aside, under a name that is told; nothing is replaced or deleted."""

from __future__ import annotations

import errno
import os
import re
from datetime import datetime
from itertools import count
from pathlib import Path

PREVIOUS = "previous"
"""Begins the name of the folder in which a user finds what was in a run's way."""
UNPUBLISHED = "unpublished"
"""Begins the name of the folder in which a user finds what a run computed and could not bring into its place."""
_NO_LINKS = {
    *(errno.EPERM, errno.EACCES, errno.EISDIR, errno.EMLINK, errno.EINVAL, errno.ENOSYS),
    *(errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV),
}


def is_there(path: Path) -> bool:
    """Whether anything has this name, a link to nowhere included."""
    return os.path.lexists(path)


def move_new(source: Path, target: Path) -> None:
    """Moves a file, link or folder within a disk to a name that nothing has.

    Raises:
        FileExistsError: if something has it, also if it came a moment ago.
        OSError: if it cannot be moved.
    """
    try:
        # A rename would replace what came between a look and the rename; a link is made only where nothing is.
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LINKS:
            raise
        # Folders have no second name, and some file systems know none at all.
        if is_there(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)
    else:
        source.unlink()


def is_aside(name: str) -> bool:
    """Whether a folder of this name holds what a run put aside, its own or the user's: no input of another run."""
    return re.fullmatch(rf"({PREVIOUS}|{UNPUBLISHED})-\d{{8}}-\d{{4}}(-\d+)?", name) is not None


def unused(parent: Path, name: str) -> Path:
    """NAME-20261130-0712 in `parent`, or NAME-20261130-0712-2 where there is such a thing already."""
    stamp = f"{name}-{datetime.now():%Y%m%d-%H%M}"
    return next(
        path for number in count(1) if not is_there(path := parent / (stamp if number == 1 else f"{stamp}-{number}"))
    )


def move_aside(path: Path) -> Path:
    """Moves a file, link or folder into a new folder `previous-DATE-TIME` beside it, where it keeps its name.

    Returns:
        Where it is now.

    Raises:
        OSError: if it cannot be moved.
    """
    place = unused(path.parent, PREVIOUS)
    place.mkdir()
    move_new(path, place / path.name)
    return place / path.name


def listed(names: list[str], most: int = 4) -> str:
    """Names in a sentence, the first few of many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
