"""When a DICOM slice was recorded, as far as its header says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from .dicom_values import number, text

if TYPE_CHECKING:
    from pydicom import Dataset

CLOCK_TAGS = (
    *("AcquisitionDateTime", "AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime"),
    *("TriggerTime", "FrameReferenceTime", "TemporalPositionIdentifier", "TemporalPositionIndex"),
    *("AcquisitionNumber", "InstanceNumber"),
)
_TIME = re.compile(r"(\d{2}):?(\d{2})(?::?(\d{2})(\.\d*)?)?")
DAY_S = 86400.0


@dataclass(frozen=True)
class Clock:
    """A slice's times in seconds and its numbers in time; None where the header does not say.

    Attributes:
        acquisition: of AcquisitionDateTime, or AcquisitionDate and AcquisitionTime; without date since midnight.
        content: of ContentDate and ContentTime.
        trigger: TriggerTime.
        reference: FrameReferenceTime.
        position: TemporalPositionIdentifier or TemporalPositionIndex.
        acquisition_number: AcquisitionNumber.
        instance: InstanceNumber.
    """

    acquisition: float | None = None
    content: float | None = None
    trigger: float | None = None
    reference: float | None = None
    position: float | None = None
    acquisition_number: float | None = None
    instance: float | None = None


def read_clock(header: Dataset) -> Clock:
    """The times that a header holds; what is no time is left out."""
    stamp = text(header, "AcquisitionDateTime")
    acquisition = seconds(stamp[:8], stamp[8:]) if len(stamp) >= 12 else None
    if acquisition is None:
        acquisition = seconds(text(header, "AcquisitionDate"), text(header, "AcquisitionTime"))
    position = number(header, "TemporalPositionIdentifier")
    return Clock(
        acquisition=acquisition,
        content=seconds(text(header, "ContentDate"), text(header, "ContentTime")),
        trigger=_milliseconds(header, "TriggerTime"),
        reference=_milliseconds(header, "FrameReferenceTime"),
        position=number(header, "TemporalPositionIndex") if position is None else position,
        acquisition_number=number(header, "AcquisitionNumber"),
        instance=number(header, "InstanceNumber"),
    )


def seconds(day: object, time: object) -> float | None:
    """Seconds of a DICOM date and time; without a date since midnight, without a time None."""
    found = _TIME.match(str(time or "").strip())
    if found is None:
        return None
    hours, minutes, whole, part = found.groups()
    total = int(hours) * 3600.0 + int(minutes) * 60.0 + int(whole or 0) + float(part if part and part != "." else 0)
    digits = str(day or "").strip().replace(".", "")
    try:
        days = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).toordinal() if len(digits) == 8 else 0
    except ValueError:
        days = 0
    return days * DAY_S + total


def _milliseconds(header: Dataset, keyword: str) -> float | None:
    value = number(header, keyword)
    return None if value is None else value / 1000.0
