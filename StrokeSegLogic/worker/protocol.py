"""The lines that the worker says on its standard output, one JSON object each."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from ..base.errors import StrokeSegError, expected
from ..base.json_files import parse_json

EVENTS = ("ready", "started", "progress", "warning", "log", "done", "cancelled", "error", "alive", "bye")
_START = '{"event": '


@dataclass(frozen=True)
class Event:
    """One line.

    Attributes:
        name: one of `EVENTS`.
        job: folder name of the job that it is about, "" if it is about none.
        values: what else it says.
    """

    name: str
    job: str
    values: Mapping[str, Any]


class Emitter:
    """Says events on a stream; any thread may.

    Attributes:
        broken: whether nobody listens any more.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.broken = threading.Event()

    @classmethod
    def on_stdout(cls) -> Emitter:
        """Takes standard output for the protocol alone: what libraries print goes to standard error from now on."""
        sys.stdout.flush()
        kept = os.dup(1)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        return cls(os.fdopen(kept, "w", encoding="ascii", newline="\n"))

    def send(self, name: str, job: str = "", **values: Any) -> None:
        """Says one event; once nobody listens it says nothing."""
        # All in ASCII: the reader's code page is not known. A line at once, so that two threads' do not mix.
        line = json.dumps({"event": name, "job": job, **values}, default=str) + "\n"
        with self._lock:
            if self.broken.is_set():
                return
            try:
                self._stream.write(line)
                self._stream.flush()
            except (OSError, ValueError):
                self.broken.set()


def parse_line(line: str) -> Event | None:
    """The event that a line holds; None where it is anything else.

    A library may have written half a line before: the event is looked for behind it.
    """
    start = line.find(_START)
    if start < 0:
        return None
    try:
        values = parse_json(line[start:])
    except ValueError:
        return None
    name, job = values.pop("event"), values.pop("job", "")
    return Event(name, str(job), values) if name in EVENTS else None


class Fault(StrokeSegError):
    """A fault of StrokeSeg's own, or a process that died.

    Attributes:
        log: the last lines that it wrote.
    """

    exit_code = 2

    def __init__(self, what: str, *, fix: str | None = None, log: Iterable[str] = ()) -> None:
        super().__init__(what, fix=fix)
        self.log = tuple(log)


def as_error(error: Exception) -> StrokeSegError:
    """The error itself, or what a user is told in place of an error that is none of ours."""
    known = expected(error)
    if known is not None:
        return known
    if isinstance(error, ModuleNotFoundError):
        fix = "Install the packages that StrokeSeg needs from its panel"
        return StrokeSegError(f"the package '{error.name}' is not installed", fix=fix)
    what = f"this is a fault of StrokeSeg's ({type(error).__name__}: {error})"
    return Fault(what, fix="Please report it with the log")


def described(error: Exception) -> dict[str, Any]:
    """An error as the values of an event."""
    known = as_error(error)
    return {
        "what": known.what,
        "where": known.where or "",
        "fix": known.fix or "",
        "option": known.option or "",
        "roles": list(known.roles),
        "code": known.exit_code,
    }


def error_of(values: Mapping[str, Any], log: Iterable[str] = ()) -> StrokeSegError:
    """The error that `described` made these values of.

    Args:
        values: of the event.
        log: the last lines of who said it; kept with a fault alone.
    """
    what, where, fix = (str(values[name]) for name in ("what", "where", "fix"))
    if values.get("code") == Fault.exit_code:
        return Fault(what, fix=fix, log=log)
    option, roles = str(values.get("option", "")), map(str, values.get("roles", ()))
    return StrokeSegError(what, where=where or None, fix=fix or None, option=option or None, roles=roles)
