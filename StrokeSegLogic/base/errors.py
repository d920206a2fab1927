"""Errors that a user can act on: what is wrong, where, what to do; what libraries and the system raise, told so."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 480
"""Characters of a whole message, with room for the program's name before it: it is read in one look, whatever a file's
name or a value in it brought in."""
_LONGEST_PLACE = 150
_LONGEST_ADVICE = 130
_LONGEST_OPTION = 40
"""Room for the name that a window or a command line has for a setting."""


_VERBS = frozenset({"is", "are", "has", "holds", "does", "may", "would", "needs", "shows", "makes", "cannot"})
"""That `what` may begin with, where the place is its subject."""


class StrokeSegError(Exception):
    """Base of all expected faults.

    Args:
        what: what is wrong, in one clause without a full stop.
        where: the file or series that it was found in.
        fix: what the user can do about it. It names no flag and no widget: those belong to who shows it.
        option: the setting that is wrong or that the fix changes, by its name in Python ("route", "device").
        roles: names of the inputs that it is about.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | Path | None = None,
        fix: str | None = None,
        option: str | None = None,
        roles: Iterable[str] = (),
    ) -> None:
        self.what = _one_line(what)
        self.where = None if where is None else _one_line(str(where))
        self.fix = None if fix is None else _one_line(fix)
        self.option = option
        self.roles = tuple(roles)
        # As the longest wording of an option has it.
        longest = LONGEST - (_LONGEST_OPTION if option else 0)
        if len(str(self)) > longest:
            # A path tells most at its end, a list at its beginning.
            if self.where is not None:
                self.where = shortened(self.where, _LONGEST_PLACE, end=True)
            self.fix = None if self.fix is None else shortened(self.fix, _LONGEST_ADVICE)
            self.what = shortened(self.what, max(longest - (len(str(self)) - len(self.what)), 0))
        super().__init__(str(self))

    def __str__(self) -> str:
        return self.said()

    @property
    def clause(self) -> str:
        """What is wrong as a clause of its own, for a sentence that has named the place already."""
        return f"it {self.what}" if self.what.split(" ", 1)[0] in _VERBS else self.what

    def said(self, option_name: Callable[[str], str] = str) -> str:
        """The error in one line.

        Args:
            option_name: how the reader knows a setting: the flag of a command line, the label of a widget.
        """
        option = option_name(self.option) if self.option else ""
        where, fix = self.where or option, (self.fix or "").rstrip(".")
        if option and self.where:
            # The place is taken: the option stands with what to do about it.
            fix = f"{fix} ({option})" if fix else f"See {option}"
        place, advice = f"{where}: " if where else "", f" {fix}." if fix else ""
        return f"{place}{self.what.rstrip('.')}.{advice}"


def shortened(text: str, most: int, *, end: bool = False) -> str:
    """The text cut to so many characters, an ellipsis where something is missing: behind, or before its end."""
    if len(text) <= most:
        return text
    return f"…{text[len(text) - most + 1 :]}" if end else f"{text[: max(most - 1, 0)]}…"


def _one_line(text: str) -> str:
    """The text without line ends, and with what no terminal or file can show spelled out."""
    # Of 10 MB no more is looked at than could be shown.
    if len(text) > 2 * LONGEST:
        text = f"{text[:LONGEST]} … {text[-LONGEST:]}"
    return printable(" ".join(text.split()))


class InputError(StrokeSegError):
    """A study, volume, role or option that cannot be used."""


class ModelError(StrokeSegError):
    """A model that is unknown, damaged, or does not fit the inputs."""


class DeviceError(StrokeSegError):
    """A compute device that was asked for and is not there or not sufficient."""


class OutputError(StrokeSegError):
    """A result that cannot be written."""


class Cancelled(StrokeSegError):
    """The user stopped the run."""

    exit_code = 3

    def __init__(self) -> None:
        super().__init__("cancelled")


_UNDECODABLE = range(0xDC80, 0xDD00)
"""What Python puts in place of a byte (0x80 to 0xFF) of a file name that is no text."""


def printable(text: str) -> str:
    """The text with everything that no terminal, XML or UTF-8 file takes written as an escape.

    A byte of a file name that could not be decoded becomes \\xNN, a control character and a lone surrogate what Python
    writes for it. Letters of any script stay, and so does all white space of one line.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    if ord(character) in _UNDECODABLE:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return " " if character.isspace() else character.encode("unicode_escape").decode("ascii")


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
    "error return without exception set",
)
"""Words of torch, oneDNN, ITK, NumPy, zlib, Python and the loader of libraries for memory that there is none of."""


class OutOfMemory(StrokeSegError):
    """The computer, or the limit that this process runs under, has too little memory for the case, or for a file."""

    def __init__(self, where: str | Path | None = None) -> None:
        super().__init__(
            "there is too little memory for this case" if where is None else "needs more memory than there is",
            where=where,
            fix="Close other programs, raise the limit that StrokeSeg runs under, or give volumes cut to the head",
        )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory was lacking: Python and CUDA have classes for it, all other libraries only words."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    words = str(error).lower()
    # A SystemError: where memory ends inside CPython's interpreter, it may find no exception to raise.
    kinds = RuntimeError, OSError, ImportError, SystemError, zlib.error
    return isinstance(error, kinds) and any(phrase in words for phrase in _NO_MEMORY)


def is_for_lack_of_memory(error: BaseException) -> bool:
    """Whether memory was lacking for this error or for an error that it came out of, however that was worded since."""
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

    An error that came out of another, as of a library that wraps what it catches, is understood by its cause.
    """
    if isinstance(error, StrokeSegError):
        return error
    if is_for_lack_of_memory(error):
        return OutOfMemory()
    if isinstance(error, RecursionError):
        return InputError("the input is nested too deeply to be read", fix="Check the files, or leave the odd file out")
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
            f"the package '{error.name}' is not installed",
            fix=f'Install it: pip install {error.name}; in 3D Slicer: slicer.util.pip_install("{error.name}")',
        )
    if isinstance(error, ImportError):
        # Where memory is short, a loader may say no more than that.
        return StrokeSegError(
            f"a library cannot be loaded ({error})",
            fix="Close other programs or raise the limit of memory; if it stays, install StrokeSeg's packages again",
        )
    return None
