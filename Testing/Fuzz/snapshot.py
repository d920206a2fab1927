"""Every file below a folder, before and after: no file of the user may change, none appear where it does not belong."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from .inputs import OUTPUT

_LEFT = (".partial", ".part", ".tmp", ".lock")


def files_below(folder: Path) -> dict[str, str]:
    """What each path relative to the folder is: a file with its hash, a link with its target, or a special file.

    Links are not followed, pipes and devices not opened. Folders are named where they are empty.
    """
    found: dict[str, str] = {}
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]  # noqa: PTH114, PTH118
        if not folders and not names and parent != str(folder):
            found[os.path.relpath(parent, folder)] = "empty folder"
        for name in (*names, *links):
            path = os.path.join(parent, name)  # noqa: PTH118
            found[os.path.relpath(path, folder)] = _told(path)
    return found


def _told(path: str) -> str:
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return f"link to {os.readlink(path)!r}"  # noqa: PTH115
    if not stat.S_ISREG(mode):
        return f"special file {stat.S_IFMT(mode):o}"
    with open(path, "rb") as file:  # noqa: PTH123
        return hashlib.sha256(file.read()).hexdigest()


@dataclass(frozen=True)
class Difference:
    """Paths by what happened to them; empty where all is well."""

    lost: tuple[str, ...]
    foreign: tuple[str, ...]
    left: tuple[str, ...]


def difference(
    before: dict[str, str],
    after: dict[str, str],
    *,
    written: bool,
    output: str = OUTPUT,
    replaceable: Collection[str] = (),
) -> Difference:
    """What a command did to a home that it must not.

    Args:
        before, after: of `files_below`.
        written: whether the command said that it wrote a result.
        output: first part of the paths that the command may write.
        replaceable: files of an earlier result.
    """
    kept = [value for path, value in after.items() if before.get(path) != value]
    lost = [
        path
        for path, value in before.items()
        if after.get(path) != value
        and value != "empty folder"
        # A file that was moved aside whole is not lost.
        and not (path in replaceable and written)
        and value not in kept
    ]
    new = [path for path, value in after.items() if path not in before and value != "empty folder"]
    inside = [path for path in new if Path(path).parts[0] == output]
    foreign = [path for path in new if path not in inside]
    draft = [path for path in inside if any(part.startswith(".") or part.endswith(_LEFT) for part in _parts(path))]
    return Difference(tuple(lost), tuple(foreign), tuple(draft if written else inside))


def _parts(path: str) -> tuple[str, ...]:
    return Path(path).parts[1:]
