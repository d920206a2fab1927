"""Walking data set folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ...base.errors import InputError
from ...base.records import is_aside
from ...study.volumes.reader import volume_suffix


def in_order(name: str) -> tuple[tuple[int, str], ...]:
    """A sort key that puts case 2 before case 10."""
    parts = re.findall(r"\d+|\D+", name.lower())
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)


def subfolders(folder: Path) -> list[Path]:
    """Visible folders in a folder, in order; none if it is missing."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.is_dir() and _visible(path.name)]
    return sorted(found, key=lambda path: in_order(path.name))


def volumes(folder: Path) -> Iterator[Path]:
    """Every visible volume file in a folder and its subfolders, in order.

    Raises:
        InputError: if a folder may not be read.
    """

    def fail(error: OSError) -> None:
        raise InputError(
            f"cannot be read ({error.strerror or error})", where=error.filename or folder, fix="Check its permissions"
        ) from error

    for parent, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted((name for name in folders if _visible(name)), key=in_order)
        for name in sorted((name for name in names if _visible(name)), key=in_order):
            if volume_suffix(Path(name)):
                yield Path(parent) / name


def stem(path: Path) -> str:
    """A volume file's name without its ending (.nii.gz and the like)."""
    return path.name[: len(path.name) - len(volume_suffix(path) or "")]


def _visible(name: str) -> bool:
    return not name.startswith((".", "__MACOSX")) and not is_aside(name)
