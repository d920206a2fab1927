"""NaN around a head stops nothing; within a head a few voxels are said, and more are refused with their number."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import nifti, refusal

from StrokeSegLogic.study.case import Role
from StrokeSegLogic.study.series.load import load_case


def head(fill: float = 500.0, shape: tuple[int, int, int] = (24, 24, 12)) -> np.ndarray:
    """An ellipsoid (x, y, z) with a dark middle in noise-free air."""
    x, y, z = (np.linspace(-1.2, 1.2, n) for n in shape)
    radius = np.sqrt(x[:, None, None] ** 2 + y[None, :, None] ** 2 + z[None, None, :] ** 2)
    return np.where(radius < 1, np.where(radius < 0.3, fill / 50, fill + 100 * radius), 0.0).astype(np.float32)


def around(data: np.ndarray) -> np.ndarray:
    return np.where(data > 0, data, np.nan)


def corner(data: np.ndarray) -> np.ndarray:
    data[0, 0, 0], data[1, 2, 0] = np.nan, np.inf
    return data


def beside(data: np.ndarray) -> np.ndarray:
    data[1, 12, 6] = np.nan
    return data


def whole_slice(data: np.ndarray) -> np.ndarray:
    data[..., 0] = -np.inf
    return data


@pytest.mark.parametrize("spoil", [around, corner, beside, whole_slice], ids=lambda f: f.__name__)
@pytest.mark.parametrize("role", [Role.DWI, Role.FLAIR, Role.ADC, Role.T1], ids=str)
def test_values_that_are_missing_outside_of_the_head_are_0_and_said(tmp_path, spoil, role):
    data = spoil(head())
    missing = int((~np.isfinite(data)).sum())
    nifti(tmp_path / f"{role}.nii.gz", data)
    case = load_case(tmp_path)
    values = sitk.GetArrayFromImage(case.series[role].image).T
    assert np.array_equal(values, np.where(np.isfinite(data), data, 0))
    (note,) = case.notes
    assert (
        note.startswith(f"{role}.nii.gz: {missing} voxel") and note.endswith("count as 0: outside of the head")
    ) or (missing == 1 and note.endswith("counts as 0: outside of the head"))


@pytest.mark.parametrize("place", [(12, 12, 6), (12, 18, 6)], ids=["dark middle", "bright tissue"])
def test_a_voxel_within_the_head_is_said_to_be_of_it_and_many_are_refused(tmp_path, place):
    data = head()
    data[place] = np.nan
    nifti(tmp_path / "DWI.nii.gz", data)
    (note,) = load_case(tmp_path).notes
    assert "1 of them inside of the head, where nothing can be judged" in note
    data[8:12, 8:12, 5:7] = np.nan
    nifti(tmp_path / "DWI.nii.gz", data)
    assert "NaN or infinite voxels inside of the head" in refusal(load_case, tmp_path)


def test_a_map_that_lacks_the_brain_does_not_take_the_rest_of_the_study_with_it(tmp_path):
    nifti(tmp_path / "DWI.nii.gz", head())
    data = head()
    data[8:16, 8:16, 4:8] = np.nan
    nifti(tmp_path / "ADC.nii.gz", data)
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI,) and "ADC.nii.gz was left aside as ADC: it holds" in case.notes[0]


def test_a_diffusion_series_and_an_image_in_memory_are_treated_alike(tmp_path):
    nifti(tmp_path / "x_dwi.nii.gz", np.stack([around(head(900)), around(head())], -1))
    (tmp_path / "x_dwi.bval").write_text("0 1000")
    case = load_case(tmp_path)
    assert case.roles == (Role.DWI, Role.ADC) and "count as 0: outside of the head" in case.series[Role.DWI].reason
    for role in case.roles:
        assert np.isfinite(sitk.GetArrayViewFromImage(case.series[role].image)).all()
    image = sitk.GetImageFromArray(around(head()).T)
    series = load_case({"DWI": image}).series[Role.DWI]
    assert np.isfinite(sitk.GetArrayViewFromImage(series.image)).all() and "outside of the head" in series.reason
