"""The attack in earnest, as much of it as fits into `make test-slow`; `make fuzz` and `make fuzz-kills` do more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from Fuzz.driver import environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(sys.platform != "linux", reason="memory and processes are watched through /proc"),
]
TRAINING = Path(__file__).parents[1] / "training"


def ran(module: str, *options: str) -> str:
    """A module of the attack in a process of its own, which must end well; what it says."""
    values = environment()
    values["PYTHONPATH"] += f":{TRAINING}"
    command = [sys.executable, "-m", module, *options]
    done = subprocess.run(command, capture_output=True, text=True, env=values, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


def test_two_thousand_inputs_end_in_an_answer_or_a_clear_error(tmp_path: Path) -> None:
    said = ran("Fuzz", "--inputs", "2000", "--seconds", "3000", "--seed", "7", "--findings", str(tmp_path))
    assert "2000 inputs of seed 7" in said


@pytest.mark.parametrize(("command", "kills"), [("segment", 10), ("train", 3)])
def test_killed_runs_leave_a_whole_result_and_the_next_run_the_same_as_an_unkilled_run(
    command: str, kills: int
) -> None:
    said = ran("Fuzz.kills", command, "--kills", str(kills))
    assert said.strip().endswith(f"{command}: {kills} kills after which all was well")


def test_twenty_cases_in_one_process_leave_no_memory_behind() -> None:
    assert "20 cases" in ran("Fuzz.memory_slope", "--cases", "20")
