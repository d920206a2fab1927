from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import DeviceError, InputError, StrokeSegError
from StrokeSegLogic.worker.protocol import Emitter, Fault, described, error_of, parse_line

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
    "line",
    [
        *('{"event": "done", "jo', '{"event": 3}', '{"event": "dance", "job": ""}', "", "{}", '[{"event": "done"}]x'),
        # What a library prints must not end the thread that listens.
        *('{"event": ' + "[" * 100_000, '{"event": ' + "[" * 900 + "]" * 900 + "}", '{"event": ' + "9" * 5000 + "}"),
    ],
    ids=lambda line: line[:40],
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


@pytest.mark.parametrize(
    "error",
    [
        DeviceError("no CUDA device", option="device", fix="Use auto or cpu"),
        InputError("is empty", where="a.nii.gz", roles=("DWI", "FLAIR")),
        InputError("a--b is no role"),
    ],
)
def test_an_error_is_heard_as_it_was_told(error: StrokeSegError) -> None:
    heard = error_of(json.loads(json.dumps(described(error))), ["a line of the log"])
    assert (heard.what, heard.where, heard.fix, heard.option, heard.roles, heard.exit_code) == (
        error.what,
        error.where,
        error.fix,
        error.option,
        error.roles,
        1,
    )
    assert str(heard) == str(error)


def test_a_fault_is_told_with_the_last_lines_of_the_log() -> None:
    heard = error_of(described(ValueError("odd")), ["loading", "odd"])
    assert isinstance(heard, Fault) and (heard.exit_code, heard.log) == (2, ("loading", "odd"))
    assert "ValueError: odd" in heard.what and "report it" in str(heard.fix)


def test_what_a_user_can_mend_is_told_in_words() -> None:
    assert "'torch' is not installed" in described(ModuleNotFoundError("no", name="torch"))["what"]
    assert "memory" in described(MemoryError())["what"]
