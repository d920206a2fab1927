"""The cases that a review begins with, and their paths as the records hold them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Study = str | tuple[str, ...]
"""What `load_case` takes: a folder, an archive, a file; or words SEQUENCE=FILE. "" where only the result is known."""


@dataclass(frozen=True)
class Found:
    """A case to review.

    Attributes:
        name: unique.
        study: its images.
        result: the folder of a result; None where there is none yet.
        group, patient: of the cohort, "" where nothing is said.
        clinical: what is known of the patient: age (years), nihss, onset_hours.
        brain_mask: file of a mask of the brain; "" for none.
        problem: why there is no result, where somebody has tried to make it; "" else.
    """

    name: str
    study: Study = ""
    result: Path | None = None
    group: str = ""
    patient: str = ""
    clinical: Mapping[str, float] = field(default_factory=dict)
    brain_mask: str = ""
    problem: str = ""


def slug(name: str, longest: int = 40) -> str:
    """A name that every file system takes: letters of ASCII, figures, dashes and underscores."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^0-9A-Za-z_-]+", "-", plain).strip("-")[:longest] or "x"


def stored(path: Path | None, home: Path) -> str:
    """A path as the records hold it: relative to the review's folder where it lies beside or in it; "" for none."""
    if path is None:
        return ""
    place, near = path.absolute(), home.absolute().parent
    if near != Path(near.anchor) and place.is_relative_to(near):
        inside = place.relative_to(near).parts
        if inside[:1] == (home.name,):
            return Path(*inside[1:]).as_posix()
        return Path("..", *inside).as_posix()
    return place.as_posix()


def located(path: str, home: Path) -> Path | None:
    """Where a path of the records leads, from the review's folder; None for ""."""
    return home / path if path else None


def stored_study(study: Study, home: Path) -> str | list[str]:
    """A study as the records hold it: each path in it as `stored` has it."""
    if isinstance(study, str):
        return stored(Path(study), home) if study else ""
    words = (word.partition("=") for word in study)
    return [f"{role}={stored(Path(file), home)}" for role, _, file in words]


def located_study(study: Study, home: Path) -> Study:
    """What `load_case` is given for a study of the records; "" for none."""
    if isinstance(study, str):
        return str(home / study) if study else ""
    words = (word.partition("=") for word in study)
    return tuple(f"{role}={home / file}" for role, _, file in words)
