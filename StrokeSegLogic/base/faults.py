"""What libraries and the system raise, told in words that a user can act on."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError, StrokeSegError

_NO_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "failed to allocate memory",
    "not enough memory",
    "unable to allocate",
    "std::bad_alloc",
    "could not create a primitive",
    "can't start new thread",
    "failed to map segment",
    "memoryerror",
    "error -4 while",
)
"""Words of torch, oneDNN, ITK, NumPy, zlib, Python and the loader of libraries for memory that there is none of."""


class OutOfMemory(StrokeSegError):
    """The computer, or the limit that this process runs under, has too little memory for the case, or for a file."""

    def __init__(self, where: str | Path | None = None) -> None:
        super().__init__(
            "there is too little memory for this case" if where is None else "needs more memory than there is",
            where=where,
            fix="Close other programs, raise the limit that this one runs under, or give volumes cut to the head",
        )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory was lacking: Python and CUDA have classes for it, all other libraries only words."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    words = str(error).lower()
    kinds = RuntimeError, OSError, ImportError, zlib.error
    return isinstance(error, kinds) and any(one in words for one in _NO_MEMORY)


def is_for_lack_of_memory(error: BaseException) -> bool:
    """Whether memory was lacking for this error or for one that it came out of, however that was worded since."""
    seen: BaseException | None = error
    while seen is not None:
        if is_out_of_memory(seen):
            return True
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return False


@contextmanager
def within_memory(where: str | Path) -> Iterator[None]:
    """What cannot be read for lack of memory is said to be so, with the file, and not to be damaged.

    Raises:
        OutOfMemory: if an error comes out of the block that stands for it, whoever worded it.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OutOfMemory) or not is_for_lack_of_memory(error):
            raise
        raise OutOfMemory(where) from error


def expected(error: BaseException) -> StrokeSegError | None:
    """The fault in words that a user can act on; None for a fault of StrokeSeg's own.

    An error that came out of another one, as of a library that wraps what it catches, is understood by its cause.
    """
    if isinstance(error, StrokeSegError):
        return error
    if is_for_lack_of_memory(error):
        return OutOfMemory()
    if isinstance(error, RecursionError):
        return InputError("the input is nested too deeply to be read", fix="Check the files, or leave the odd one out")
    if isinstance(error, OSError) and error.errno is not None:
        # Names too long, disks full, rights taken away in the middle of the work: nobody can foresee them all.
        refused = error.strerror or type(error).__name__
        return StrokeSegError(
            f"the system refuses it ({refused})",
            where=None if error.filename is None else os.fsdecode(error.filename),
            fix="Check the path, the rights on it, and the space on its disk",
        )
    if isinstance(error, ValueError) and "embedded null" in str(error):
        return InputError("a name of a file holds a NUL character", fix="Check the names that are given")
    if isinstance(error, ModuleNotFoundError):
        return InputError(
            f"the package '{error.name}' is not installed", fix="Install the packages that StrokeSeg needs"
        )
    if isinstance(error, ImportError):
        # Where memory is short, a loader may say no more than that.
        return StrokeSegError(
            f"a library cannot be loaded ({error})",
            fix="Close other programs or raise the limit of memory; if it stays, install StrokeSeg's packages again",
        )
    return None
