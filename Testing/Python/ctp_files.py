"""Files of CT perfusion for tests, written with nibabel and pydicom and not with the package itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from io_fixtures import dicom_slices, stored

OFFSET = 1024


def frames(count: int = 12, shape: tuple[int, int, int] = (4, 10, 12), seed: int = 0) -> np.ndarray:
    """HU over time (t, z, y, x), int16; every voxel differs from frame to frame."""
    noise = np.random.default_rng(seed).integers(-100, 100, (count, *shape))
    return (noise + 10 * np.arange(count)[:, None, None, None]).astype(np.int16)


def nifti_series(path: Path, hu: np.ndarray, step: float = 1.5, unit: str | None = "sec", start: float = 0.0) -> Path:
    """A 4-D NIfTI file of frames (t, z, y, x)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(hu.T, np.diag([-0.9, -0.8, 5.0, 1.0]))
    image.header.set_xyzt_units("mm", unit)
    image.header["pixdim"][4] = step
    image.header["toffset"] = start
    nib.save(image, path)
    return path


def clock(seconds: float) -> str:
    """A DICOM time of day."""
    minutes, rest = divmod(seconds % 86400, 60)
    return f"{int(minutes // 60):02d}{int(minutes % 60):02d}{rest:09.6f}"


def at(moment: float) -> dict[str, Any]:
    """The tags of a slice recorded at some seconds of the day."""
    return {"AcquisitionTime": clock(moment)}


def dicom_ctp(
    folder: Path,
    hu: np.ndarray,
    when: Callable[[int, int], Mapping[str, Any]],
    *,
    uid: Callable[[int], str] = lambda frame: "1.2.840.7",
    description: str = "Head CTP 5.0",
    leave_out: Sequence[tuple[int, int]] = (),
    step: Sequence[float] | None = None,
    **tags: Any,
) -> Path:
    """A perfusion series, one file a slice and frame, in an order of names that has nothing to do with time or place.

    Args:
        when: tags of frame and slice.
        uid: of the series of a frame.
        leave_out: (frame, slice) that are not written.
        step: from slice to slice, mm.
    """
    move = np.array([0.0, 0.0, 5.0] if step is None else step)
    shuffled = np.random.default_rng(1).permutation(hu.shape[0] * hu.shape[1]).reshape(hu.shape[:2])
    for frame, volume in enumerate(hu):
        for place, plane in enumerate(volume):
            if (frame, place) in leave_out:
                continue
            dicom_slices(
                folder,
                (plane[None].astype(int) + OFFSET),
                uid=uid(frame),
                origin=np.array([-10.0, 20.0, 30.0]) + place * move,
                spacing=(0.9, 0.8, 5.0),
                prefix=f"{shuffled[frame, place]:05d}_",
                suffix="",
                tags={
                    "Modality": "CT",
                    "SeriesDescription": description,
                    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
                    "RescaleSlope": 1,
                    "RescaleIntercept": -OFFSET,
                    **tags,
                    **when(frame, place),
                },
            )
    return folder


def dicom_map(folder: Path, name: str, seed: int = 0, **more: Any) -> Path:
    """A perfusion map as a folder of DICOM slices, named by its description."""
    tags = {"Modality": "CT", "SeriesDescription": name, "ImageType": ["DERIVED", "SECONDARY", "AXIAL"]}
    origin = more.pop("origin", (-10.0, 20.0, 30.0))
    prefix = "".join(letter for letter in name if letter.isalnum())
    dicom_slices(folder, stored(seed=seed), suffix="", prefix=prefix, origin=origin, tags={**tags, **more})
    return folder
