"""Colour-coded maps in a study: values out of colours, and what is asked where their range is not known."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from ctp_files import dicom_map
from io_fixtures import nifti, refusal

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case

OURS = ("CBF", "CBV", "TTP", "TMAX", "MTT", "MIP", "CT")


def coloured(values: np.ndarray, top: float) -> np.ndarray:
    """Slices (z, y, x, 3) as a vendor shows them: a ramp of colours, its bar on the right, black around."""

    def table(part: np.ndarray) -> np.ndarray:
        part = np.clip(part, 0, 1)[..., None]
        return np.concatenate([part, 1 - np.abs(2 * part - 1), 1 - part], -1)

    shown = np.where((values > 0)[..., None], table(values / top), 0)
    rows = values.shape[1]
    bar = table(np.linspace(1, 0, rows - 24))
    shown[:, 12:-12, -20:-12] = bar[None, :, None]
    return (shown * 255).round().astype(np.uint8)


def tmax_map() -> np.ndarray:
    z, y, x = np.mgrid[:4, :128, :128]
    inside = ((x - 54) / 40) ** 2 + ((y - 64) / 50) ** 2 < 1
    return np.where(inside, 0.5 + 11 * (x / 128) * (0.5 + z / 6), 0).astype(np.float32)


def colour_nifti(path: Path, values: np.ndarray, top: float) -> Path:
    rgb = coloured(values, top)
    packed = np.zeros(values.T.shape, [("R", "u1"), ("G", "u1"), ("B", "u1")])
    for channel, letter in enumerate("RGB"):
        packed[letter] = rgb[..., channel].T
    nib.save(nib.Nifti1Image(packed, np.diag([-2.0, -2.0, 5.0, 1.0])), path)
    return path


def test_a_colour_coded_map_gives_its_values_once_its_range_is_said(tmp_path):
    values = tmax_map()
    path = colour_nifti(tmp_path / "tmax.nii.gz", values, 12.0)
    case = load_case([f"TMAX={path}@0..12"])
    series = case.series[Role.TMAX]
    found = sitk.GetArrayFromImage(series.image)
    inside = (values > 0) & (found > 0)
    assert inside.sum() > 0.98 * (values > 0).sum() and not found[values == 0].any()
    assert np.abs(found - values)[inside].max() < 0.15
    assert series.confidence < 1 and "its colours run from 0 to 12, named by the user" in series.reason
    assert any("colours tell values" in note for note in case.notes)
    assert load_case({"TMAX": f"{path}@0..120"}).series[Role.TMAX].image.GetPixelID() == sitk.sitkFloat32


def test_without_its_range_or_its_bar_a_colour_coded_map_is_refused(tmp_path):
    path = colour_nifti(tmp_path / "tmax.nii.gz", tmax_map(), 12.0)
    message = refusal(load_case, {"TMAX": path})
    assert "what the ends of its colour bar stand for is not known" in message and "(colour_range)" in message
    assert "what the ends of its colour bar stand for" in refusal(load_case, tmp_path)
    assert "the scale runs from 3 to 3" in refusal(load_case, [f"TMAX={path}@3..3"])
    bare = np.zeros((12, 10, 6), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    bare["R"] = np.random.default_rng(0).integers(0, 255, bare.shape)
    nib.save(nib.Nifti1Image(bare, np.eye(4)), tmp_path / "bare.nii.gz")
    assert "no colour bar was found" in refusal(load_case, [f"TMAX={tmp_path / 'bare.nii.gz'}@0..12"])
    assert "is in colour and cannot be the MIP" in refusal(load_case, [f"MIP={path}@0..12"])
    assert "is in colour" in refusal(load_case, [f"CTP={path}"])
    assert "3 values a voxel (colours" in refusal(load_case, [f"DWI={path}"])
    grey = nifti(tmp_path / "grey.nii.gz")
    assert "has grey values, and a colour range" in refusal(load_case, [f"TMAX={grey}@0..12"])


def test_beside_grey_maps_a_colour_coded_map_is_left_aside(tmp_path):
    nifti(tmp_path / "CBF.nii.gz")
    nifti(tmp_path / "Tmax.nii.gz")
    colour_nifti(tmp_path / "Tmax_coloured.nii.gz", tmax_map(), 12.0)
    colour_nifti(tmp_path / "CBV.nii.gz", tmax_map(), 12.0)
    case = load_case(tmp_path)
    assert case.roles == (Role.CBF, Role.TMAX) and case.series[Role.TMAX].source == "Tmax.nii.gz"
    assert any("Tmax.nii.gz was taken for Tmax: it has grey values, not colours" in note for note in case.notes)
    assert any(
        "CBV.nii.gz was left aside as CBV" in note and "Name them, for instance 0..12" in note for note in case.notes
    )


def test_a_colour_coded_secondary_capture_takes_its_range_from_its_window(tmp_path):
    values = tmax_map()
    rgb = coloured(values, 12.0)
    folder = tmp_path / "tmax"
    dicom_map(folder, "Tmax (s)")
    pydicom = pytest.importorskip("pydicom")
    paths = sorted(folder.iterdir(), key=lambda p: float(pydicom.dcmread(p).ImagePositionPatient[2]))
    for path, plane in zip(paths[: len(rgb)], rgb, strict=True):
        dataset = pydicom.dcmread(path)
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit, dataset.Rows, dataset.Columns = 7, *plane.shape[:2]
        dataset.PixelData = plane.tobytes()
        dataset.save_as(path)
    for path in paths[len(rgb) :]:
        path.unlink()
    assert "colour bar stand for is not known" in refusal(load_case, folder)
    by_user = load_case([f"TMAX={folder}@0..12"]).series[Role.TMAX]
    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.WindowCenter, dataset.WindowWidth = 6, 12
        dataset.save_as(path)
    by_window = load_case(folder).series[Role.TMAX]
    assert "taken from the window in the DICOM header" in by_window.reason
    assert np.array_equal(sitk.GetArrayFromImage(by_user.image), sitk.GetArrayFromImage(by_window.image))
    found = sitk.GetArrayFromImage(by_window.image)
    inside = (values > 0) & (found > 0)
    assert inside.any() and np.abs(found - values)[inside].max() < 0.15
