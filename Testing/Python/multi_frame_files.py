"""DICOM files of several slices: enhanced multi-frame, Siemens' mosaic, United Imaging's grid."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
OBLIQUE = (0.96, 0.28, 0.0, -0.28 * 0.8, 0.96 * 0.8, 0.6)


def places(count: int, axes: Sequence[float], origin: Sequence[float], step: float) -> list[np.ndarray]:
    """Centres of the first voxels of a stack, along its normal."""
    normal = np.cross(axes[:3], axes[3:])
    return [np.asarray(origin, float) + normal * step * number for number in range(count)]


def enhanced(
    path: Path,
    frames: np.ndarray,
    groups: Sequence[Mapping[str, Any]],
    *,
    shared: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    kind: str = "1.2.840.10008.5.1.4.1.1.4.1",
    packed: Sequence[bytes] | None = None,
    syntax: str = "1.2.840.10008.1.2.1",
) -> Path:
    """An enhanced file.

    Args:
        path: of the file.
        frames: stored integers (frame, row, column), uint16 or int16, or with a fourth axis uint8 colours.
        groups: of each frame, by the keyword of a macro, the values of its item (or a list with the item's values).
        shared: the same of all frames.
        tags: further keywords.
        kind: SOP class; the enhanced MR by default.
        packed: the frames' packed bytes, for a compressed transfer syntax.
        syntax: UID of the transfer syntax.
    """
    from pydicom import Dataset, dcmwrite
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import UID, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(kind), generate_uid()
    meta.TransferSyntaxUID = UID(syntax)
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = kind, meta.MediaStorageSOPInstanceUID
    ds.SeriesInstanceUID, ds.StudyInstanceUID, ds.FrameOfReferenceUID = generate_uid(), "1.2.3", "1.2.3.4"
    ds.Modality, ds.PatientID, ds.PatientName = "MR", "phantom", "Phantom"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames.shape[0], frames.shape[1], frames.shape[2]
    colour = frames.ndim == 4
    ds.SamplesPerPixel, ds.PhotometricInterpretation = (3, "RGB") if colour else (1, "MONOCHROME2")
    if colour:
        ds.PlanarConfiguration = 0
    bits = frames.dtype.itemsize * 8
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = bits, bits, bits - 1
    ds.PixelRepresentation = int(frames.dtype.kind == "i")
    for keyword, value in (tags or {}).items():
        setattr(ds, keyword, value)

    def item(values: Mapping[str, Any]) -> Any:
        made = Dataset()
        for keyword, value in values.items():
            setattr(made, keyword, [item(value)] if isinstance(value, Mapping) else value)
        return made

    ds.SharedFunctionalGroupsSequence = [item(shared or {})]
    ds.PerFrameFunctionalGroupsSequence = [item(group) for group in groups]
    ds.PixelData = (
        encapsulate(list(packed)) if packed is not None else frames.astype(frames.dtype.newbyteorder("<")).tobytes()
    )
    ds["PixelData"].VR = "OB" if packed is not None or bits == 8 else "OW"
    path.parent.mkdir(parents=True, exist_ok=True)
    dcmwrite(path, ds, enforce_file_format=True)
    return path


def macros(
    place: Sequence[float],
    axes: Sequence[float] = AXIAL,
    spacing: tuple[float, float] = (2.0, 1.5),
    *,
    slope: float = 1.0,
    intercept: float = 0.0,
    b: float | None = None,
    direction: Sequence[float] | None = None,
    isotropic: bool = False,
    kind: Sequence[str] | None = None,
    time: str = "",
) -> dict[str, Any]:
    """The functional groups of a frame."""
    found: dict[str, Any] = {
        "PlanePositionSequence": {"ImagePositionPatient": [float(value) for value in place]},
        "PlaneOrientationSequence": {"ImageOrientationPatient": [float(value) for value in axes]},
        "PixelMeasuresSequence": {"PixelSpacing": list(spacing), "SliceThickness": 4.0},
        "PixelValueTransformationSequence": {"RescaleSlope": slope, "RescaleIntercept": intercept, "RescaleType": "US"},
    }
    if kind is not None:
        found["MRImageFrameTypeSequence"] = {"FrameType": list(kind)}
    if time:
        found["FrameContentSequence"] = {"FrameAcquisitionDateTime": time}
    if b is not None:
        diffusion: dict[str, Any] = {"DiffusionBValue": b}
        diffusion["DiffusionDirectionality"] = "ISOTROPIC" if isotropic else "DIRECTIONAL" if direction else "NONE"
        if direction is not None:
            diffusion["DiffusionGradientDirectionSequence"] = {"DiffusionGradientOrientation": list(direction)}
        found["MRDiffusionSequence"] = diffusion
    return found


def csa(values: Mapping[str, Sequence[str]], marked: bool = True) -> bytes:
    """A Siemens CSA header, with the mark SV10 or without."""
    out = b"SV10\4\3\2\1" if marked else b""
    out += struct.pack("<2I", len(values), 77)
    of_first = None
    for name, items in values.items():
        of_first = len(items) if of_first is None else of_first
        out += name.encode().ljust(64, b"\0") + struct.pack("<i4s3i", len(items), b"FD\0\0", 3, len(items), 77)
        for item in items:
            content = item.encode() + b"\0"
            length = len(content)
            words = (length, length, 77, length) if marked else (length + of_first, 0, 77, 0)
            out += struct.pack("<4i", *words) + content + b"\0" * (-length % 4)
    return out


def tiled(planes: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The planes side by side, row by row, the rest 0."""
    count, height, width = planes.shape
    picture = np.zeros((rows * height, columns * width), planes.dtype)
    for number in range(count):
        top, left = number // columns * height, number % columns * width
        picture[top : top + height, left : left + width] = planes[number]
    return picture
