"""The lines that the worker says on its standard output, one JSON object each."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from ..base.faults import expected

EVENTS = ("ready", "started", "progress", "warning", "log", "done", "cancelled", "error", "alive", "bye")
_START = '{"event": '
_OPTION = re.compile(r"(?<![\w-])--(?=[a-z])")


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
        values = json.loads(line[start:])
    except json.JSONDecodeError:
        return None
    name, job = values.pop("event"), values.pop("job", "")
    return Event(name, str(job), values) if name in EVENTS else None


def described(error: Exception) -> dict[str, Any]:
    """What, where, fix and exit code of an error, in words for the panel, which has no command line."""
    known = expected(error)
    if known is not None:
        where = known.where or (known.option or "").replace("_", " ")
        what, fix, code = known.what, known.fix or "", known.exit_code
    else:
        what, where, code = f"this is a fault of StrokeSeg's ({type(error).__name__}: {error})", "", 2
        fix = "Please report it with the log"
    return {"what": _OPTION.sub("", what), "where": _OPTION.sub("", where), "fix": _OPTION.sub("", fix), "code": code}
