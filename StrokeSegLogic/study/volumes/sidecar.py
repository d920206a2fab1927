"""The .json that converters write beside a NIfTI file: what DICOM said of the series."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...base.errors import InputError
from ...base.files import read_regular
from ...base.json_files import parse_json
from .dicom_clock import seconds
from .dicom_headers import DicomTags
from .dicom_values import sequence_b_value
from .origin import Origin, age_of, sex_of

_LARGEST = 16 << 20
_MOST_TEXT = 1024


def read_sidecar(path: Path) -> DicomTags | None:
    """The tags that a sidecar holds (BIDS, dcm2niix); None for JSON that holds none, or is no JSON.

    Args:
        path: of the .json.
    """
    try:
        content = _parsed(read_regular(path, _LARGEST))
    except (InputError, ValueError):
        # Whoever needs it says so; a role is then read from the name alone.
        return None
    if not isinstance(content, dict):
        return None
    stamp = _text(content, "AcquisitionDateTime").replace("-", "").replace(":", "")
    dates = {
        key: _text(content, key).replace("-", "")[:8]
        for key in ("StudyDate", "AcquisitionDate", "SeriesDate", "ContentDate")
    }
    acquired = stamp[:8] or dates["AcquisitionDate"]
    if not dates["StudyDate"]:
        acquired = acquired or dates["SeriesDate"] or dates["ContentDate"]
    tags = DicomTags(
        modality=_text(content, "Modality").upper() or "MR",
        series_description=_text(content, "SeriesDescription"),
        protocol_name=_text(content, "ProtocolName"),
        study_description=_text(content, "StudyDescription") or _text(content, "ProcedureStepDescription"),
        sequence_name=_text(content, "SequenceName") or _text(content, "PulseSequenceName"),
        image_type=_words(content, "ImageType"),
        scanning_sequence=_words(content, "ScanningSequence"),
        acquisition_type=_text(content, "MRAcquisitionType"),
        echo_time=_milliseconds(content, "EchoTime"),
        repetition_time=_milliseconds(content, "RepetitionTime"),
        inversion_time=_milliseconds(content, "InversionTime"),
        b_value=sequence_b_value(_text(content, "SequenceName")),
        body_part=_text(content, "BodyPartExamined").upper(),
        contrast_agent=bool(_text(content, "ContrastBolusAgent")),
        kernel=_text(content, "ConvolutionKernel").upper(),
        maker=_text(content, "Manufacturer"),
        software=f"{_text(content, 'ManufacturersModelName')} {_text(content, 'SoftwareVersions')}".strip(),
        acquired=seconds(stamp[:8], stamp[9:]) if len(stamp) >= 13 else seconds("", content.get("AcquisitionTime")),
        origin=Origin(
            patient_id=_text(content, "PatientID").strip().casefold(),
            patient_name=_text(content, "PatientName").strip().casefold(),
            birth_date=_text(content, "PatientBirthDate").replace("-", ""),
            date=dates["StudyDate"],
            sex=sex_of(_text(content, "PatientSex")),
            age=age_of(_text(content, "PatientAge")),
            acquisition_date=acquired,
            study_uid=_text(content, "StudyInstanceUID"),
        ),
    )
    # What does not count in a comparison is said all the same.
    when = tags.origin.acquisition_date or tags.origin.study_uid
    return None if tags == DicomTags() and not when else tags


def _parsed(content: bytes) -> Any:
    """The values; converters hand on texts of DICOM in its own character set, most often Latin-1.

    Raises:
        ValueError: if it is no JSON.
    """
    try:
        return parse_json(content)
    except UnicodeDecodeError:
        return parse_json(content.decode("latin-1"))


def _text(content: Mapping[str, Any], key: str) -> str:
    found = content.get(key)
    return str(found)[:_MOST_TEXT] if isinstance(found, (str, int, float)) else ""


def _words(content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The values of an element, which converters write as a list or with a sign between them."""
    found = content.get(key)
    listed = found if isinstance(found, list) else str(found or "").replace("\\", "_").split("_")
    return tuple(str(word).upper()[:_MOST_TEXT] for word in listed if word)


def _milliseconds(content: Mapping[str, Any], key: str) -> float | None:
    found = content.get(key)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return None
    try:
        value = float(found) * 1000
    except OverflowError:
        return None
    return value if math.isfinite(value) else None
