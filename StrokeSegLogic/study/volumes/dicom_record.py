"""One slice's record out of its header; of a file of several slices each has a header of its own here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...base.errors import InputError
from . import dicom_values as values
from .checks import MOST_SLICE_PIXELS
from .dicom_clock import CLOCK_TAGS, read_clock
from .dicom_container import packed
from .dicom_headers import DicomTags, Slice
from .origin import Origin, age_of, sex_of

if TYPE_CHECKING:
    from pydicom import Dataset

_UNPACKED = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
"""Transfer syntaxes whose pixels are stored as they are."""
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
"""UID of the class, and beginning of those of its multi-frame kinds."""
RECORD_TAGS = (
    *("Modality", "SeriesInstanceUID", "SeriesDescription", "ProtocolName", "SequenceName", "ImageType"),
    *("ScanningSequence", "MRAcquisitionType", "EchoTime", "RepetitionTime", "InversionTime", "PulseSequenceName"),
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "PatientAge", "StudyInstanceUID", "StudyDate"),
    "SeriesDate",
    *("SOPInstanceUID", "SOPClassUID", "BodyPartExamined", "ContrastBolusAgent", "ImageComments"),
    *("DiffusionBValue", "DiffusionGradientOrientation", "DiffusionDirectionality", "PhotometricInterpretation"),
    *("Rows", "Columns", "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID"),
    *("NumberOfFrames", "SamplesPerPixel", "BitsAllocated", "SliceThickness", "WindowCenter", "WindowWidth"),
    *(
        "RescaleSlope",
        "RescaleIntercept",
        values.REAL_WORLD,
        "BitsStored",
        "ConversionType",
        "BurnedInAnnotation",
        "ConvolutionKernel",
    ),
    *("Manufacturer", "ManufacturerModelName", "SoftwareVersions"),
    *CLOCK_TAGS,
)


def slice_of(path: Path, header: Dataset, syntax: str, frame: int = 0) -> Slice:
    """The record of a slice.

    Args:
        path: of its file.
        header: of the slice; a value that cannot be read is left out.
        syntax: UID of the file's transfer syntax.
        frame: see `Slice`.

    Raises:
        InputError: if it has no pixels, or more than any slice has.
    """
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
        study_description=values.text(header, "StudyDescription"),
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
        bits=values.whole(header, "BitsStored", 0) or None,
        captured=_is_captured(header),
        kernel=" ".join(values.words(header, "ConvolutionKernel")),
        maker=values.text(header, "Manufacturer").strip(),
        software=" ".join(
            (values.text(header, "ManufacturerModelName"), *values.words(header, "SoftwareVersions"))
        ).strip(),
    )
    order = (
        tags.direction,
        values.gradient(header),
        # Siemens numbers the directions in the sequence's name: *ep_b1000#2.
        sequence,
        clock.position or 0.0,
        values.number(header, "AcquisitionNumber") or 0.0,
    )
    bits = max(values.whole(header, "BitsAllocated", 0), 0)
    slope = values.number(header, "RescaleSlope")
    slope = 1.0 if slope is None else slope
    return Slice(
        path=path,
        # Files stripped of their series are kept together by folder.
        uid=values.text(header, "SeriesInstanceUID") or str(path.parent),
        tags=tags,
        size=size,
        position=values.numbers(header, "ImagePositionPatient", 3),
        axes=axes,
        spacing=values.numbers(header, "PixelSpacing", 2),
        frames=1 if frame else frames,
        samples=samples,
        order=order,
        clock=clock,
        frame_of_reference=values.text(header, "FrameOfReferenceUID"),
        thickness=values.number(header, "SliceThickness"),
        least_bytes=(
            size[0] * size[1] * samples * bits // 8 * max(frames if frame else 1, 1)
            if syntax in _UNPACKED and not packed(path)
            else 0
        ),
        instance_uid=values.text(header, "SOPInstanceUID"),
        class_uid=values.text(header, "SOPClassUID"),
        frame=frame,
        rescale=(slope, values.number(header, "RescaleIntercept") or 0.0),
        gain=values.gain(header, slope),
    )


def _is_captured(header: Dataset) -> bool:
    """Whether it says that it is a picture of images: by its class, by how it came about, by texts burned into it."""
    return (
        values.text(header, "SOPClassUID").startswith(_SECONDARY_CAPTURE)
        or bool(values.text(header, "ConversionType").strip())
        or values.text(header, "BurnedInAnnotation").strip().upper() == "YES"
    )


def _origin(header: Dataset) -> Origin:
    study = _date(header, "StudyDate")
    acquired = _date(header, "AcquisitionDate") or _date(header, "AcquisitionDateTime")
    if not study:
        # The date of a map may be that of its making: it counts where nothing else is said.
        acquired = acquired or _date(header, "SeriesDate") or _date(header, "ContentDate")
    return Origin(
        patient_id=values.text(header, "PatientID").strip().casefold(),
        patient_name=values.text(header, "PatientName").strip().casefold(),
        birth_date=values.text(header, "PatientBirthDate").strip().replace(".", ""),
        date=study,
        sex=sex_of(values.text(header, "PatientSex")),
        age=age_of(values.text(header, "PatientAge")),
        acquisition_date=acquired,
        study_uid=values.text(header, "StudyInstanceUID"),
    )


def _date(header: Dataset, keyword: str) -> str:
    """YYYYMMDD of a date, or of a date with time."""
    return values.text(header, keyword).strip().replace(".", "")[:8]


def _plane(axes: tuple[float, ...] | None) -> str:
    if axes is None:
        return ""
    normal = np.cross(axes[:3], axes[3:])
    return ("sagittal", "coronal", "axial")[int(np.argmax(np.abs(normal)))]
