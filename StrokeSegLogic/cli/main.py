"""Entry point: commands, one-line errors, exit codes 0 done, 1 bad input, 2 internal fault, 3 cancelled."""

from __future__ import annotations

import sys
import traceback

import typer

from ..base.errors import StrokeSegError
from .dataset import app as dataset
from .demo import demo
from .evaluate import evaluate
from .experiment import experiment
from .perfusion import perfusion
from .segment import segment
from .train import predict, train

app = typer.Typer(
    help="Ischemic stroke segmentation on MRI and CT perfusion. Research use only: not a medical device.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(segment)
app.command()(perfusion)
app.command()(demo)
app.command()(train)
app.command()(predict)
app.command()(evaluate)
app.command()(experiment)
app.add_typer(dataset, name="dataset")

BAD_INPUT, FAULT, CANCELLED = 1, 2, 3
_SHORTER = {"minimum_lesion_ml": "minimum_lesion"}
# Typer brings its own copy of click or uses the installed one: a wrong option's error is the base of BadParameter.
_WrongCommand = typer.BadParameter.__mro__[2]


def main() -> None:
    """Runs the command line and exits."""
    sys.exit(_run())


def flag(option: str) -> str:
    """How the command line calls a setting ("route" is `--route`)."""
    return "--" + _SHORTER.get(option, option).replace("_", "-")


def _run() -> int:
    try:
        return int(app(sys.argv[1:] or ["--help"], standalone_mode=False) or 0)
    except StrokeSegError as error:
        return _say(error.said(flag), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _say("cancelled.", CANCELLED)
    except Exception as error:
        if isinstance(error, _WrongCommand):
            # A wrong option is bad input like any other.
            return _say(f"{error.format_message()} See strokeseg --help.", BAD_INPUT)  # type: ignore[attr-defined]
        traceback.print_exc()
        return _say("this is a fault of StrokeSeg's; please report it with the lines above", FAULT)


def _say(words: str, code: int) -> int:
    print(f"strokeseg: {' '.join(words.split())}", file=sys.stderr)
    return code
