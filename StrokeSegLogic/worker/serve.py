"""The worker's life: it takes jobs one after the other, with its networks kept, until it is not needed any more."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import __version__
from ..base.errors import Cancelled
from ..base.locks import remove_if_abandoned, scratch_folder
from ..base.progress import CancelToken, Progress, ProgressCallback, hearing
from ..base.reservation import reserved
from ..nets.models.registry import KeptNetworks, keeping
from .control import Control
from .job import RECORD, REPORT, RESULT, Job, read_job
from .parent import lead_a_group
from .protocol import Emitter, described

ALIVE_EVERY_S = 2.0
"""How often a sign of life is given: a pipe that nobody reads is only noticed by writing to it."""
IDLE_S = 900.0
LAST_WORDS_S = 4.0
"""How long a cancelled job may go on once nobody waits for the worker."""
_SMALLEST_STEP = 0.002


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the worker; the exit code is that of the only job, or 0."""
    options = _parser().parse_args(arguments)
    emitter = Emitter.on_stdout()
    control = Control(options.session, options.parent, emitter.broken.is_set)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: control.end())
    leads = options.session is not None and lead_a_group()
    emitter.send("ready", pid=os.getpid(), leads_group=leads, version=__version__)
    alive, over = _sign_of_life(emitter), threading.Event()
    code = 0
    try:
        if options.job is not None:
            control.add(options.job)
        control.watch(options.lines)
        _end_when_orphaned(control, over, options.session)
        if options.session is not None:
            _import_ahead()
        with keeping(KeptNetworks()):
            for path, token in control.jobs(options.idle):
                outcome = handle(path, token, emitter)
                if options.job is not None and options.session is None and not options.lines:
                    code = outcome
                    break
    finally:
        over.set()
        alive.set()
        emitter.send("bye")
        if options.session is not None and control.orphaned:
            remove_if_abandoned(options.session)
    return code


def handle(path: Path, token: CancelToken, emitter: Emitter) -> int:
    """One job from its file to its last word; never raises.

    Returns:
        0 done, 1 bad input, 2 internal fault, 3 cancelled.
    """
    home = path.parent
    emitter.send("started", home.name)
    code, last_word, values = 2, "error", dict[str, Any]()
    try:
        job = read_job(path)
        # What is in the way of the result is met before anything is computed.
        with reserved(home / RESULT, (REPORT, RECORD), RECORD), _scratch(home):
            values = _worked(job, home, token, emitter)
        code, last_word = 0, "done"
    except Cancelled as error:
        code, last_word = error.exit_code, "cancelled"
    except Exception as error:
        values = described(error)
        code = int(values["code"])
        if code == 2:
            traceback.print_exc()
    # Said last: whoever hears it finds the folder as it stays.
    emitter.send(last_word, home.name, **values)
    return code


def _worked(job: Job, home: Path, token: CancelToken, emitter: Emitter) -> dict[str, Any]:
    """Runs a job; what is said when it is done."""
    from .run import run_job

    progress = Progress(_reporter(home.name, emitter), token)
    with hearing(progress):
        written = run_job(job, home, home / RESULT, progress)
    for warning in written.warnings:
        emitter.send("warning", home.name, text=warning)
    return {
        "record": str(written.record),
        "volumes": {key: str(file) for key, file in written.volumes.items()},
        "report": None if written.report is None else str(written.report),
    }


def _reporter(job: str, emitter: Emitter) -> ProgressCallback:
    """Says progress where it is new to a reader."""
    done, said = -1.0, ""

    def report(fraction: float, stage: str) -> None:
        nonlocal done, said
        if stage != said or fraction - done >= _SMALLEST_STEP:
            done, said = fraction, stage
            emitter.send("progress", job, fraction=round(fraction, 4), stage=stage)

    return report


@contextmanager
def _scratch(home: Path) -> Iterator[None]:
    """Inside, temporary files of all libraries lie in the job's folder; they go at the end."""
    before = tempfile.tempdir
    with scratch_folder(home) as folder:
        tempfile.tempdir = str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = before


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="strokeseg-worker", description=(__doc__ or "").strip())
    parser.add_argument("job", nargs="?", type=Path, help="a job.json to run")
    parser.add_argument("--session", type=Path, help="folder whose */job.json are run as they appear")
    parser.add_argument("--parent", type=int, help="number of a process without which the worker ends")
    parser.add_argument("--lines", action="store_true", help="take commands as lines of JSON on standard input, too")
    parser.add_argument("--idle", type=float, default=IDLE_S, help="seconds without a job after which it ends")
    return parser


def _sign_of_life(emitter: Emitter) -> threading.Event:
    over = threading.Event()

    def beat() -> None:
        while not over.wait(ALIVE_EVERY_S):
            emitter.send("alive")

    threading.Thread(target=beat, daemon=True).start()
    return over


def _end_when_orphaned(control: Control, over: threading.Event, session: Path | None) -> None:
    """Ends the process by force where a job does not heed its cancel: nobody is there any more who could."""

    def watch() -> None:
        while not over.wait(0.5):
            if control.ended:
                if not over.wait(LAST_WORDS_S):
                    if session is not None and control.orphaned:
                        remove_if_abandoned(session)
                    os._exit(3)
                return

    threading.Thread(target=watch, daemon=True).start()


def _import_ahead() -> None:
    """Brings in what every job needs while the panel is still writing the volumes; a job tells what is missing."""
    try:
        from ..nets.run import network  # noqa: F401
        from . import run  # noqa: F401
    except ImportError:
        traceback.print_exc(file=sys.stderr)
