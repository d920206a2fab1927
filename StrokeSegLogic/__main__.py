"""`strokeseg` and `python -m StrokeSegLogic`: the command line, from its first import on."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from .base.errors import Cancelled, OutOfMemory, expected

_OUT_OF_MEMORY = f"strokeseg: {OutOfMemory()}\n".encode()
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """Runs the command line and exits; Ctrl-C and a lack of memory are heard while the libraries come in, too."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = _run()
    except (Exception, KeyboardInterrupt) as error:
        try:
            known = Cancelled() if isinstance(error, KeyboardInterrupt) else expected(error)
            if known is None:
                raise
            print(f"strokeseg: {known}", file=sys.stderr)
        except MemoryError:
            # Not even for words is there any left: these are ready, and nothing is put away that would ask for more.
            os.write(2, _OUT_OF_MEMORY)
            os._exit(OutOfMemory.exit_code)
        code = known.exit_code
    if code == Cancelled.exit_code:
        # Everything is put away. Python's own end would take a second Ctrl-C, or a Ctrl-C heard inside of a
        # library's import, for its cause of death.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        os._exit(code)
    sys.exit(code)


def _run() -> int:
    from .cli.limited import is_limited, run_beside

    if is_limited():
        return run_beside(sys.argv[1:])
    from .cli.main import run

    return run(sys.argv[1:])


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
