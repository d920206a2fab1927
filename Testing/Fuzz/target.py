"""The process that the product runs in: it takes inputs on standard input and says what came of each.

Started as `python -m Fuzz.target`. A parent imports the product once and forks a child that does the work; when a child
dies, that is said, and the next is there at once. One JSON object a line: {"home": ..., "command": [...],
"voxels": ...} in, {"outcome": ..., "words": ...} out; {"ready": PID} when a child begins.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import shutil
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import Any

from .outcomes import Answer, Outcome

_LIFE = 3000
"""Inputs that one child takes: what a library keeps must not look like the next input's memory."""
_FREE_MB = 200
_NETWORKS_MB = 200
"""What a job may take beside that: a job that names no model of the attack's runs the bundled networks."""
_LIMIT_MB = 1500
"""Address space beyond what the child has when it begins; what is claimed beyond is a MemoryError."""
_TEMPORARY = "tmp"
TORCH_CACHE = "torchinductor_"
"""Made by torch for the user's next process, in whatever temporary folder there is when it is imported."""


def main() -> None:
    _import_product()
    out = os.dup(1)
    # What libraries print must not mix with the answers.
    os.dup2(2, 1)
    while True:
        child = os.fork()
        if not child:
            _child(out)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            return
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 3:
            continue
        words = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        _say(out, {"outcome": Outcome.CRASH.value, "words": words})


def _import_product() -> None:
    """What inputs need again and again, before the fork; threads that libraries start come after it."""
    import SimpleITK as sitk
    import torch
    from network_guard import loopback

    import StrokeSegLogic.cli.main
    import StrokeSegLogic.mri.engine
    import StrokeSegLogic.training.recipes
    import StrokeSegLogic.worker.run
    import StrokeSegLogic.worker.serve  # noqa: F401

    if loopback.RECORD not in os.environ:
        # An input that makes the product leave the machine ends the child, and is a finding.
        loopback.install(Path(os.devnull))
    torch.set_num_threads(1)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    warnings.simplefilter("ignore")


def _child(out: int) -> None:
    code = 1
    try:
        faulthandler.enable()
        room = _status("VmSize") + (_LIMIT_MB << 10)
        resource.setrlimit(resource.RLIMIT_AS, (room << 10, room << 10))
        _say(out, {"ready": os.getpid()})
        for _ in range(_LIFE):
            line = _line()
            if not line:
                code = 0
                break
            _say(out, _answered(json.loads(line)))
        else:
            code = 3
    finally:
        os._exit(code)


def _line() -> bytes:
    """The next line, and not a byte beyond it: that would be lost with this child."""
    found = bytearray()
    while not found.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            return b""
        found += piece
    return bytes(found)


def _say(out: int, values: dict[str, Any]) -> None:
    os.write(out, json.dumps(values).encode("ascii") + b"\n")


def _answered(order: dict[str, Any]) -> dict[str, Any]:
    home = Path(order["home"])
    os.chdir(home)
    temporary = home.parent / _TEMPORARY
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    os.environ |= {"TMPDIR": str(temporary), "HOME": str(home), "STROKESEG_MODELS": str(home / "store")}
    tempfile.tempdir = None
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    answer = run(order["command"])
    grown = (_status("VmHWM") - before) >> 10
    most = _FREE_MB + 3 * 4 * order["voxels"] / 2**20 + (_NETWORKS_MB if order["command"][0] == "job" else 0)
    if answer.outcome in (Outcome.OK, Outcome.ERROR) and grown > most:
        answer = Answer(Outcome.MEMORY, f"{grown} MB for an input of {most:.0f} MB; {answer.words}")
    left = sorted(path.name for path in temporary.iterdir() if not path.name.startswith(TORCH_CACHE))
    shutil.rmtree(temporary)
    if answer.outcome in (Outcome.OK, Outcome.ERROR) and left:
        answer = Answer(Outcome.LEFTOVER, f"in the temporary folder: {', '.join(left)[:300]}")
    return {"outcome": answer.outcome.value, "words": answer.words}


def run(command: list[str]) -> Answer:
    """What comes of a command: never an exception."""
    from StrokeSegLogic.base.errors import StrokeSegError

    from .commands import COMMANDS, told

    try:
        return COMMANDS[command[0]](*command[1:])
    except StrokeSegError as error:
        if isinstance(error.__cause__ or error.__context__, MemoryError):
            return Answer(Outcome.MEMORY, str(error))
        return told(error.exit_code, f"strokeseg: {error}")
    except MemoryError as error:
        return Answer(Outcome.MEMORY, _place(error))
    except Exception as error:
        return Answer(Outcome.TRACEBACK, _place(error))


def _place(error: BaseException) -> str:
    """The exception and the last places that it came through."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{type(error).__name__}: {str(error)[:300]} at {places}"


def _status(field: str) -> int:
    """A figure of this process in kB."""
    text = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(text.partition(f"{field}:")[2].split()[0])


if __name__ == "__main__":
    main()
