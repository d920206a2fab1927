"""Files written with a record of them: all or none, nobody else's replaced, and nothing that was computed lost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from .errors import Cancelled, OutputError, StrokeSegError, expected, is_for_lack_of_memory
from .files import sha256_of
from .json_files import json_bytes, json_ready
from .progress import Progress
from .publishing import Workspace
from .records import sealed, written_by
from .reservation import LOCK, Reservation, cannot_write, holding, reserved

Writers = Mapping[str, Callable[[Path], object]]
"""What writes each file, by its name, "/" between folders."""


def write_recorded(
    folder: Path,
    writers: Writers,
    record: str,
    values: Mapping[str, Any],
    progress: Progress | None = None,
    *,
    excluded: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Reservation:
    """Writes files, and last a record that lists them with hashes, into a hidden folder and moves them at once.

    What an earlier run's record of that name lists, unchanged, is replaced, or removed where this run has no such file.

    Args:
        folder: made if missing; other files in it stay.
        writers: of all files but the record.
        record: name of the record.
        values: of the record; "files", the hashes and its own are added.
        progress: of the writing.
        excluded: records of other runs that must not be in the folder, and what they are of.
        overwrite: move what is in the way aside.

    Returns:
        The folder as it was held: its notes say what was moved.

    Raises:
        OutputError: if something cannot be written or is in the way; then the folder is as it was, and the error says
            where the files are that could be written elsewhere.
    """
    names = (*writers, record)
    outer = holding(folder)
    held_anew = reserved(folder, names, record, excluded=excluded, overwrite=overwrite)
    with held_anew if outer is None else nullcontext(outer) as held:
        held.overwrite = held.overwrite or overwrite
        draft: Workspace | None = None
        kept: Path | None = None
        try:
            with held.draft() as draft:
                _fill(draft.new, writers, record, values, progress or Progress())
                try:
                    held.publish(draft, names, excluded=excluded)
                except (OSError, StrokeSegError):
                    kept = held.keep(draft)
                    raise
        except Cancelled:
            raise
        except Exception as error:
            # Whatever it is, a library that was replaced under the run included: what was computed must not go with it.
            failed = _said(error, folder, draft)
            place = f"the finished files are in {kept}" if kept else _rescued(writers, record, values)
            raise OutputError(f"{failed.what}; {place}", where=failed.where, fix=failed.fix) from error
    return held


def fill_recorded(
    folder: Path, fill: Callable[[Path], object], record: str, values: Mapping[str, Any], *, overwrite: bool = False
) -> Reservation:
    """Like `write_recorded`, for files that one function writes: what is lost if that fails can be made again.

    Args:
        folder, record, values, overwrite: as in `write_recorded`.
        fill: writes all files but the record into a folder.

    Returns:
        The folder as it was held.

    Raises:
        OutputError: if something cannot be written or is in the way; then the folder is as it was.
    """
    try:
        with reserved(folder, (record,), record, overwrite=overwrite) as held, held.draft() as work:
            fill(work.new)
            names = files_in(work.new)
            _write_record(work.new, names, record, values)
            held.publish(work, (*names, record))
    except OSError as error:
        raise cannot_write(folder, error) from error
    return held


def fill_new(folder: Path, fill: Callable[[Path], object], last: str) -> None:
    """Fills a folder that is new or empty; all files of it appear, or none.

    Args:
        folder: made if missing.
        fill: writes all files into a folder.
        last: name of the file that comes into its place last.

    Raises:
        OutputError: if the folder is not empty, or something cannot be written.
    """
    try:
        with reserved(folder) as held:
            if any(path.name != LOCK for path in folder.iterdir()):
                raise OutputError("is not an empty folder", where=folder, fix="Name a new folder")
            with held.draft() as work:
                fill(work.new)
                held.publish(work, sorted(files_in(work.new), key=lambda name: name == last))
    except OSError as error:
        raise cannot_write(folder, error) from error


def add_recorded(held: Reservation, writers: Writers, record: str, values: Mapping[str, Any]) -> None:
    """Adds files to those that the folder's record lists, which stay; all of them or none.

    Args:
        held: the folder.
        writers, record, values: as in `write_recorded`.

    Raises:
        OutputError: if something cannot be written or is in the way; then the folder is as it was.
    """
    before = written_by(held.folder / record)
    before.pop(record, None)
    try:
        with held.draft() as work:
            for name, write in writers.items():
                _write(work.new / name, write)
            written = before | {name: sha256_of(work.new / name) for name in writers}
            content = sealed({**json_ready(values), "files": [*written, record]}, written)
            (work.new / record).write_bytes(content)
            held.publish(work, (*writers, record), keeping=before)
    except OSError as error:
        raise cannot_write(held.folder, error) from error


def files_in(folder: Path) -> list[str]:
    """Every file below a folder by its relative name, "/" between folders, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _fill(folder: Path, writers: Writers, record: str, values: Mapping[str, Any], progress: Progress) -> None:
    for number, (name, write) in enumerate(writers.items()):
        progress(number / len(writers), f"writing {name}")
        _write(folder / name, write)
    _write_record(folder, writers, record, values)
    progress(1.0, "files written")


def _write(path: Path, write: Callable[[Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)


def _write_record(folder: Path, names: Collection[str], record: str, values: Mapping[str, Any]) -> None:
    written = {name: sha256_of(folder / name) for name in names}
    (folder / record).write_bytes(sealed({**json_ready(values), "files": [*names, record]}, written))


def _said(error: Exception, folder: Path, draft: Workspace | None) -> StrokeSegError:
    """The error in the words of what the user knows: the draft will be gone when they read this."""
    if not isinstance(error, StrokeSegError) and is_for_lack_of_memory(error):
        return OutputError("cannot be written (out of memory)", where=folder, fix="Close other programs")
    if isinstance(error, OSError):
        return cannot_write(folder, error)
    if isinstance(error, ImportError) and (known := expected(error)) is not None:
        return OutputError(f"cannot be written ({known.what})", where=folder, fix=known.fix)
    if not isinstance(error, StrokeSegError):
        what = f"cannot be written, by a fault of StrokeSeg's ({type(error).__name__}: {error})"
        return OutputError(what, where=folder, fix="Please report it")
    if draft is None or str(draft.root) not in (error.where or ""):
        return error
    return OutputError(f"{Path(str(error.where)).name} {error.what}", where=folder, fix=error.fix)


def _rescued(writers: Writers, record: str, values: Mapping[str, Any]) -> str:
    """Writes what was computed, as far as that goes, to where temporary files go; returns what came of it, in words."""
    try:
        elsewhere = Path(tempfile.mkdtemp(prefix="strokeseg-result-"))
    except OSError as error:
        return f"nothing of it could be kept elsewhere, either ({error.strerror or error})"
    lost = []
    for name, write in writers.items():
        try:
            _write(elsewhere / name, write)
        except Exception:
            # A writer that fails must not take the others with it; what is missing is told.
            (elsewhere / name).unlink(missing_ok=True)
            lost.append(name)
    try:
        if lost:
            (elsewhere / f"incomplete-{record}").write_bytes(json_bytes(json_ready(values)))
        else:
            _write_record(elsewhere, writers, record, values)
    except (OSError, MemoryError, StrokeSegError):
        lost.append(record)
    if len(lost) > len(writers):
        elsewhere.rmdir()
        return "nothing of it could be kept elsewhere, either"
    return f"{'all' if not lost else 'all but ' + ', '.join(lost)} was written to {elsewhere} instead"
