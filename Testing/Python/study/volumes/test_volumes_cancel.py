"""A cancel is heard in reading: between parts of a file, slices, frames and files, told by how much is still done."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from cancelling import AfterSome
from io_fixtures import dicom_slices, nifti, stored

from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.progress import CancelToken, Progress, hearing
from StrokeSegLogic.study.volumes import dicom
from StrokeSegLogic.study.volumes.dicom import read_dicom_series
from StrokeSegLogic.study.volumes.reader import read_time_series, read_volume
from StrokeSegLogic.study.volumes.study_files import find_series


def noise(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 4000, shape).astype(np.int16)


def volume_file(folder: Path, name: str) -> Path:
    """4 MB of voxels."""
    path, voxels = folder / name, noise((128, 128, 128))
    if ".nii" in name:
        content = nib.Nifti1Image(voxels, np.eye(4)).to_bytes()
        path.write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)
    else:
        sitk.WriteImage(sitk.GetImageFromArray(voxels), str(path), name.startswith("packed"))
    return path


def series_file(folder: Path, name: str) -> Path:
    """Five frames of 1 MB."""
    path, frames = folder / name, noise((5, 32, 128, 128))
    if name.endswith(".nii"):
        image = nib.Nifti1Image(frames.T, np.eye(4))
        image.header.set_xyzt_units("mm", "sec")
        image.header["pixdim"][4] = 2.0
        nib.save(image, path)
    else:
        image = sitk.GetImageFromArray(frames, isVector=False)
        image.SetSpacing((1, 1, 1, 2))
        sitk.WriteImage(image, str(path))
    return path


def heard_before_each_part(read: Callable[[], object], parts: int) -> None:
    """Holds that reading asks before each part, and that nothing is asked, so nothing read, after the cancel."""
    never = AfterSome(10**9)
    with hearing(Progress(cancel=never)):
        read()
    assert never.asked >= parts
    for before in (0, 1, parts - 1):
        token = AfterSome(before)
        with hearing(Progress(cancel=token)), pytest.raises(Cancelled):
            read()
        assert token.asked == before + 1


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "packed.nrrd", "a.mha", "packed.mha"])
def test_between_parts_of_a_volume(tmp_path: Path, name: str) -> None:
    path = volume_file(tmp_path, name)
    heard_before_each_part(lambda: read_volume(path), parts=4)


@pytest.mark.parametrize("name", ["a.nii", "a.nrrd", "a.mha"])
def test_between_frames(tmp_path: Path, name: str) -> None:
    path = series_file(tmp_path, name)
    heard_before_each_part(lambda: read_time_series(path), parts=5)


def test_between_frames_that_are_values_of_a_voxel(tmp_path: Path) -> None:
    path = tmp_path / "a.seq.nrrd"
    sitk.WriteImage(sitk.GetImageFromArray(noise((8, 8, 8, 5)), isVector=True), str(path))
    (tmp_path / "times.txt").write_text("0 2 4 6 8")
    heard_before_each_part(lambda: read_time_series(path), parts=5)


def test_between_files_of_a_folder(tmp_path: Path) -> None:
    for number in range(6):
        nifti(tmp_path / f"{number}.nii")
    heard_before_each_part(lambda: find_series(tmp_path), parts=6)


def test_no_other_slice_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pydicom")
    paths = dicom_slices(tmp_path, stored((6, 12, 10)))
    token, decoded, of_slice = CancelToken(), [], dicom.slice_pixels

    def counted(path: Path, *size: object) -> np.ndarray:
        decoded.append(path)
        if len(decoded) == 2:
            token.cancel()
        return of_slice(path, *size)  # type: ignore[arg-type]

    monkeypatch.setattr(dicom, "slice_pixels", counted)
    with hearing(Progress(cancel=token)), pytest.raises(Cancelled):
        read_dicom_series(paths)
    assert len(decoded) == 2
    # The process that decodes is not left with half an answer.
    assert read_dicom_series(paths).GetSize() == (10, 12, 6)


def test_no_other_header_is_read(tmp_path: Path) -> None:
    pytest.importorskip("pydicom")
    paths = dicom_slices(tmp_path, stored((6, 12, 10)))
    heard_before_each_part(lambda: read_dicom_series(paths), parts=12)
