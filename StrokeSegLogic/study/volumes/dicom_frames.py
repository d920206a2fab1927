"""Enhanced multi-frame DICOM: a header for each frame, as a classic file of that slice would have it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import dicom_values as values

if TYPE_CHECKING:
    from pydicom import Dataset

SHARED, PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"
FRAME_TAGS = (
    *(SHARED, PER_FRAME, "EchoPulseSequence", "EchoPlanarPulseSequence", "InversionRecovery"),
    "ComplexImageComponent",
)
MOST_FRAMES = 1 << 15
"""Of a file; a functional series of 40 slices and 600 times has 24,000."""
_MACROS = (
    *("PixelMeasuresSequence", "PlanePositionSequence", "PlaneOrientationSequence", "FrameContentSequence"),
    *("PixelValueTransformationSequence", "FrameVOILUTSequence", "MRImageFrameTypeSequence"),
    *("CTImageFrameTypeSequence", "MRTimingAndRelatedParametersSequence", "MREchoSequence", "MRModifierSequence"),
    *("MRDiffusionSequence", "CTReconstructionSequence", values.REAL_WORLD),
)
"""Functional groups (DICOM PS3.3, C.7.6.16 and C.8.13.5) with what a classic header says of a slice."""
_CLASSIC = {
    "EffectiveEchoTime": "EchoTime",
    "InversionTimes": "InversionTime",
    "FrameType": "ImageType",
    "FrameReferenceDateTime": "AcquisitionDateTime",
    "FrameAcquisitionDateTime": "AcquisitionDateTime",
    "FrameAcquisitionNumber": "AcquisitionNumber",
}
"""What a functional group calls otherwise than a classic header; of two names of a value the later goes first."""
_DIRECTION = "DiffusionGradientDirectionSequence"
PHILIPS_FRAME = (0x2005, 0x0F, "PHILIPS MR IMAGING DD 005")
"""Philips keeps what classic files have beside the standard's in a sequence of its own."""
_SEQUENCES = {"SPIN": ("SE",), "GRADIENT": ("GR",), "BOTH": ("SE", "GR")}


def frame_headers(header: Dataset) -> Iterator[Dataset]:
    """A header for each frame of an enhanced file, in the order of the frames.

    Raises:
        ValueError: if there are too many frames, or it describes another number of them than it has.
        Whatever pydicom raises over sequences that are none (`dicom_values.parser_faults`).
    """
    from pydicom import Dataset

    described, count = header[PER_FRAME].value, values.whole(header, "NumberOfFrames", 1)
    if not 1 <= count <= MOST_FRAMES or len(described) != count:
        raise ValueError(f"{len(described)} of {count} frames are described")
    common = Dataset()
    _add(common, header)
    for group in (values.value(header, SHARED) or [])[:1]:
        _lay(common, group)
    for group in described:
        flat = Dataset()
        flat.update(common)
        _lay(flat, group)
        _name_classically(flat)
        yield flat


def _lay(flat: Dataset, group: Any) -> None:
    """Lays what functional groups say over a header."""
    for keyword in _MACROS:
        for item in (values.value(group, keyword) or [])[:1]:
            _add(flat, item)
            for inner in (values.value(item, _DIRECTION) or [])[:1]:
                _add(flat, inner)
    for item in values.private_items(group, PHILIPS_FRAME):
        _add(flat, item, private=True)


def _add(flat: Dataset, header: Any, private: bool = False) -> None:
    """Adds a header's values that can be read, sequences aside; of all or of private ones alone."""
    for tag in header.keys():  # noqa: SIM118
        if private and not tag.is_private:
            continue
        try:
            if (element := header[tag]).VR != "SQ":
                flat.add(element)
        except values.parser_faults():
            # Left out: whoever needs it says that it is missing.
            continue


def _name_classically(flat: Dataset) -> None:
    for keyword, classic in _CLASSIC.items():
        found = values.value(flat, keyword)
        if keyword == "InversionTimes" and found is not None:
            found = found[0] if hasattr(found, "__len__") else found
        if found is not None:
            setattr(flat, classic, found)
    sequence = list(_SEQUENCES.get(values.text(flat, "EchoPulseSequence"), ()))
    for keyword, word in (("EchoPlanarPulseSequence", "EP"), ("InversionRecovery", "IR")):
        sequence += [word] if values.text(flat, keyword) == "YES" else []
    if sequence:
        flat.ScanningSequence = sequence
