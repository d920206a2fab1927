"""A case as networks see it, in a folder of arrays: written whole, read as maps of the files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import OutputError
from ..base.files import write_whole
from .arrays import open_array

MARK = "case.json"
"""Written last: a folder that has it is whole."""
PREPARE_AGAIN = "Delete the case's folder and run the same command again: it is prepared anew"


class PreparedArrays:
    """The arrays of a prepared case, opened as read-only maps.

    Attributes:
        folder: of its arrays.

    Raises:
        InputError: from any array, if its file is damaged.
    """

    folder: Path

    @property
    def images(self) -> np.ndarray:
        """float16 (C, z, y, x), normalised."""
        return open_array(self.folder / "images.npy", 4, PREPARE_AGAIN)

    @property
    def labels(self) -> np.ndarray:
        """uint8 (z, y, x)."""
        return open_array(self.folder / "labels.npy", 3, PREPARE_AGAIN)

    @property
    def brain(self) -> np.ndarray:
        """bool (z, y, x): where networks look."""
        return open_array(self.folder / "brain.npy", 3, PREPARE_AGAIN)


def write_prepared(folder: Path, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
    """Writes a prepared case's folder, all of it or nothing.

    Args:
        folder: replaced if it is there.
        arrays: each goes into NAME.npy; images as float16.
        record: JSON-ready, of the mark.

    Raises:
        OutputError: if it cannot be written.
    """
    aside = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        for name, array in arrays.items():
            np.save(aside / f"{name}.npy", array.astype(np.float16) if name == "images" else array)
        write_whole(aside / MARK, json.dumps(record).encode())
        shutil.rmtree(folder, ignore_errors=True)
        aside.replace(folder)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise OutputError(
            f"the prepared case cannot be written ({error.strerror or error})",
            where=folder,
            fix="Free some space and run the same command again: it goes on where it stopped",
        ) from error
