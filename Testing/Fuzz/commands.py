"""What is done with an input, through the product's public surface; the current folder is the input's home."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from .inputs import EXPECTED
from .outcomes import Answer, Outcome
from .worker_lines import LinesWorker

_LONGEST = 500
_WORKER = LinesWorker()


def load(*study: str) -> Answer:
    """A study is read; series whose right answer is known are held against it."""
    from StrokeSegLogic import load_case

    case = load_case(study[0] if len(study) == 1 and "=" not in study[0] else list(study))
    return _compared({role.value: series for role, series in case.series.items()})


def cli(*words: str) -> Answer:
    """A command as in a terminal, in this process."""
    from StrokeSegLogic.cli.main import main

    said, before = io.StringIO(), sys.argv
    sys.argv = ["strokeseg", *words]
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(said):
            main()
    except SystemExit as stop:
        code = stop.code
    finally:
        sys.argv = before
    return told(int(code or 0), said.getvalue())


def model(folder: str) -> Answer:
    """A model's folder is opened and its weights are read."""
    from StrokeSegLogic.nets.models.registry import find

    bundle = find(folder)
    weights = bundle.load()
    return Answer(Outcome.OK, f"{bundle.spec.name}: {len(weights)} networks")


def install(file: str) -> Answer:
    """A model's one file is installed; the store is part of the output."""
    from StrokeSegLogic.nets.models.store import install as run

    os.environ["STROKESEG_MODELS"] = "out"
    return Answer(Outcome.OK, run(Path(file)))


def pack(folder: str, file: str) -> Answer:
    """A model's folder becomes one file."""
    from StrokeSegLogic.nets.models.model_file import pack as run

    run(Path(folder), Path(file))
    return Answer(Outcome.OK)


def job(path: str) -> Answer:
    """A job as the worker runs it."""
    from StrokeSegLogic.base.progress import CancelToken
    from StrokeSegLogic.worker.protocol import Emitter, parse_line
    from StrokeSegLogic.worker.serve import handle

    said, errors = io.StringIO(), io.StringIO()
    with redirect_stderr(errors):
        code = handle(Path(path), CancelToken(), Emitter(said))
    event = parse_line(said.getvalue().splitlines()[-1])
    values = {} if event is None else event.values
    words = f"{values.get('where', '')}: {values.get('what', '')}. {values.get('fix', '')}" if code else ""
    # The panel shows its parts in a label each: a line end in them is a blank.
    return told(code, errors.getvalue() or f"strokeseg: {' '.join(words.split())}")


def lines(path: str) -> Answer:
    """Lines are said to a worker that waits for commands."""
    return _WORKER.tell(Path(path).read_bytes())


def recipe(path: str, *changes: str) -> Answer:
    """A recipe is read, with changes of the command line."""
    from StrokeSegLogic.training.recipes import read_recipe

    return Answer(Outcome.OK, read_recipe(Path(path), changes).name[:100])


def split(path: str) -> Answer:
    """A table of cases and parts is read."""
    from StrokeSegLogic.training.splits import read_split

    read_split(Path(path), {f"case_{number}": f"patient {number}" for number in range(6)})
    return Answer(Outcome.OK)


def broken(how: str) -> Answer:
    """The product as it must not be: so that the attack itself can be tested."""
    if how == "raises":
        raise ZeroDivisionError("on purpose")
    if how == "dies":
        os.abort()
    if how == "sleeps":
        time.sleep(3600)
    if how == "eats":
        return Answer(Outcome.OK, f"{len(bytes([1]) * (1 << 29))} bytes")
    if how == "writes":
        Path("elsewhere").write_text("x", encoding="utf-8")
    if how == "overwrites":
        Path("mine").write_text("x", encoding="utf-8")
    if how == "deletes":
        Path("mine").unlink()
    if how == "leaves":
        Path("out").mkdir(exist_ok=True)
        Path("out/.half.partial").write_text("x", encoding="utf-8")
    if how == "chatters":
        return told(1, "strokeseg: one line\nand another\n")
    if how == "faults":
        return told(2, "Traceback ...\nstrokeseg: this is a fault")
    return Answer(Outcome.OK)


def told(code: int, said: str) -> Answer:
    """The outcome of an exit code and what was written to standard error."""
    words = said.strip()
    if code == 0:
        return Answer(Outcome.OK)
    if "MemoryError" in words or "too little memory" in words:
        return Answer(Outcome.MEMORY, words[-1500:])
    if code != 1 or "Traceback" in words:
        return Answer(Outcome.TRACEBACK, f"exit code {code}: {words[-1500:]}")
    if "\n" in words or len(words) >= _LONGEST or not words.startswith("strokeseg: "):
        return Answer(Outcome.WORDS, words[:1500])
    return Answer(Outcome.ERROR, words)


def _compared(series: dict[str, Any]) -> Answer:
    path = Path("..", EXPECTED)
    if not path.exists():
        return Answer(Outcome.OK, ", ".join(series))
    with np.load(path) as known:
        for name in known.files:
            role, _, what = name.rpartition(" ")
            if role not in series:
                return Answer(Outcome.WRONG, f"no series {role}; there are {', '.join(series)}")
            found = _aspect(series[role], what)
            right = known[name]
            if found.shape != right.shape:
                return Answer(Outcome.WRONG, f"{name}: shape {found.shape}, not {right.shape}")
            if not np.allclose(found, right, rtol=1e-4, atol=1e-3, equal_nan=True):
                return Answer(Outcome.WRONG, f"{name}: {_shown(found)}, not {_shown(right)}")
    return Answer(Outcome.OK, ", ".join(series))


def _aspect(series: Any, what: str) -> np.ndarray:
    import SimpleITK as sitk

    if what == "times":
        return np.asarray(series.times_s, float)
    image = series.image
    if what == "voxels":
        return np.asarray(sitk.GetArrayFromImage(image))
    size = image.GetDimension()
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (size, size))[:3, :3] * image.GetSpacing()[:3]
    affine[:3, 3] = image.GetOrigin()[:3]
    return affine


def _shown(array: np.ndarray) -> str:
    return np.array2string(array.ravel()[:16], precision=4, threshold=16)


COMMANDS: dict[str, Callable[..., Answer]] = {
    "load": load,
    "cli": cli,
    "model": model,
    "install": install,
    "pack": pack,
    "job": job,
    "lines": lines,
    "recipe": recipe,
    "split": split,
    "broken": broken,
}
