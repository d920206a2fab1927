"""A disk on which no file grows beyond some bytes: the system's own refusal, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

_LIMITED = """
import resource, runpy, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as the write's own error, EFBIG
limit, sys.argv = int(sys.argv[1]), sys.argv[2:]
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
if sys.argv[0] == "-c":
    exec(sys.argv[1])
else:
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def run_limited(limit: int, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Python with those arguments ("-c CODE" or "-m MODULE ...") where no file may grow beyond `limit` bytes."""
    command = [sys.executable, "-c", _LIMITED, str(limit), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
