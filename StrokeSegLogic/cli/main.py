"""Entry point: commands, one-line errors, exit codes 0 done, 1 bad input, 2 internal fault, 3 cancelled."""

from __future__ import annotations

import sys
import traceback

import typer

from ..errors import StrokeSegError
from .demo import demo
from .segment import segment
from .train import train

app = typer.Typer(
    help="Ischemic stroke segmentation on MRI. Research use only: not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(segment)
app.command()(demo)
app.command()(train)

BAD_INPUT, FAULT, CANCELLED = 1, 2, 3
# What typer exits with of itself: a wrong option, and Ctrl-C before or during a command of its own.
_TYPER_USAGE_ERROR, _INTERRUPTED = 2, 130


def main() -> None:
    """Runs the command line and exits."""
    sys.exit(_run())


def _run() -> int:
    try:
        app()
    except SystemExit as stop:
        # A wrong option is bad input like any other; 2 is kept for our own faults.
        return {_TYPER_USAGE_ERROR: BAD_INPUT, _INTERRUPTED: CANCELLED}.get(stop.code, stop.code) or 0  # type: ignore
    except KeyboardInterrupt:
        return CANCELLED
    except StrokeSegError as error:
        print(f"strokeseg: {error}", file=sys.stderr)
        return error.exit_code
    except Exception:
        traceback.print_exc()
        print("strokeseg: this is a fault of StrokeSeg's; please report it with the lines above", file=sys.stderr)
        return FAULT
    return 0
