from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import DeviceError, InputError
from StrokeSegLogic.worker.protocol import Emitter, described, parse_line

TEXTS = st.text(alphabet=st.characters(blacklist_categories=("Cs",)))


@given(stage=TEXTS, job=TEXTS)
def test_what_is_said_is_what_is_heard_in_every_script(stage: str, job: str) -> None:
    stream = io.StringIO()
    Emitter(stream).send("progress", job, fraction=0.5, stage=stage)
    line = stream.getvalue()
    assert line.isascii()
    assert line.count("\n") == 1
    event = parse_line(line)
    assert event is not None
    assert (event.name, event.job, event.values) == ("progress", job, {"fraction": 0.5, "stage": stage})


@given(line=TEXTS)
def test_any_other_line_is_no_event(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    "line", ['{"event": "done", "jo', '{"event": 3}', '{"event": "dance", "job": ""}', "", "{}", '[{"event": "done"}]x']
)
def test_half_an_event_is_none(line: str) -> None:
    assert parse_line(line) is None


def test_an_event_behind_half_a_line_of_a_library_is_heard() -> None:
    event = parse_line('loading weights ... 50%{"event": "alive", "job": ""}\n')
    assert event is not None
    assert event.name == "alive"


def test_a_pipe_that_nobody_reads_is_noticed() -> None:
    reading, writing = os.pipe()
    emitter = Emitter(os.fdopen(writing, "w"))
    os.close(reading)
    emitter.send("alive")
    emitter.send("alive")
    assert emitter.broken.is_set()


def test_standard_output_is_kept_for_events_whoever_prints() -> None:
    code = (
        "import os, subprocess, sys; from StrokeSegLogic.worker.protocol import Emitter\n"
        "e = Emitter.on_stdout(); print('python prints'); os.write(1, b'C prints\\n')\n"
        "subprocess.run([sys.executable, '-c', 'print(\"a child prints\")']); e.send('ready')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == '{"event": "ready", "job": ""}\n'
    assert {"python prints", "C prints", "a child prints"} <= set(ran.stderr.splitlines())


def test_errors_are_told_without_the_command_line_that_the_panel_has_not() -> None:
    words = described(DeviceError("no CUDA device", where="--device", fix="Use --device auto or --device cpu"))
    assert words == {"what": "no CUDA device", "where": "device", "fix": "Use device auto or device cpu", "code": 1}
    assert described(InputError("a--b is no role"))["what"] == "a--b is no role"
    assert described(ValueError("odd"))["code"] == 2
    assert "'torch' is not installed" in described(ModuleNotFoundError("no", name="torch"))["what"]
    assert "memory" in described(MemoryError())["what"]
