"""Checkpoints: written whole or not at all, read without running code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ..base.errors import InputError, OutputError, within_memory
from ..base.files import written_aside


def save(path: Path, state: dict[str, Any]) -> None:
    """Writes a state of tensors, numbers, text, lists and dicts beside the last good file and takes its place.

    Raises:
        OutputError: if it cannot be written; the last good file stays.
    """
    try:
        with written_aside(path) as file:
            torch.save(state, file)
    except (OSError, RuntimeError) as error:
        # torch buries the system's error under its own.
        raise OutputError(
            f"the checkpoint cannot be written ({_reason(error)})",
            where=path,
            fix="Free some space and run the same command again: it goes on from the last good checkpoint",
        ) from error


def _reason(error: BaseException) -> str:
    deeper: BaseException | None = error
    while deeper is not None:
        if isinstance(deeper, OSError):
            return deeper.strerror or str(deeper)
        deeper = deeper.__context__
    return str(error)


def load(path: Path) -> dict[str, Any] | None:
    """The state of a checkpoint on the CPU; None without a file.

    Raises:
        InputError: if the file is damaged.
    """
    if not path.is_file():
        return None
    # Memory that is lacking is no reason to delete a checkpoint.
    with within_memory(path):
        try:
            # weights_only: tensors and plain numbers, no code, even though the file is our own.
            return torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:
            # A damaged archive fails in as many ways as it has parts.
            raise InputError(
                f"the checkpoint cannot be read ({type(error).__name__})",
                where=path,
                fix="Delete it: the stage begins again from what came before it",
            ) from error
