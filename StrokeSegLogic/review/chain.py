"""The records: lines of JSON that only grow, each with the hash of the line before it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..base.errors import InputError, OutputError
from ..base.files import read_regular
from ..base.json_files import json_ready, parse_json

RECORDS = "records.jsonl"
"""Name of the file."""
START = "0" * 64
"""Stands in the first line, which has none before it."""
NUMBER, EVENT, TIME, PREVIOUS, TORN = "n", "event", "time", "previous", "torn_bytes_removed"
"""Keys of every line: its number from 1 on, what happened, when (UTC), SHA-256 of the line before; and of a line that
was written where a killed process had left a part of another, how many bytes of it were taken away."""
_LARGEST = 1 << 30
"""Bytes: a million events."""


@dataclass(frozen=True)
class Event:
    """One line.

    Attributes:
        number: from 1 on.
        kind: what happened.
        time: when by the clock of the computer that it happened at, ISO 8601, UTC. The order is the numbers'.
        content: all of the line.
        sha256: of its bytes, without the line end.
    """

    number: int
    kind: str
    time: str
    content: Mapping[str, Any]
    sha256: str

    def __getitem__(self, key: str) -> Any:
        return self.content[key]

    def get(self, key: str, otherwise: Any = None) -> Any:
        return self.content.get(key, otherwise)


@dataclass(frozen=True)
class Chain:
    """What a file of records holds.

    Attributes:
        events: the whole lines, up to the first that is broken.
        size: bytes of all whole lines.
        torn: bytes behind the last line end: of a line that is being written, or that a killed process left.
        broken: what is wrong with the first line that does not continue the chain; "" where there is none.
    """

    events: tuple[Event, ...] = ()
    size: int = 0
    torn: int = 0
    broken: str = ""

    @property
    def last_sha256(self) -> str:
        """Hash of the last line, which the next will carry."""
        return self.events[-1].sha256 if self.events else START


def read_chain(path: Path) -> Chain:
    """The records of a file, every link looked at.

    Raises:
        InputError: if it is missing or cannot be read.
    """
    content = read_regular(path, _LARGEST)
    *lines, rest = content.split(b"\n")
    events: list[Event] = []
    previous, broken = START, ""
    for number, line in enumerate(lines, 1):
        found = _event(line, number, previous)
        if isinstance(found, str):
            broken = f"line {number} {found}"
            break
        events.append(found)
        previous = found.sha256
    return Chain(tuple(events), len(content) - len(rest), len(rest), broken)


def _event(line: bytes, number: int, previous: str) -> Event | str:
    """The event of a line, or what is wrong with it."""
    try:
        values = parse_json(line)
    except ValueError:
        return "is no JSON: it was changed"
    if not isinstance(values, dict) or not all(isinstance(values.get(key), str) for key in (EVENT, TIME, PREVIOUS)):
        return "is no record of an event: it was changed"
    if values.get(NUMBER) != number:
        return f"has the number {values.get(NUMBER)}: lines before it were lost, added or moved"
    if values[PREVIOUS] != previous:
        return f"does not carry the hash of line {number - 1}: that line was changed, or lines were lost or added"
    return Event(number, values[EVENT], values[TIME], values, hashlib.sha256(line).hexdigest())


@dataclass
class NewLines:
    """Lines that continue a chain, on their way to the file.

    Attributes:
        number, previous: of the chain's last line, and its hash.
        content: their bytes.
        events: what they hold.
    """

    number: int = 0
    previous: str = START
    content: bytes = b""
    events: list[Event] = field(default_factory=list)

    @classmethod
    def after(cls, chain: Chain) -> NewLines:
        return cls(len(chain.events), chain.last_sha256)

    def add(self, kind: str, values: Mapping[str, Any]) -> Event:
        """One more line.

        Args:
            kind: what happened.
            values: JSON-ready; infinite numbers become words and undefined numbers null.
        """
        self.number += 1
        time = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        content = {NUMBER: self.number, EVENT: kind, TIME: time, **json_ready(values), PREVIOUS: self.previous}
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        # As in `json_bytes`: a name in bytes that are no text keeps its escapes.
        line = text.encode("utf-8", "backslashreplace")
        event = Event(self.number, kind, time, content, hashlib.sha256(line).hexdigest())
        self.previous = event.sha256
        self.content += line + b"\n"
        self.events.append(event)
        return event


def next_line(chain: Chain, kind: str, values: Mapping[str, Any]) -> NewLines:
    """The line that would go on from a chain.

    One line an event, and one event at a time: of several lines a kill could leave some, and nobody could tell those
    from all.

    Args:
        chain: that is whole.
        kind: what happened.
        values: JSON-ready.
    """
    new = NewLines.after(chain)
    new.add(kind, {**values, TORN: chain.torn} if chain.torn else values)
    return new


def append(path: Path, chain: Chain, new: NewLines) -> Chain:
    """Adds a line to the end of a file; what a killed process left of a line goes first.

    Args:
        path: of the file.
        chain: what it holds; nobody else may write to it meanwhile.
        new: goes on from it (see `next_line`).

    Returns:
        What the file holds now.

    Raises:
        OutputError: if it cannot be written; then the file is as it was.
    """
    require_whole(chain, path)
    try:
        descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
        try:
            os.ftruncate(descriptor, chain.size)
            os.lseek(descriptor, 0, os.SEEK_END)
            _write(descriptor, new.content)
        except OSError:
            withdraw(path, chain)
            raise
        finally:
            os.close(descriptor)
    except OSError as error:
        raise OutputError(
            f"the event cannot be recorded ({error.strerror or error})",
            where=path,
            fix="Check that the folder may be written to, and that the disk is not full",
        ) from error
    return Chain((*chain.events, *new.events), chain.size + len(new.content))


def withdraw(path: Path, chain: Chain) -> bool:
    """Takes back what was written behind a chain in this very moment, and that nobody was told of; whether it went."""
    try:
        os.truncate(path, chain.size)
    except OSError:
        return False
    return True


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def require_whole(chain: Chain, path: Path) -> None:
    """Refuses records whose chain is broken: nothing may be written behind what cannot be trusted.

    Raises:
        InputError: saying where it is broken.
    """
    if chain.broken:
        raise InputError(
            f"the records are damaged: {chain.broken}", where=path, fix="See strokeseg review verify; take a copy back"
        )
