"""The command line under a limit of memory (`ulimit -v`): in a second process, which it may take down.

Libraries in C++ end the process, some without a word, where an allocation fails. Without a limit that does not happen:
the system ends whole processes then.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import FrameType

from ..base.errors import OutOfMemory

_INSIDE = "STROKESEG_LIMITED"


def is_limited() -> bool:
    """Whether the address space of this process is limited, and it is not yet the second process."""
    if sys.platform == "win32" or _INSIDE in os.environ:
        return False
    import resource

    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def run_beside(arguments: list[str]) -> int:
    """Runs the command line in a process of its own; the exit code is its own.

    Raises:
        OutOfMemory: if a signal ended it that nobody sent; what it said of that is left out.
    """
    sent: list[int] = []
    process = subprocess.Popen(
        [sys.executable, "-m", "StrokeSegLogic", *arguments],
        stderr=subprocess.PIPE,
        env={**os.environ, _INSIDE: "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )

    def hand_on(number: int, frame: FrameType | None) -> None:
        sent.append(number)
        process.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hand_on)
    _, said = process.communicate()
    if process.returncode < 0 and not sent:
        raise OutOfMemory
    if said:
        os.write(2, said)
    return process.returncode
