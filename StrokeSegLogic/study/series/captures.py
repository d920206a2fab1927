"""Pictures of images that a workstation stored for reading, told from what a scanner stored."""

from __future__ import annotations

from dataclasses import replace

from ..case import CTP_ROLES, Role
from ..volumes.dicom_headers import DicomTags
from .reading import Quality, Reading

_PICTURE_BITS = 8


def judged(reading: Reading, tags: DicomTags) -> Reading:
    """The reading of a series with what its header says of how it was stored.

    Grey values of 8 bits were windowed by somebody. Of a map they measure nothing any more where a workstation stored
    them; of MR they show what is there, if there is nothing better.
    """
    if reading.role is None:
        return reading
    if tags.colour:
        return replace(reading, qualities=reading.qualities | {Quality.COLOUR})
    if tags.bits is not None and tags.bits <= _PICTURE_BITS:
        if tags.captured and reading.role in (Role.ADC, *CTP_ROLES):
            return Reading.nothing(
                f"{reading.reason}, but it is a picture of {tags.bits} bits that a workstation stored for reading "
                "(secondary capture): its grey values measure nothing"
            )
        return replace(reading, qualities=reading.qualities | {Quality.CAPTURE})
    if tags.captured:
        return replace(reading, qualities=reading.qualities | {Quality.SECONDARY})
    return reading
