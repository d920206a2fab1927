"""Commands in processes of their own that get a signal at a stage, whatever else the machine does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

_SIGNALLED_AT = """
import os, sys
from StrokeSegLogic.__main__ import main
from StrokeSegLogic.base.progress import Progress

number, stage = int(sys.argv[1]), sys.argv[2]
del sys.argv[1:3]
tell = Progress.__call__

def tell_and_signal(self, fraction, message):
    tell(self, fraction, message)
    if stage in message:
        os.kill(os.getpid(), number)

Progress.__call__ = tell_and_signal
main()
"""


def signalled_at(
    number: signal.Signals, stage: str, *arguments: str | Path, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """`strokeseg` with these arguments, in a folder, which gets a signal as soon as it tells of a stage."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", _SIGNALLED_AT, str(int(number)), stage, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=folder)


def killed_at(stage: str, *arguments: str | Path) -> None:
    """`strokeseg` with these arguments, killed as soon as it tells of a stage."""
    done = signalled_at(signal.SIGKILL, stage, *arguments)
    assert done.returncode == -signal.SIGKILL, done.stderr
