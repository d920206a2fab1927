"""Whether the process that wants our answers is still there."""

from __future__ import annotations

import os
import sys


def is_alive(pid: int) -> bool:
    """Whether a process of that number runs. The panel's is given by number: between it and us stands a launcher."""
    if sys.platform == "win32":
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def lead_a_group() -> bool:
    """Makes this process the head of a group of its own, by which it and all that it starts can be ended together.

    Returns:
        Whether it leads a group: not on Windows, where the tree is ended by its root.
    """
    if sys.platform == "win32":
        return False
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    return True


def _is_alive_on_windows(pid: int) -> bool:
    import ctypes

    synchronize, timed_out = 0x00100000, 0x00000102
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    handle = kernel.OpenProcess(synchronize, False, pid)
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == timed_out)
    finally:
        kernel.CloseHandle(handle)
