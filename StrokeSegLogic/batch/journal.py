"""What happened in a batch, a JSON line an event, only ever added to: a kill at any moment leaves all that was said."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

from ..base.errors import OutputError
from ..base.files import open_regular
from ..base.json_files import json_ready, parse_json
from ..base.records import SCHEMA_VERSION, is_there, schema_of

NAME = "batch.jsonl"
_MADE_BY = "strokeseg batch"
_LONGEST = 64 << 20
"""Bytes of a line: that of a batch holds the names of all its cases."""

Event = Mapping[str, Any]


class Journal:
    """The events of a batch's output folder, and the file that takes more; made by `writing`.

    Attributes:
        events: those that were there before, in order.
        notes: what is wrong with the file, in sentences.
    """

    def __init__(self, path: Path, file: BinaryIO, events: list[Event], notes: list[str]) -> None:
        self.path, self.events, self.notes = path, events, notes
        self._file = file

    def append(self, event: str, **values: Any) -> None:
        """Adds an event, which outlives this process.

        A loss of power may take the last events: what they told of is then done again, as a result that it took is.

        Args:
            event: its kind.
            values: JSON-ready.

        Raises:
            OutputError: if it cannot be written; then the file ends with the event before.
        """
        start = self._file.tell()
        try:
            self._file.write(_line({"event": event, "time": datetime.now(timezone.utc).isoformat(), **values}))
            self._file.flush()
        except OSError as error:
            # Half a line would be cut by the next call as well; the file's own buffer must not write it again.
            self._file = _cut(self.path, start)
            raise _not_written(self.path, error) from error


@contextmanager
def writing(folder: Path) -> Iterator[Journal]:
    """The journal of an output folder that the caller holds; made if missing. The torn line of a killed call is cut.

    Raises:
        OutputError: if something else has its name, or it cannot be read or written.
    """
    path = folder / NAME
    events, notes, whole = read(path) if is_there(path) else ([], [], 0)
    try:
        file = _cut(path, whole)
    except OSError as error:
        raise _not_written(path, error) from error
    journal = Journal(path, file, events, notes)
    try:
        if not whole:
            journal.append("journal", made_by=_MADE_BY, schema=SCHEMA_VERSION)
        yield journal
    finally:
        journal._file.close()


def read(path: Path) -> tuple[list[Event], list[str], int]:
    """The events of a journal, notes on lines that cannot be read, and the bytes of its whole lines.

    Raises:
        OutputError: if the file is no batch's journal.
        InputError: if it cannot be read, or a newer version wrote it.
    """
    events: list[Event] = []
    notes: list[str] = []
    whole = 0
    with open_regular(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST), b""), 1):
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            try:
                event = parse_json(line)
            except ValueError:
                event = None
            if number == 1:
                _require_ours(event, path)
            elif isinstance(event, dict) and isinstance(event.get("event"), str):
                events.append(event)
            else:
                notes.append(f"line {number} of {path.name} cannot be read: what it told of is done again")
    return events, notes, whole


def _require_ours(head: Any, path: Path) -> None:
    if not isinstance(head, dict) or head.get("made_by") != _MADE_BY:
        raise OutputError("is no journal of a batch", where=path, fix="Choose another output folder")
    schema_of(head, path)


def _cut(path: Path, size: int) -> BinaryIO:
    """The file opened behind its first `size` bytes, with nothing after them; made if missing, no link followed."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(path, flags, 0o666), "r+b")
    file.truncate(size)
    file.seek(size)
    return file


def _line(values: Event) -> bytes:
    import json

    text = json.dumps(json_ready(values), ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def _not_written(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot be written ({error.strerror or error})",
        where=path,
        fix="Free some space, or see to the folder's permissions, and start the batch again: it goes on where it was",
    )
