"""The files of an evaluation, written whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..base.errors import OutputError

RECORD = "evaluation.json"
"""Written last: a folder that has it is whole."""


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes files into a folder, the record among them last; other files in it stay.

    All are written beside it first: a full disk is met before any previous file is touched. Files that a previous
    evaluation wrote and this one does not (its record names them) are removed.

    Args:
        folder: made if missing.
        files: contents by name, one of them the record.

    Raises:
        OutputError: if it cannot be written.
    """
    draft: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".evaluation-", suffix=".partial", dir=folder))
        for name, content in files.items():
            (draft / name).write_bytes(content)
        stale = _written_before(folder) - set(files)
        (folder / RECORD).unlink(missing_ok=True)
        for name in stale:
            (folder / name).unlink(missing_ok=True)
        for name in sorted(files, key=lambda name: name == RECORD):
            (draft / name).replace(folder / name)
    except OSError as error:
        raise OutputError(
            f"cannot be written to ({error.strerror or error})",
            where=folder,
            fix="Free some space, or choose another folder",
            option="output",
        ) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def _written_before(folder: Path) -> set[str]:
    try:
        names = json.loads((folder / RECORD).read_text(encoding="utf-8"))["files"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return set()
    # Names only: a record that was meddled with must not reach files elsewhere.
    return {name for name in names if isinstance(name, str) and Path(name).name == name}
