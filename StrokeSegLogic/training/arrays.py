"""Arrays that lie on disk as numpy writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..base.errors import InputError
from ..base.files import require_file

_TRIES = 5
Read = TypeVar("Read")


def open_array(path: Path, dimensions: int, fix: str) -> np.ndarray:
    """A .npy file as a read-only map.

    Args:
        path: of the file.
        dimensions: that the array must have.
        fix: what to do about a damaged file.

    Raises:
        InputError: if it is missing or damaged, or holds anything but numbers in so many dimensions.
    """
    require_file(path)
    try:
        array = _steadily(lambda: np.load(path, mmap_mode="r"))
        whole = isinstance(array, np.ndarray) and array.ndim == dimensions and array.dtype.kind in "biuf"
    except Exception as error:
        # Of the header, which is Python's own notation, of a size beyond the file, of an archive under that name.
        raise InputError(f"is no array ({error})", where=path, fix=fix) from error
    if not whole:
        raise InputError(f"holds no numbers in {dimensions} dimensions", where=path, fix=fix)
    return array


def _steadily(read: Callable[[], Read]) -> Read:
    """What is read, read again where Python itself stumbled over an array's header.

    The header is Python's own notation, and CPython's parser may miscount its depth where another thread parses at the
    same time (SystemError "AST constructor recursion depth mismatch"; seen with 3.11.7 on a busy machine).
    """
    for _ in range(_TRIES - 1):
        with suppress(SystemError):
            return read()
    return read()


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Arrays of a .npz file.

    Raises:
        InputError: if it is missing or damaged, or lacks one of them.
    """
    fix = "Copy the file again"
    require_file(path)
    try:
        with np.load(path) as store:
            return _steadily(lambda: {name: store[name] for name in names})
    except KeyError as error:
        raise InputError(f"holds no array {error}", where=path, fix=fix) from error
    except Exception as error:
        # A damaged archive fails in as many ways as it has parts; a .npy under that name is no archive at all.
        raise InputError(f"is no archive of arrays ({error})", where=path, fix=fix) from error
