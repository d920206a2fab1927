"""Errors that a user can act on: what is wrong, where, and what to do."""

from __future__ import annotations

from pathlib import Path


class StrokeSegError(Exception):
    """Base of all expected faults.

    Args:
        what: what is wrong, in one clause without a full stop.
        where: the file, series or option that it was found in.
        fix: what the user can do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str | Path | None = None, fix: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.fix = fix
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.fix.rstrip('.')}." if self.fix else ""
        # One line whatever a library's message or a file name brought in.
        return " ".join(f"{place}{self.what.rstrip('.')}.{advice}".split())


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
