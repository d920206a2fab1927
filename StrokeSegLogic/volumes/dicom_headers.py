"""What the headers of DICOM files say, one small record a slice; pixels are not touched here.

pydicom is imported with the first DICOM file: it is an optional dependency of the package and part of Slicer.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import InputError
from .dicom_clock import CLOCK_TAGS, Clock, read_clock

if TYPE_CHECKING:
    from pydicom import Dataset

_NOT_IMAGES = frozenset({"SR", "PR", "KO", "DOC", "RTSTRUCT", "RTPLAN", "RTDOSE", "RWV", "REG", "FID"})
# Private b-values: group, element offset, start of the creator's name.
_PRIVATE_B = (
    (0x0019, 0x0C, "SIEMENS MR HEADER"),
    (0x0043, 0x39, "GEMS_PARM_01"),
    (0x2001, 0x03, "PHILIPS IMAGING DD"),
)
_SEQUENCE_B = re.compile(r"\*?ep_b(\d+)", re.I)
_TAGS = (
    *("Modality", "SeriesInstanceUID", "SeriesDescription", "ProtocolName", "SequenceName", "ImageType"),
    *("ScanningSequence", "MRAcquisitionType", "EchoTime", "RepetitionTime", "InversionTime"),
    *("DiffusionBValue", "DiffusionGradientOrientation", "DiffusionDirectionality"),
    *("Rows", "Columns", "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"),
    *("NumberOfFrames", "SamplesPerPixel", "FrameOfReferenceUID", "SliceThickness", "WindowCenter", "WindowWidth"),
    *CLOCK_TAGS,
)


@dataclass(frozen=True)
class DicomTags:
    """What a series' tags say on its contrast. Times in ms, b in s/mm²; None or empty is unknown.

    `frames` is how often each place was imaged over time, where a series was kept whole (CT); `window` the centre and
    width that the series is shown with.
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
    plane: str = ""
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

    @property
    def normal(self) -> np.ndarray:
        """Unit vector across the slice, right-handed with its axes."""
        axes = np.reshape(self.axes or (1, 0, 0, 0, 1, 0), (2, 3))
        return np.cross(axes[0], axes[1])


def looks_like_dicom(path: Path) -> bool:
    """Whether the file has DICOM's mark at byte 128.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def read_slice(path: Path) -> Slice | None:
    """The file's record, or None if it is DICOM without a picture (report, structure set, directory).

    Raises:
        InputError: if pydicom is missing or the file is not intact DICOM.
    """
    try:
        import pydicom
        from pydicom.errors import InvalidDicomError
    except ImportError as error:
        raise InputError(
            "reading DICOM needs pydicom", where=path, fix='Install it with pip install "strokeseg[dicom]"'
        ) from error
    wanted: list[Any] = [*_TAGS]
    for group, offset, _ in _PRIVATE_B:
        # A vendor's block may stand in any of the slots that its creator's name reserves.
        for slot in range(0x10, 0x14):
            wanted += [(group << 16) + slot, (group << 16) + (slot << 8) + offset]
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=wanted)
        if header.get("Modality") in _NOT_IMAGES or not header.get("Rows"):
            return None
        return _slice(path, header)
    except (
        InvalidDicomError,
        OSError,
        EOFError,
        ValueError,
        TypeError,
        struct.error,
        NotImplementedError,
    ) as error:
        raise InputError(
            "is not an intact DICOM file", where=path, fix="Copy or export it again, or take it out of the folder"
        ) from error


def _slice(path: Path, header: Dataset) -> Slice:
    axes = _numbers(header, "ImageOrientationPatient", 6)
    sequence = str(header.get("SequenceName") or "")
    tags = DicomTags(
        modality=str(header.get("Modality") or "MR"),
        series_description=str(header.get("SeriesDescription") or ""),
        protocol_name=str(header.get("ProtocolName") or ""),
        sequence_name=sequence,
        image_type=_words(header, "ImageType"),
        scanning_sequence=_words(header, "ScanningSequence"),
        acquisition_type=str(header.get("MRAcquisitionType") or ""),
        echo_time=_number(header, "EchoTime"),
        repetition_time=_number(header, "RepetitionTime"),
        inversion_time=_number(header, "InversionTime"),
        b_value=b_value(header),
        plane=_plane(axes),
        colour=int(header.get("SamplesPerPixel") or 1) == 3,
        window=_window(header),
    )
    direction = _numbers(header, "DiffusionGradientOrientation", 3)
    order = (
        str(header.get("DiffusionDirectionality") or ""),
        tuple(round(x, 3) for x in direction or ()),
        # Siemens numbers the directions in the sequence's name: *ep_b1000#2.
        sequence,
        _number(header, "TemporalPositionIdentifier") or 0.0,
        _number(header, "AcquisitionNumber") or 0.0,
    )
    return Slice(
        path=path,
        # Files stripped of their series are kept together by folder.
        uid=str(header.get("SeriesInstanceUID") or path.parent),
        tags=tags,
        size=(int(header.Rows), int(header.get("Columns") or 0)),
        position=_numbers(header, "ImagePositionPatient", 3),
        axes=axes,
        spacing=_numbers(header, "PixelSpacing", 2),
        frames=int(header.get("NumberOfFrames") or 1),
        samples=int(header.get("SamplesPerPixel") or 1),
        order=order,
        clock=read_clock(header),
        frame_of_reference=str(header.get("FrameOfReferenceUID") or ""),
        thickness=_number(header, "SliceThickness"),
    )


def b_value(header: Dataset) -> float | None:
    """The diffusion weighting in s/mm²: the standard's tag, else Siemens', GE's or Philips', else None.

    GE stores it with flags added in the millions and more (1000001000 is 1000).
    """
    if (standard := _number(header, "DiffusionBValue")) is not None:
        return standard
    for group, offset, creator in _PRIVATE_B:
        for slot in range(0x10, 0x14):
            name = header.get((group, slot))
            if name is None or not _text(name.value).upper().startswith(creator):
                continue
            element = header.get((group, (slot << 8) + offset))
            value = None if element is None else _private_number(element.value)
            if value is not None:
                return value % 100_000 if creator.startswith("GEMS") else value
    found = _SEQUENCE_B.match(str(header.get("SequenceName") or ""))
    return float(found[1]) if found else None


def sequence_b_value(sequence_name: str) -> float | None:
    """The b-value in a Siemens sequence name such as *ep_b1000t."""
    found = _SEQUENCE_B.match(sequence_name)
    return float(found[1]) if found else None


def _private_number(value: Any) -> float | None:
    # Without the vendor's dictionary an element arrives as raw bytes: digits as text, or one little-endian number.
    if isinstance(value, bytes):
        text = value.strip(b"\0 ")
        if re.fullmatch(rb"[\d.\\+\- eE]+", text):
            value = text.decode("ascii").split("\\")
        elif len(value) in (4, 8):
            value = struct.unpack("<f" if len(value) == 4 else "<d", value)
    if not isinstance(value, (str, int, float)):
        try:
            value = value[0]
        except (TypeError, IndexError):
            return None
    try:
        return float(value)
    except ValueError:
        return None


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _words(header: Dataset, keyword: str) -> tuple[str, ...]:
    value = header.get(keyword)
    if value is None or value == "":
        return ()
    return (value.upper(),) if isinstance(value, str) else tuple(str(v).upper() for v in value)


def _number(header: Dataset, keyword: str) -> float | None:
    value = header.get(keyword)
    return None if value is None or value == "" else float(value)


def _numbers(header: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    value = header.get(keyword)
    return tuple(float(v) for v in value) if value is not None and len(value) == count else None


def _window(header: Dataset) -> tuple[float, float] | None:
    # Of several windows the first is the one that a viewer shows.
    values = [header.get("WindowCenter"), header.get("WindowWidth")]
    if any(value is None or value == "" for value in values):
        return None
    centre, width = (float(v if isinstance(v, (str, int, float)) else v[0]) for v in values)
    return centre, width


def _plane(axes: tuple[float, ...] | None) -> str:
    if axes is None:
        return ""
    normal = np.cross(axes[:3], axes[3:])
    return ("sagittal", "coronal", "axial")[int(np.argmax(np.abs(normal)))]
