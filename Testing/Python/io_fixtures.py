"""Files for the tests of volumes and series, written with nibabel and pydicom and not with the package itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError


def voxels(shape: tuple[int, ...] = (10, 12, 6), seed: int = 0) -> np.ndarray:
    """Random float32 voxels (x, y, z)."""
    return np.random.default_rng(seed).normal(100, 20, shape).astype(np.float32)


def nifti(path: Path, data: np.ndarray | None = None, affine: np.ndarray | None = None) -> Path:
    """A NIfTI file with sform and qform alike, in mm."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(voxels() if data is None else data, np.eye(4) if affine is None else affine)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path


def world(image: sitk.Image, index: Sequence[int]) -> np.ndarray:
    """Position of a voxel in mm, RAS (as nibabel has it)."""
    return np.asarray(image.TransformIndexToPhysicalPoint([int(i) for i in index])) * (-1, -1, 1)


def refusal(call: Any, *args: Any, **kwargs: Any) -> str:
    """The message of the InputError that the call raises: one line."""
    with pytest.raises(InputError) as caught:
        call(*args, **kwargs)
    message = str(caught.value)
    assert "\n" not in message
    assert "ITK ERROR" not in message and "Traceback" not in message
    return message


def dicom_slices(
    folder: Path,
    data: np.ndarray,
    *,
    suffix: str = ".dcm",
    uid: str | None = None,
    origin: Sequence[float] = (-10.0, 20.0, 30.0),
    spacing: Sequence[float] = (1.5, 2.0, 4.0),
    axes: Sequence[float] = (1, 0, 0, 0, 1, 0),
    slopes: Sequence[float] | None = None,
    step: Sequence[float] | None = None,
    prefix: str = "IM",
    private: Mapping[tuple[int, str, int], tuple[str, Any]] | None = None,
    tags: Mapping[str, Any] | None = None,
) -> list[Path]:
    """A classic MR series, one file a slice, whose file names run against the order of position.

    Args:
        folder: made if missing.
        data: stored integers (z, y, x).
        origin: centre of the first voxel, mm, LPS.
        spacing: between columns, rows, slices, mm.
        axes: directions of growing column and row index.
        slopes: rescale slope of each slice.
        step: from slice to slice, mm; by default along the normal.
        private: (group, creator, element) to (VR, value).
        tags: further keywords.
    """
    pydicom = pytest.importorskip("pydicom")
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

    folder.mkdir(parents=True, exist_ok=True)
    uid = uid or generate_uid()
    normal = np.cross(axes[:3], axes[3:])
    step = normal * spacing[2] if step is None else np.asarray(step)
    paths = []
    for k, plane in enumerate(data):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MRImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        ds.SOPClassUID, ds.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
        ds.SeriesInstanceUID, ds.StudyInstanceUID, ds.FrameOfReferenceUID = uid, "1.2.3", "1.2.3.4"
        ds.Modality, ds.PatientID, ds.PatientName = "MR", "phantom", "Phantom"
        ds.Rows, ds.Columns = plane.shape
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
        ds.PixelSpacing = [spacing[1], spacing[0]]
        ds.SliceThickness = spacing[2]
        ds.ImagePositionPatient = [float(x) for x in np.asarray(origin) + k * step]
        ds.ImageOrientationPatient = [float(a) for a in axes]
        ds.InstanceNumber = k + 1
        ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
        if slopes is not None:
            ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = slopes[k], 0, "US"
        for keyword, value in (tags or {}).items():
            setattr(ds, keyword, value)
        for (group, creator, element), (vr, value) in (private or {}).items():
            ds.private_block(group, creator, create=True).add_new(element, vr, value)
        ds.PixelData = plane.astype("<u2").tobytes()
        path = folder / f"{prefix}{len(data) - k:04d}{suffix}"
        pydicom.dcmwrite(path, ds, enforce_file_format=True)
        paths.append(path)
    return paths


def stored(shape: tuple[int, int, int] = (5, 12, 10), seed: int = 0) -> np.ndarray:
    """Random stored integers (z, y, x)."""
    return np.random.default_rng(seed).integers(0, 1000, shape)
