"""Commands in processes of their own that are killed at a stage, whatever else the machine does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

_DIES_AT = """
import os, signal, sys
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.cli.main import run

tell = Progress.__call__

def tell_and_die(self, fraction, message):
    tell(self, fraction, message)
    if sys.argv[1] in message:
        os.kill(os.getpid(), signal.SIGKILL)

Progress.__call__ = tell_and_die
sys.exit(run(sys.argv[2:]))
"""


def killed_at(stage: str, *arguments: str | Path) -> None:
    """`strokeseg` with these arguments, killed as soon as it tells of a stage."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", _DIES_AT, stage, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
