"""Exported files: each is whole or not there, and takes no other file away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from StrokeSegLogic.base.errors import OutputError
from StrokeSegLogic.base.files import sha256_of
from StrokeSegLogic.base.records import is_there, is_unchanged
from StrokeSegLogic.base.reservation import reserved

_written: dict[Path, str] = {}
"""SHA-256 of each file that this session has exported, by its path."""
_FIX = "Check that the folder can be written to, and that its disk is not full"


def put(path: Path, write: Callable[[Path], object]) -> str:
    """Writes in a hidden folder, under the file's own name, and brings it to the path when all went well.

    What is there already is replaced if this session has written it and it is unchanged; else it is moved aside.

    Args:
        path: where the file is wanted.
        write: writes to the path that it is given.

    Returns:
        Where a file is now that was there before and not ours, in words; "" without.

    Raises:
        OutputError: if it cannot be written; what was there is there still.
    """
    if not path.parent.is_dir():
        raise OutputError("its folder is not there", where=path, fix=_FIX)
    try:
        with reserved(path.parent, (path.name,), overwrite=True) as held, held.draft() as work:
            write(work.new / path.name)
            digest = sha256_of(work.new / path.name)
            ours = is_unchanged(path, _written.get(path))
            work.publish([path.name], {path.name: _written[path] if ours else None} if is_there(path) else {})
            moved = work.finish()
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror or error})", where=path, fix=_FIX) from error
    _written[path] = digest
    return moved
