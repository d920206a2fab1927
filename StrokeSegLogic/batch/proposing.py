"""The process that makes a review's proposals for the panel: one review, then it ends.

Started by its path, it says the worker's lines (`worker/protocol.py`): "progress", and "done" or "error" in the end.
What has become of a case is read in the review's records. It may be ended at any point: what was made is kept, and the
next call goes on.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path

if __package__ in (None, ""):
    # As in worker/__main__.py: neither this folder nor the package's home may hide a library.
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    home = str(here.parents[1])
    sys.path.insert(0, home)
    importlib.import_module("StrokeSegLogic")
    sys.path.remove(home)
    sys.path.append(home)

from StrokeSegLogic.base.progress import CancelToken, Progress, hearing
from StrokeSegLogic.base.settings import DEVICES
from StrokeSegLogic.worker.parent import is_alive, lead_a_group
from StrokeSegLogic.worker.protocol import Emitter, described

_LOOK_S = 1.0
"""Between two looks whether the panel is still there."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes what is missing; 0, or the error's exit code."""
    parser = argparse.ArgumentParser(prog="proposing")
    parser.add_argument("review", type=Path)
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--parent", type=int, default=0)
    options = parser.parse_args(arguments)
    emitter = Emitter.on_stdout()
    emitter.send("ready", pid=os.getpid(), leads_group=lead_a_group())
    token = CancelToken()
    threading.Thread(target=_watch, args=(options.parent, emitter, token), daemon=True).start()
    progress = Progress(lambda fraction, stage: emitter.send("progress", fraction=fraction, stage=stage), token)
    try:
        from StrokeSegLogic.batch.proposals import batch_proposer
        from StrokeSegLogic.outputs.settings import StudySettings
        from StrokeSegLogic.review.folder import ReviewFolder
        from StrokeSegLogic.review.proposals import propose

        proposer = batch_proposer(StudySettings(device=options.device), retry=options.again)
        with hearing(progress):
            problems = propose(ReviewFolder.find(options.review), proposer, progress, again=options.again)
    except Exception as error:
        values = described(error)
        if values["code"] == 2:
            traceback.print_exc()
        emitter.send("error", **values)
        return int(values["code"])
    emitter.send("done", problems=problems)
    return 0


def _watch(parent: int, emitter: Emitter, token: CancelToken) -> None:
    """Ends the work, and soon after the process, once nobody waits for it."""
    pause = threading.Event()
    while not (emitter.broken.is_set() or (parent and not is_alive(parent))):
        pause.wait(_LOOK_S)
        emitter.send("alive")
    token.cancel()
    pause.wait(10 * _LOOK_S)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
