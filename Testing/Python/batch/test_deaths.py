"""How a process ended in the middle of a case is told as it was, and the case can be taken up again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from batch_runners import studies, write

from StrokeSegLogic.batch.deaths import CRASH, by_signal
from StrokeSegLogic.batch.run import run_batch

_BATCH = """
import faulthandler, os, signal, sys
from pathlib import Path
from batch_runners import write
from StrokeSegLogic.batch.cases import BatchCase
from StrokeSegLogic.batch.run import run_batch

def ends(case, folder, settings, progress):
    if sys.argv[2] == "crash":
        faulthandler._sigsegv()
    os.kill(os.getpid(), int(sys.argv[2]))

run_batch([BatchCase("a", str(Path(sys.argv[1]) / "studies" / "000"))], Path(sys.argv[1]) / "out", runner=ends)
"""


def ended(home: Path, how: str) -> int:
    """A batch whose process ends in the middle of its case; its exit code."""
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(here), str(here.parents[2])])}
    return subprocess.run(
        [sys.executable, "-c", _BATCH, str(home), how], env=environment, capture_output=True
    ).returncode


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")
@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("crash", f"crashed by signal {int(signal.SIGSEGV)} (SIGSEGV), by a library's fault"),
        ("9", "killed from outside, or the computer went down"),
        ("15", "killed from outside, or the computer went down"),
    ],
    ids=["a crash", "kill -9", "kill"],
)
def test_how_processes_ended_is_said_and_the_case_can_be_taken_up_again(tmp_path: Path, how: str, words: str) -> None:
    cases = studies(tmp_path, ["a"])
    assert ended(tmp_path, how) < 0 and ended(tmp_path, how) < 0
    (entry,) = run_batch(cases, tmp_path / "out", runner=write).entries
    assert entry.state == "failed" and f"ended 2 times in the middle of it: {words}. " in entry.reason
    assert "library" not in entry.reason or how == "crash"
    again = run_batch(cases, tmp_path / "out", runner=write, retry=True)
    assert again.counts["done"] == 1 and not (tmp_path / "out" / CRASH).exists()


def test_signals_are_called_what_they_are() -> None:
    assert by_signal(9) == "killed from outside by signal 9 (SIGKILL), by hand or by the system for lack of memory"
    assert by_signal(int(signal.SIGABRT)) == "crashed by signal 6 (SIGABRT), by a library's fault"
    assert by_signal(250) == "killed from outside by signal 250 (unknown)"
