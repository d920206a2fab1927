"""Records of what a run wrote, with hashes: the only proof that a file is StrokeSeg's and may be replaced.

What no record proves is moved aside, under a name that is told; it is neither replaced nor deleted.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from .errors import InputError
from .files import read_regular, sha256_of
from .json_files import json_bytes, parse_json

RESULTS = ("result.json", "maps.json")
"""The records of folders that hold what was made of a study: a segmentation, and maps alone."""
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


SCHEMA = "schema"
"""The record's key for the version of its layout; records that were written before it was counted have none."""
SCHEMA_VERSION = 1
"""Of every record that is written now. It grows by one whenever a key goes or comes to mean something else, so that a
reader who knows the old layout would be wrong; keys may be added without that."""
WRITTEN = "written"
"""The record's key for the SHA-256 of every file by its name; the record itself is not among them."""
OWN = "record_sha256"
"""The record's key for the SHA-256 of its own bytes, taken with zeros in the place of these digits."""
_ZEROS = b"0" * 64
_LARGEST = 64 << 20


def sealed(values: Mapping[str, Any], written: Mapping[str, str]) -> bytes:
    """A record's bytes.

    Args:
        values: JSON-ready.
        written: SHA-256 of each file by its name, relative to the record's folder, "/" between folders.
    """
    content = json_bytes({SCHEMA: SCHEMA_VERSION, **values, WRITTEN: dict(written), OWN: _ZEROS.decode()})
    before, _, after = content.rpartition(_ZEROS)
    return before + hashlib.sha256(content).hexdigest().encode() + after


def proven(record: Path) -> dict[str, Any] | None:
    """The values of a record that is as it was written; None if it is missing, older than hashes, damaged, a link, or
    changed since."""
    return None if (read := _read(record)) is None else read[0]


def schema_of(content: Mapping[str, Any], where: str | Path) -> int:
    """The version of a record's layout; 0 for a record of the time before it was counted.

    Args:
        content: of the record, as JSON gives it.
        where: for the message.

    Raises:
        InputError: if it is newer than what this version reads, or no number.
    """
    found = content.get(SCHEMA, 0)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise InputError("its schema is no whole number", where=where, fix="Take the record from where it was written")
    if found > SCHEMA_VERSION:
        raise InputError(
            f"the record is of schema {found}, and this StrokeSeg reads up to {SCHEMA_VERSION}: "
            "a newer version wrote it",
            where=where,
            fix="Update StrokeSeg",
        )
    return found


def written_by(record: Path) -> dict[str, str]:
    """What a record proves: SHA-256 of each file by its name, the record itself included.

    Nothing is proved by a record that `proven` does not take.
    """
    read = _read(record)
    if read is None:
        return {}
    values, content = read
    found = {name: digest for name, digest in values[WRITTEN].items() if is_inside(name) and isinstance(digest, str)}
    return {**found, record.name: hashlib.sha256(content).hexdigest()}


def said_to_be_written(record: Path) -> dict[str, str]:
    """SHA-256 of each file by its name as a record says it, whether or not the record was changed since.

    A file of that hash is what was written, whoever says so; that nobody may replace it, for which `written_by` asks
    more, is another question.
    """
    if not is_plain_file(record):
        return {}
    try:
        values = parse_json(read_regular(record, _LARGEST))
    except (InputError, ValueError):
        return {}
    written = values.get(WRITTEN) if isinstance(values, dict) else None
    if not isinstance(written, dict):
        return {}
    return {name: digest for name, digest in written.items() if is_inside(name) and isinstance(digest, str)}


def _read(record: Path) -> tuple[dict[str, Any], bytes] | None:
    if not is_plain_file(record):
        return None
    try:
        content = read_regular(record, _LARGEST)
        values = parse_json(content)
    except (InputError, ValueError):
        # Whatever it is, it is no record of ours: the user's, then.
        return None
    if not isinstance(values, dict):
        return None
    own = values.get(OWN)
    if not isinstance(own, str) or not isinstance(values.get(WRITTEN), dict) or len(own) != len(_ZEROS):
        return None
    if not own.isascii():
        return None
    before, _, after = content.rpartition(own.encode())
    return (values, content) if hashlib.sha256(before + _ZEROS + after).hexdigest() == own else None


def is_inside(name: str) -> bool:
    """Whether a relative name stays in its folder: a record that was meddled with must not reach files elsewhere."""
    path = PurePosixPath(name)
    plain = path.parts and not path.is_absolute() and ".." not in path.parts and not PureWindowsPath(name).drive
    return bool(plain) and "\\" not in name and "\0" not in name


def is_plain_file(path: Path) -> bool:
    """Whether there is a file, and no link to a file: what stands behind a link is never ours."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def is_unchanged(path: Path, digest: str | None) -> bool:
    """Whether there is a plain file of exactly this SHA-256."""
    if digest is None or not is_plain_file(path):
        return False
    try:
        return sha256_of(path) == digest
    except InputError:
        # Empty, or not to be read by this user: then nothing proves that it is ours.
        return False
