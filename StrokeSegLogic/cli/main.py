"""Entry point: commands, one-line errors, exit codes 0 done, 1 bad input, 2 internal fault, 3 cancelled."""

from __future__ import annotations

import re
import signal
import sys
import threading
import traceback
from contextlib import nullcontext

import typer

from ..base.errors import InputError, expected
from .adapt import adapt
from .batch import batch
from .compare import compare
from .dataset import app as dataset
from .demo import demo
from .evaluate import evaluate
from .experiment import experiment
from .perfusion import perfusion
from .review import app as review
from .segment import segment
from .terminal import lasting_streams, on_signals
from .train import predict, train

app = typer.Typer(
    help="Ischemic stroke segmentation on MRI and CT perfusion. Research use only: not a medical device.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(segment)
app.command()(perfusion)
app.command()(batch)
app.command()(compare)
app.command()(demo)
app.command()(train)
app.command()(adapt)
app.command()(predict)
app.command()(evaluate)
app.command()(experiment)
app.add_typer(dataset, name="dataset")
app.add_typer(review, name="review")

BAD_INPUT, FAULT, CANCELLED = 1, 2, 3
_SHORTER = {"minimum_lesion_ml": "minimum_lesion"}
_IN_STUDY = {"sequence": "SEQUENCE=FILE", "unit": "SEQUENCE=FILE@UNIT", "colour_range": "SEQUENCE=FILE@LOW..HIGH"}
"""What a user says of an input behind its name, not by a flag."""
_INTERRUPTED = 130
"""What Typer makes of a KeyboardInterrupt."""
_NOTHING_GIVEN = re.compile(r"(--[\w-]+|\w+)=")
# Typer brings its own copy of click or uses the installed copy: a wrong option's error is the base of BadParameter.
_WrongCommand = typer.BadParameter.__mro__[2]


def main() -> None:
    """Runs the command line and exits."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs the command line; its exit code."""
    # Commands that are too short for a `job` are stopped, too; only the main thread may listen.
    main_thread = threading.current_thread() is threading.main_thread()
    with lasting_streams(), on_signals(signal.default_int_handler) if main_thread else nullcontext():
        return _run(arguments)


def flag(option: str) -> str:
    """How the command line calls a setting ("route" is `--route`)."""
    return _IN_STUDY.get(option) or "--" + _SHORTER.get(option, option).replace("_", "-")


def _run(arguments: list[str]) -> int:
    try:
        _require_no_unset_variable(arguments)
        code = int(app(arguments or ["--help"], standalone_mode=False) or 0)
        if code == _INTERRUPTED:
            raise KeyboardInterrupt
        return code
    except (KeyboardInterrupt, typer.Abort):
        return _say("cancelled.", CANCELLED)
    except Exception as error:
        known = expected(error)
        if known is not None:
            return _say(known.said(flag), known.exit_code)
        if isinstance(error, _WrongCommand):
            # A wrong option is bad input like any other.
            words = InputError(error.format_message(), fix="See strokeseg --help")  # type: ignore[attr-defined]
            return _say(str(words), BAD_INPUT)
        traceback.print_exc()
        return _say("this is a fault of StrokeSeg's; please report it with the lines above", FAULT)


def _require_no_unset_variable(arguments: list[str]) -> None:
    """Refuses empty words: no option has a use for them, and as a path they are the user's current folder.

    Raises:
        InputError: if a word, or what stands behind the = of an option or a role, is empty.
    """
    for before, word in zip(["", *arguments], arguments, strict=False):
        empty = not word.strip() or (_NOTHING_GIVEN.fullmatch(word) and before != "--set")
        if empty:
            where = word.strip() or (before if before.startswith("-") else "an argument")
            raise InputError("is empty", where=where, fix="Give a value, or set the shell's variable that stands there")


def _say(words: str, code: int) -> int:
    print(f"strokeseg: {' '.join(words.split())}", file=sys.stderr)
    return code
