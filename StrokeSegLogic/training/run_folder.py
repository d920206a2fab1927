"""A run's folder belongs to one recipe, and to one run at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import __version__
from ..base.errors import InputError, OutputError
from ..base.files import make_folder, read_regular, write_whole
from ..base.json_files import read_json_object
from ..base.recorded_files import fill_recorded
from ..base.records import is_there, listed, move_aside
from ..base.reservation import Reservation, holding, reserved
from ..base.settings import from_mapping

RECORD = "run.json"
"""Lists the model's files: what an earlier end of the run wrote, and a later end may replace."""
_MARK = "recipe.json"
_MODEL = ("model/model.json", "model/weights.safetensors", RECORD)
_OF_A_RUN = ("prepared", "hard-negatives.npz", "tensorboard", "*.ckpt", "*-losses.csv", "*-epochs.csv", "*-losses.png")
"""What a run writes beside its mark and its model. A split that is there is compared, not replaced."""
_LARGEST = 16 << 20


@contextmanager
def reserved_for_run(output: Path, *, overwrite: bool = False) -> Iterator[Reservation | None]:
    """Holds a run's folder for the block; None in a process beside the run's first, which holds it.

    Raises:
        OutputError: if another run holds it, it cannot be written to, or a model in it is not the run's own, unchanged.
    """
    if any(os.environ.get(rank, "0") != "0" for rank in ("RANK", "LOCAL_RANK", "SLURM_PROCID")):
        yield None
        return
    with reserved(output, _MODEL, RECORD, overwrite=overwrite) as held:
        yield held


def claim(output: Path, recipe: Any, other: str = "a run of another recipe") -> None:
    """Marks the folder as this recipe's run.

    Args:
        output: made if it is not there.
        recipe: a dataclass.
        other: what the folder holds if it is another's, in words.

    Raises:
        InputError: if it is another run's.
        OutputError: if it cannot be made or written to, or holds files that the run would write to and that are of no
            run.
    """
    make_folder(output)
    mark = output / _MARK
    content = (json.dumps(asdict(recipe), indent=2) + "\n").encode()
    if not is_there(mark):
        _require_no_others(output)
        write_whole(mark, content)
    elif read_regular(mark, _LARGEST) != content and not _says_the_same(mark, recipe):
        raise InputError(
            f"the folder holds {other}",
            where=output,
            fix="Choose another output folder, or empty it",
        )


def _says_the_same(mark: Path, recipe: Any) -> bool:
    """Whether a mark is of the same recipe, written before recipes had a field that this one leaves as it is."""
    try:
        return bool(from_mapping(type(recipe), read_json_object(mark, largest=_LARGEST), mark) == recipe)
    except InputError:
        return False


def _require_no_others(output: Path) -> None:
    theirs = sorted({path for pattern in _OF_A_RUN for path in output.glob(pattern)})
    held = holding(output)
    if theirs and (held is None or not held.overwrite):
        raise OutputError(
            f"holds {listed([path.name for path in theirs])}, which no run of a recipe has written",
            where=output,
            fix="Choose another output folder, or let them be moved aside: nothing is deleted",
            option="overwrite",
        )
    for path in theirs:
        try:
            place = move_aside(path)
        except OSError as error:
            raise OutputError(f"cannot be moved aside ({error.strerror or error})", where=path) from error
        if held is not None:
            held.notes.append(f"{path.name} moved to {place}")


def write_model(output: Path, export: Callable[[Path], object]) -> None:
    """Writes OUTPUT/model, all of it or nothing; a model that was edited since an earlier end of the run stays.

    Args:
        output: of the run.
        export: writes the model's bundle into a folder.

    Raises:
        OutputError: if it cannot be written, or a model there is not the run's own, unchanged.
    """
    fill_recorded(output, lambda draft: export(draft / "model"), RECORD, {"strokeseg": __version__})
