"""What a case is made from, hashed: files as they lie, whatever any of them is."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import InputError
from ..base.files import is_file, open_regular, unreadable
from ..base.progress import check_cancelled
from ..base.records import is_aside
from ..study.volumes.candidates import is_dicom
from ..study.volumes.reader import files_of

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Inputs:
    """The files of a study.

    Attributes:
        sha256: of their names and bytes.
        files, bytes: how many there are.
    """

    sha256: str
    files: int
    bytes: int


def hash_inputs(study: str | tuple[str, ...], brain_mask: str | None = None) -> Inputs:
    """Hashes a study's files and their names within it; where the study itself lies does not count.

    Hidden files and what earlier runs put aside are no inputs. What is no regular file (a pipe, a device) counts by its
    name alone.

    Args:
        study: a folder, archive or file, or words SEQUENCE=FILE.
        brain_mask: one more file.

    Raises:
        InputError: if something is missing or cannot be read.
    """
    digest, count, size = hashlib.sha256(), 0, 0
    for name, path in _files(study, brain_mask):
        digest.update(os.fsencode(name) + b"\0")
        if path is not None:
            length, content = _hash(path)
            digest.update(content)
            size += length
        count += 1
    return Inputs(digest.hexdigest(), count, size)


def places(study: str | tuple[str, ...], brain_mask: str | None = None) -> list[Path]:
    """The files and folders that a study is given by."""
    words = (study,) if isinstance(study, str) else study
    found = [Path(word) if isinstance(study, str) else _path_of(word.partition("=")[2]) for word in words]
    return [*found, *([Path(brain_mask)] if brain_mask else [])]


def _files(study: str | tuple[str, ...], brain_mask: str | None) -> Iterator[tuple[str, Path | None]]:
    for number, place in enumerate(places(study, brain_mask)):
        if place.is_dir():
            yield from ((f"{number}/{name}", path) for name, path in _below(place))
        elif not is_file(place):
            raise InputError("does not exist", where=place, fix="Check the path")
        elif is_dicom(place):
            # A slice stands for the series that lies beside it.
            yield from ((f"{number}/{name}", path) for name, path in _below(place.parent))
        else:
            yield from ((f"{number}/{path.name}", path) for path in sorted({place, *_existing(files_of(place))}))


def _existing(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if is_file(path)]


def _below(folder: Path) -> Iterator[tuple[str, Path | None]]:
    def fail(error: OSError) -> None:
        raise unreadable(Path(error.filename or folder), error) from error

    for parent, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not is_aside(name))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = Path(parent) / name
            yield path.relative_to(folder).as_posix(), path if _regular(path) else None


def _regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        # A link to nowhere or to itself: reading the study tells what that means.
        return False


def _path_of(word: str) -> Path:
    """The file of FILE, FILE@UNIT or FILE@LOW..HIGH."""
    path = Path(word)
    return path if is_file(path) or path.is_dir() or "@" not in word else Path(word.rpartition("@")[0])


def _hash(path: Path) -> tuple[int, bytes]:
    digest, size = hashlib.sha256(), 0
    with open_regular(path) as file:
        try:
            while chunk := file.read(_CHUNK):
                check_cancelled()
                digest.update(chunk)
                size += len(chunk)
        except OSError as error:
            raise unreadable(path, error) from error
    return size, digest.digest()
