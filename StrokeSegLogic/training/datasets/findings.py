"""What a data set holds, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """Something that is missing or looks wrong.

    Attributes:
        severity: "error" where training on the data set would stop or learn something wrong; else "warning".
        case: the case it was found in, or "" for the data set.
        file: path within the data set, or "".
        words: what is wrong, in one sentence without a full stop.
    """

    severity: Severity
    case: str
    file: str
    words: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.case, self.file, self.words) if part)


@dataclass(frozen=True)
class GridRange:
    """The grids that one image has over all cases: voxels and mm (x, y, z), least and greatest of each."""

    least_size: tuple[int, ...]
    greatest_size: tuple[int, ...]
    least_spacing_mm: tuple[float, ...]
    greatest_spacing_mm: tuple[float, ...]


@dataclass(frozen=True)
class Spread:
    """Least, middle and greatest of a number over cases, and how many cases have it."""

    least: float
    median: float
    greatest: float
    cases: int


@dataclass(frozen=True)
class Summary:
    """What is there.

    Attributes:
        layout, folder, reference, classes: of the data set.
        patients, cases: how many.
        images: cases that have it, by image name.
        readers: cases that have a mask, by reader.
        grids: by image name.
        volumes_ml: of each class but background, over the cases that have some of it; first reader.
        frequencies: part of all voxels of all masks that each class has; first reader.
        groups, splits: patients by group and by split, "" for unknown.
        nihss: over the cases that have it.
    """

    layout: str
    folder: str
    reference: str
    classes: tuple[str, ...]
    patients: int
    cases: int
    images: Mapping[str, int]
    readers: Mapping[str, int]
    grids: Mapping[str, GridRange]
    volumes_ml: Mapping[str, Spread]
    frequencies: Mapping[str, float]
    groups: Mapping[str, int]
    splits: Mapping[str, int]
    nihss: Spread | None


@dataclass(frozen=True)
class Findings:
    """The whole outcome of a check."""

    summary: Summary
    found: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.found if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.found if finding.severity == "warning")

    @property
    def usable(self) -> bool:
        """Whether nothing makes training on the data set impossible."""
        return not self.errors

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "usable": self.usable,
            "summary": asdict(self.summary),
            "found": [asdict(finding) for finding in self.found],
        }
