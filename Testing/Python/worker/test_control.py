"""What the worker is told by lines: any line, and the next is still heard."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from map_cases import plain_case
from worker.jobs import Worker, job_of

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.worker.control import LONGEST_LINE, bounded_lines
from StrokeSegLogic.worker.job import JobOptions

Start = Callable[..., Worker]

BAD_LINES = {
    "no JSON": b"run please",
    "nested": b"[" * 60_000,
    "a number without end": b'{"command": "run", "job": ' + b"9" * 6000 + b"}",
    "a job that is no text": b'{"command": "run", "job": {"a": 1}}',
    "no object": b'["cancel", "quit"]',
    "a missing job": b'{"command": "run", "job": "/no/such/folder/job.json"}',
    "a NUL in its name": b'{"command": "run", "job": "/tmp/a\\u0000b/job.json"}',
    "no text": bytes(range(256)).replace(b"\n", b""),
    "an end of file": b"\x04\x1a",
    "megabytes without an end": b"x" * (8 << 20),
    "nothing": b"",
}


def test_a_worker_lives_on_after_every_bad_line(start: Start, session: Path) -> None:
    worker = start("--lines")
    stdin = worker.process.stdin
    assert stdin is not None
    for line in BAD_LINES.values():
        stdin.buffer.write(line + b"\n")
    maps = {Role(name): image for name, image in plain_case().items()}
    job = job_of("ctp", session / "1", maps, JobOptions(route="thresholds", extras=()))
    stdin.buffer.write(json.dumps({"command": "run", "job": str(job)}).encode() + b"\n")
    stdin.buffer.flush()
    assert worker.last_of("1").name == "done"
    refused = [event.values for event in worker.events if event.name == "error"]
    assert [values["code"] for values in refused] == [1, 1]
    assert "does not exist" in refused[0]["what"]
    worker.say("quit")
    assert worker.join() == 0
    told = [line for line in worker.errors if line.startswith("no such command")]
    assert len(told) == len(BAD_LINES) - 2
    assert all(len(line) < 500 for line in told)
    assert not any("Traceback" in line for line in worker.errors)


@given(st.lists(st.binary(max_size=40)), st.integers(1, 9))
def test_lines_are_heard_however_they_come_in(lines: list[bytes], part: int) -> None:
    stream = io.BytesIO(b"\n".join(lines))
    heard = list(bounded_lines(lambda: stream.read(part)))
    # The last line counts where it holds anything: the input may end without a line's end.
    ended, begun = (b"\n".join(lines)).split(b"\n")[:-1], (b"\n".join(lines)).split(b"\n")[-1:]
    assert heard == [*ended, *filter(None, begun)]


def test_of_a_line_without_end_no_more_is_kept_than_a_command_has() -> None:
    parts = iter([b"x" * 1000] * 1000 + [b"\nquit\n"])
    assert [len(line) for line in bounded_lines(lambda: next(parts, b""))] == [LONGEST_LINE, 4]
