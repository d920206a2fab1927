"""Ending a process with all that it started; Slicer's Python runs below a launcher that does not pass a signal on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_PATIENCE_S = 3.0


def end_tree(process: subprocess.Popen[str], worker: int | None) -> None:
    """Ends a process and its descendants at once, and waits until it is gone.

    Args:
        process: the launcher.
        worker: number of the worker below it, as far as it has told; it may have outlived the launcher.
    """
    roots = {process.pid} | ({worker} if worker is not None else set())
    if sys.platform == "win32":
        for pid in roots:
            hidden = subprocess.CREATE_NO_WINDOW
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(pid)], capture_output=True, creationflags=hidden)
    else:
        for pid in _with_descendants(roots if process.poll() is None else roots - {process.pid}):
            _kill(pid)
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        # It hangs in the kernel, on a disk or a driver: nothing more can be done from here.
        return


def _with_descendants(roots: Iterable[int]) -> list[int]:
    """The processes and all below them, parents first."""
    children = defaultdict(list)
    for pid, parent in _parents().items():
        children[parent].append(pid)
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.append(pid)
            waiting += children[pid]
    return found


def _parents() -> dict[int, int]:
    """The parent of every process."""
    proc = Path("/proc")
    if (proc / "self" / "stat").exists():
        found = {}
        for folder in proc.iterdir():
            if folder.name.isdigit():
                try:
                    # The name in brackets may hold anything, brackets too.
                    rest = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
                except OSError:
                    continue  # gone in the meantime
                found[int(folder.name)] = int(rest.split()[1])
        return found
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True).stdout
    return {int(pid): int(parent) for pid, parent in (line.split() for line in listed.splitlines())}


def _kill(pid: int) -> None:
    if sys.platform == "win32":
        return
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
