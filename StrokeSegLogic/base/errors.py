"""Errors that a user can act on: what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path


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
        self.what = what
        self.where = None if where is None else str(where)
        self.fix = fix
        self.option = option
        self.roles = tuple(roles)
        super().__init__(str(self))

    def __str__(self) -> str:
        return self.said()

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
