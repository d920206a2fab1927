"""What the headers of DICOM files say, one small record a slice; pixels are not touched here.

pydicom is imported with the first DICOM file: it is an optional dependency of the package and part of Slicer.
"""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from ...base.errors import InputError, within_memory
from ...base.files import unreadable
from . import dicom_values as values
from .checks import MOST_SLICE_PIXELS
from .dicom_clock import CLOCK_TAGS, Clock, read_clock
from .dicom_container import begins_as_dicom, open_dicom, packed, require_inflatable, size_of
from .dicom_values import PRIVATE_B, PRIVATE_DIRECTION, PRIVATE_SLOTS, PRIVATE_VECTOR
from .origin import Origin

if TYPE_CHECKING:
    from pydicom import Dataset

_NOT_IMAGES = frozenset({"SR", "PR", "KO", "DOC", "RTSTRUCT", "RTPLAN", "RTDOSE", "RWV", "REG", "FID"})
_UNPACKED = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
"""Transfer syntaxes whose pixels are stored as they are."""
_TAGS = (
    *("Modality", "SeriesInstanceUID", "SeriesDescription", "ProtocolName", "SequenceName", "ImageType"),
    *("ScanningSequence", "MRAcquisitionType", "EchoTime", "RepetitionTime", "InversionTime", "PulseSequenceName"),
    *("PatientID", "PatientName", "PatientBirthDate", "StudyInstanceUID", "StudyDate", "SOPInstanceUID"),
    *("BodyPartExamined", "ContrastBolusAgent", "ImageComments", "PhotometricInterpretation"),
    *("DiffusionBValue", "DiffusionGradientOrientation", "DiffusionDirectionality"),
    *("Rows", "Columns", "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"),
    *(
        "NumberOfFrames",
        "SamplesPerPixel",
        "BitsAllocated",
        "FrameOfReferenceUID",
        "SliceThickness",
        "WindowCenter",
        "WindowWidth",
    ),
    *CLOCK_TAGS,
)


class NoPydicom(InputError):
    """There is DICOM and nothing to read it with."""


@dataclass(frozen=True)
class DicomTags:
    """What a series' tags say on its contrast. Times in ms, b in s/mm²; None or empty is unknown.

    `frames` is how often each place was imaged over time, where a series was kept whole (CT); `window` the centre and
    width that the series is shown with; `direction` whether a diffusion series shows all directions or one (see
    `dicom_values.direction`); `acquired` the seconds at which it was acquired (see `Clock.acquisition`).
    """

    modality: str = "MR"
    series_description: str = ""
    protocol_name: str = ""
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


@dataclass(frozen=True)
class Slice:
    """One DICOM file that holds one slice.

    Attributes:
        path: the file.
        uid: of its series.
        tags: on its contrast.
        size: rows, columns.
        position: of the first voxel's centre, mm, LPS; None if not given.
        axes: (2, 3) directions of growing column and row index; None if not given.
        spacing: between rows and between columns, mm; None if not given.
        frames: more than 1 for a multi-frame file.
        order: what tells repetitions of one place apart (acquisition, time, gradient direction).
        clock: when it was recorded.
        frame_of_reference: UID of the space that positions are given in; "" if not given.
        thickness: of the slice, mm; None if not given.
        least_bytes: that a file of so many pixels has; 0 where they are packed.
        instance_uid: of the file; "" if not given.
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


def read_slice(path: Path) -> Slice | None:
    """The file's record, or None if it is DICOM without a picture (report, structure set, directory).

    A value that cannot be read is left out.

    Raises:
        NoPydicom: if it is not installed.
        InputError: if the file is not intact DICOM, or its slice has more pixels than any has.
    """
    try:
        import pydicom
    except ImportError as error:
        raise NoPydicom(
            "reading DICOM needs pydicom", where=path, fix='Install it with pip install "strokeseg[dicom]"'
        ) from error
    wanted: list[Any] = [*_TAGS]
    for group, offset, _ in (*PRIVATE_B, *PRIVATE_DIRECTION, *PRIVATE_VECTOR):
        for slot in PRIVATE_SLOTS:
            wanted += [(group << 16) + slot, (group << 16) + (slot << 8) + offset]
    with within_memory(path), open_dicom(path) as file, warnings.catch_warnings():
        # What pydicom warns of, a value too long for its type for instance, either reads all the same or is left out.
        warnings.simplefilter("ignore")
        try:
            require_inflatable(file, path)
            clamped, bare = _Clamped(file, size_of(path)), begins_as_dicom(file.read(256))
            file.seek(0)
            header = pydicom.dcmread(clamped, stop_before_pixels=True, specific_tags=wanted, force=bare)
            if values.text(header, "Modality") in _NOT_IMAGES or not values.whole(header, "Rows", 0):
                return None
            return _slice(path, header)
        except values.parser_faults() as error:
            raise InputError(
                "is not an intact DICOM file", where=path, fix="Copy or export it again, or take it out of the folder"
            ) from error


class _Clamped:
    """A file of which no more is asked than it holds: for the length that an element claims memory is taken at once."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        left = max(self._size - self._file.tell(), 0)
        return self._file.read(left if size < 0 else min(size, left))


def _slice(path: Path, header: Dataset) -> Slice:
    axes = values.numbers(header, "ImageOrientationPatient", 6)
    sequence = values.text(header, "SequenceName") or values.text(header, "PulseSequenceName")
    clock = read_clock(header)
    size = values.whole(header, "Rows", 0), values.whole(header, "Columns", 0)
    samples, frames = values.whole(header, "SamplesPerPixel", 1), values.whole(header, "NumberOfFrames", 1)
    if min(*size, samples) < 1 or size[0] * size[1] > MOST_SLICE_PIXELS:
        raise InputError(
            f"its header claims a slice of {size[0]} x {size[1]} pixels", where=path, fix="Export it again"
        )
    tags = DicomTags(
        modality=values.text(header, "Modality") or "MR",
        series_description=values.text(header, "SeriesDescription"),
        protocol_name=values.text(header, "ProtocolName"),
        sequence_name=sequence,
        image_type=values.words(header, "ImageType"),
        scanning_sequence=values.words(header, "ScanningSequence"),
        acquisition_type=values.text(header, "MRAcquisitionType"),
        echo_time=values.number(header, "EchoTime"),
        repetition_time=values.number(header, "RepetitionTime"),
        inversion_time=values.number(header, "InversionTime"),
        b_value=values.b_value(header),
        direction=values.direction(header),
        plane=_plane(axes),
        body_part=values.text(header, "BodyPartExamined").upper(),
        contrast_agent=bool(values.text(header, "ContrastBolusAgent").strip()),
        acquired=clock.acquisition,
        origin=_origin(header),
        # A palette's colours stand in a table: the pixels themselves mean nothing.
        colour=samples == 3 or values.text(header, "PhotometricInterpretation").upper() == "PALETTE COLOR",
        window=values.window(header),
    )
    order = (
        tags.direction,
        values.gradient(header),
        # Siemens numbers the directions in the sequence's name: *ep_b1000#2.
        sequence,
        values.number(header, "TemporalPositionIdentifier") or 0.0,
        values.number(header, "AcquisitionNumber") or 0.0,
    )
    unpacked = str(header.file_meta.get("TransferSyntaxUID", "")) in _UNPACKED
    bits = max(values.whole(header, "BitsAllocated", 0), 0)
    return Slice(
        path=path,
        # Files stripped of their series are kept together by folder.
        uid=values.text(header, "SeriesInstanceUID") or str(path.parent),
        tags=tags,
        size=size,
        position=values.numbers(header, "ImagePositionPatient", 3),
        axes=axes,
        spacing=values.numbers(header, "PixelSpacing", 2),
        frames=frames,
        samples=samples,
        order=order,
        clock=clock,
        frame_of_reference=values.text(header, "FrameOfReferenceUID"),
        thickness=values.number(header, "SliceThickness"),
        least_bytes=size[0] * size[1] * samples * bits // 8 if unpacked and not packed(path) else 0,
        instance_uid=values.text(header, "SOPInstanceUID"),
    )


def _origin(header: Dataset) -> Origin:
    return Origin(
        patient_id=values.text(header, "PatientID").strip().casefold(),
        patient_name=values.text(header, "PatientName").strip().casefold(),
        birth_date=values.text(header, "PatientBirthDate").strip(),
        date=values.text(header, "StudyDate").strip().replace(".", ""),
        acquisition_date=values.text(header, "AcquisitionDate").strip().replace(".", ""),
        study_uid=values.text(header, "StudyInstanceUID"),
    )


def _plane(axes: tuple[float, ...] | None) -> str:
    if axes is None:
        return ""
    normal = np.cross(axes[:3], axes[3:])
    return ("sagittal", "coronal", "axial")[int(np.argmax(np.abs(normal)))]
