"""`strokeseg` and `python -m StrokeSegLogic`: the command line, from its first import on."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from .base.errors import Cancelled
from .base.faults import expected


def main() -> None:
    """Runs the command line and exits; Ctrl-C and a lack of memory are heard while the libraries come in, too."""
    from .cli.limited import is_limited, run_beside

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        if is_limited():
            sys.exit(run_beside(sys.argv[1:]))
        from .cli.main import main as command_line
    except (Exception, KeyboardInterrupt) as error:
        known = Cancelled() if isinstance(error, KeyboardInterrupt) else expected(error)
        if known is None:
            raise
        print(f"strokeseg: {known}", file=sys.stderr)
        sys.exit(known.exit_code)
    command_line()


if __name__ == "__main__":
    main()
