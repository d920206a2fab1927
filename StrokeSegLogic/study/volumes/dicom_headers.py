"""What the headers of DICOM files say, one small record a slice; pixels are not touched here.

pydicom is imported with the first DICOM file: it is an optional dependency of the package and part of Slicer.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ...base.errors import InputError
from ...base.files import unreadable
from .dicom_clock import Clock
from .dicom_container import begins_as_dicom, open_dicom, packed
from .origin import Origin

if TYPE_CHECKING:
    pass


class NoPydicom(InputError):
    """There is DICOM and nothing to read it with."""


@dataclass(frozen=True)
class DicomTags:
    """What a series' tags say on its contrast. Times in ms, b in s/mm²; None or empty is unknown.

    `frames` is how often each place was imaged over time, where a series was kept whole (CT); `window` the centre and
    width that the series is shown with; `direction` whether a diffusion series shows all directions or one (see
    `dicom_values.direction`); `acquired` the seconds at which it was acquired (see `Clock.acquisition`); `bits` how
    many of a grey value are stored; `captured` whether a workstation says that it stored a picture; `kernel` that a CT
    was reconstructed with; `maker` and `software` of what wrote it.
    """

    modality: str = "MR"
    series_description: str = ""
    protocol_name: str = ""
    study_description: str = ""
    sequence_name: str = ""
    image_type: tuple[str, ...] = ()
    scanning_sequence: tuple[str, ...] = ()
    acquisition_type: str = ""
    echo_time: float | None = None
    repetition_time: float | None = None
    inversion_time: float | None = None
    b_value: float | None = None
    direction: str = ""
    plane: str = ""
    body_part: str = ""
    contrast_agent: bool = False
    acquired: float | None = None
    origin: Origin = field(default_factory=Origin)
    frames: int = 1
    colour: bool = False
    window: tuple[float, float] | None = None
    bits: int | None = None
    captured: bool = False
    kernel: str = ""
    maker: str = ""
    software: str = ""


@dataclass(frozen=True)
class Slice:
    """One slice: a DICOM file, a frame of a file of several, or a tile of a mosaic.

    Attributes:
        path: the file.
        uid: of its series.
        tags: on its contrast.
        size: rows, columns.
        position: of the first voxel's centre, mm, LPS; None if not given.
        axes: (2, 3) directions of growing column and row index; None if not given.
        spacing: between rows and between columns, mm; None if not given.
        frames: more than 1 for a file of several that does not say where each lies.
        order: what tells repetitions of one place apart (acquisition, time, gradient direction).
        clock: when it was recorded.
        frame_of_reference: UID of the space that positions are given in; "" if not given.
        thickness: of the slice, mm; None if not given.
        least_bytes: that a file of so many pixels has; 0 where they are packed.
        instance_uid: of the file; "" if not given.
        class_uid: what kind of object the file is; "" if not given.
        frame: its number in a file of several, or in a mosaic, from 1; 0 for a file of one slice.
        tile: of a mosaic, the row and column of its first pixel in the file's picture; None for all else.
        picture: rows and columns of a mosaic; (0, 0) for all else.
        rescale: slope and intercept of a frame; those of a file of one slice are applied as it is decoded.
        gain: by which display values differ from the values that the scanner measured; None if not given (Philips
            gives it).
        correction: factor that gives all display values of a series one gain.
        origin: of whom and when it is.
    """

    path: Path
    uid: str
    tags: DicomTags
    size: tuple[int, int]
    position: tuple[float, ...] | None
    axes: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    frames: int
    samples: int
    order: tuple[Any, ...]
    clock: Clock = field(default_factory=Clock)
    frame_of_reference: str = ""
    thickness: float | None = None
    least_bytes: int = 0
    instance_uid: str = ""
    class_uid: str = ""
    frame: int = 0
    tile: tuple[int, int] | None = None
    picture: tuple[int, int] = (0, 0)
    rescale: tuple[float, float] = (1.0, 0.0)
    gain: float | None = None
    correction: float = 1.0

    @property
    def origin(self) -> Origin:
        return self.tags.origin

    @property
    def gradient(self) -> tuple[float, ...]:
        """Unit vector of the diffusion gradient; empty where none is said."""
        return tuple(self.order[1]) if len(self.order) > 1 else ()

    @property
    def normal(self) -> np.ndarray:
        """Unit vector across the slice, right-handed with its axes."""
        axes = np.reshape(self.axes or (1, 0, 0, 0, 1, 0), (2, 3))
        return np.cross(axes[0], axes[1])


def looks_like_dicom(path: Path) -> bool:
    """Whether the file has DICOM's mark at byte 128, or begins with DICOM's elements where some writers leave the
    preamble out; unpacked, if it is a gzip archive.

    Raises:
        InputError: if it cannot be read.
    """
    with open_dicom(path) as file:
        try:
            return begins_as_dicom(file.read(256))
        except (OSError, EOFError, zlib.error) as error:
            if packed(path):
                return False
            raise unreadable(path, cast(OSError, error)) from error
