"""What a header of NRRD or MetaImage says, in ITK's terms."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from ...base.errors import InputError, shortened
from ...base.files import open_regular, unreadable
from .checks import MOST_HEADER_BYTES, require_plausible_size

Encoding = Literal["raw", "gzip", "zlib", "text", "hex"]
NRRD_SUFFIXES = (".nrrd", ".nhdr")
UNDEFINED_SPACING = "undefined spacing"
_LONGEST_NAME = 255
_WHOLE = re.compile(r"[+-]?\d{1,15}")


@dataclass(frozen=True)
class ItkHeader:
    """Where voxels are stored, and where they lie.

    Attributes:
        path: of the header.
        size: x, y, z and, where it is an axis like them, time.
        spacing: of those axes, mm (of time in the header's unit).
        origin: of the first voxel's centre, LPS.
        direction: one column an axis, unit length as far as the file says so.
        kind: of one stored number.
        encoding: how the numbers are stored.
        components: values a voxel.
        component_axis: place of the values among the axes, the fastest first; None where there is one value a voxel.
        data: the file that holds the voxels.
        start: its first byte of them, packed or not; None for voxels that end with the file.
        lines: to be passed over from there on.
        skipped: bytes to be passed over then, unpacked.
        pairs: what else stands in the header.
        unit: of the frames' axis, as written.
    """

    path: Path
    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: np.ndarray
    kind: np.dtype
    encoding: Encoding
    data: Path
    components: int = 1
    component_axis: int | None = None
    start: int | None = 0
    lines: int = 0
    skipped: int = 0
    pairs: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""

    def __post_init__(self) -> None:
        require_plausible_size(self.size, self.path, self.components)

    @property
    def stored(self) -> tuple[int, ...]:
        """The shape of the voxels as an array, the fastest axis last."""
        shape = [*self.size]
        if self.component_axis is not None:
            shape.insert(self.component_axis, self.components)
        return tuple(reversed(shape))

    @property
    def bytes(self) -> int:
        """Of all voxels, unpacked."""
        return math.prod(self.stored) * self.kind.itemsize


def first_bytes(path: Path) -> bytes:
    """What a header may take of a file.

    Raises:
        InputError: if it cannot be read.
    """
    with open_regular(path) as file:
        try:
            return file.read(MOST_HEADER_BYTES)
        except OSError as error:
            raise unreadable(path, error) from error


def data_file(path: Path, name: str) -> Path:
    """The file beside a header that holds the voxels; it may lie in a folder below.

    Raises:
        InputError: if the voxels are spread over several files, or lie elsewhere.
    """
    if name.upper().startswith("LIST") or "%" in name:
        raise InputError(
            "its voxels are spread over several files", where=path, fix="Save it as one .nrrd or .mha file"
        )
    place = PurePosixPath(name.replace("\\", "/"))
    within = not (place.is_absolute() or ".." in place.parts or re.match(r"[A-Za-z]:", name))
    if not within or not name or "\0" in name or max(len(part) for part in place.parts) > _LONGEST_NAME:
        raise InputError(
            f"its data file '{shortened(name, 80)}' does not lie in its folder",
            where=path,
            fix="Put both into one folder",
        )
    if place == PurePosixPath(path.name):
        raise InputError("names itself as its data file", where=path, fix="Save it again as one .nrrd or .mha file")
    return path.parent / place


def whole(text: str) -> int:
    """A whole number as headers write it.

    Raises:
        ValueError: if it is none, or has more than 15 digits.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is no whole number")
    return int(text)


def numbers_of(text: str) -> list[float]:
    """Numbers with blanks between them.

    Raises:
        ValueError: if something else stands there.
    """
    return [float(word) for word in text.split()]


def fault(path: Path, message: str = "") -> InputError:
    """The error for a file that is not what its name says; from the reason, where it tells more."""
    if message == UNDEFINED_SPACING:
        return InputError("the voxel spacing is zero or undefined", where=path, fix="Correct the header")
    kind = "NRRD" if path.suffix.lower() in NRRD_SUFFIXES else "MetaImage"
    because = f": {shortened(message, 100)}" if message else ""
    return InputError(
        f"is not an intact {kind} file (another kind of file, cut short, or damaged{because})",
        where=path,
        fix="Copy or export it again, and check that its name ends as its content is",
    )
