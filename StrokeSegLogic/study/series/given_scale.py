"""What a map's values stand for where a user says it: FILE@LOW..HIGH for a colour bar's ends, FILE@UNIT for a unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...base.errors import InputError
from ..case import MRI_ROLES, Role
from ..maps.units import unit_named
from ..volumes.candidates import Candidate

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"(?P<file>.+)@\s*(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})\s*$", re.S)

_WITHOUT_UNIT = (*MRI_ROLES, Role.CTP)


@dataclass(frozen=True)
class ColourRange:
    """Values at the lower and the upper end of a colour bar, and where they are from, in words."""

    low: float
    high: float
    source: str


def split_scale(text: str, role: Role) -> tuple[str, ColourRange | None, str | None]:
    """A file, and what stands behind an @ after its name: the range of a colour bar, or a map's unit.

    "tmax.dcm@0..12" is tmax.dcm with colours from 0 to 12, "tmax.nii.gz@ms" a map in milliseconds.

    Raises:
        InputError: if what stands there is neither, and the file before it exists.
    """
    if found := _RANGE.fullmatch(text):
        return found["file"], ColourRange(float(found["low"]), float(found["high"]), "named by the user"), None
    file, mark, unit = text.rpartition("@")
    if not mark or not Path(file).exists():
        return text, None, None
    if role in _WITHOUT_UNIT:
        raise InputError(f"'{unit}' stands behind the file's name", where=file, fix=f"{role} has no unit to name")
    return file, None, unit_named(role, unit, file).name


def range_of(candidate: Candidate, given: ColourRange | None) -> ColourRange | None:
    """The range given, else that of the window in a DICOM series' header, else None."""
    if given is not None:
        return given
    window = candidate.tags.window if candidate.tags is not None else None
    if window is None or window[1] <= 0:
        return None
    centre, width = window
    return ColourRange(centre - width / 2, centre + width / 2, "taken from the window in the DICOM header")


def no_range(role: Role, name: str) -> InputError:
    """The error for a colour-coded map whose scale is not known."""
    return InputError(
        "is colour-coded, and what the ends of its colour bar stand for is not known",
        where=name,
        fix="Name them, for instance 0..12, or give the map with grey values",
        option="colour_range",
        roles=(role.value,),
    )
