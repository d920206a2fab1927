"""What a volume must be before a network sees it."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from io_fixtures import nifti, refusal, voxels

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.study.volumes.checks import validate
from StrokeSegLogic.study.volumes.geometry import placed
from StrokeSegLogic.study.volumes.reader import read_volume


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (np.ones((10, 12, 6), np.float32), "same value (1)"),
        (voxels((10, 12, 1)), "single slice"),
        (voxels((12, 7, 6)), "too small"),
    ],
)
def test_a_volume_unfit_for_the_networks_is_refused(tmp_path, data, word):
    image = read_volume(nifti(tmp_path / "a.nii", data))
    assert word in refusal(validate, image, "a")


def test_an_image_from_memory_is_held_to_the_same_rules():
    image = sitk.GetImageFromArray(voxels().T)
    bad = sitk.Image(image)
    bad.SetDirection([1, 0.3, 0, 0, 1, 0, 0, 0, 1])
    assert "sheared" in refusal(validate, bad, "node")
    assert "values a voxel" in refusal(validate, sitk.Compose(image, image), "node")
    assert "4 dimensions" in refusal(validate, sitk.JoinSeries(image, image), "node")
    tiny = sitk.Image(image)
    tiny.SetSpacing((0.001, 0.001, 0.001))
    assert "length unit" in refusal(validate, tiny, "node")
    nan = sitk.GetArrayFromImage(image)
    nan[0, 0, 0] = np.nan
    assert "1 NaN" in refusal(validate, sitk.GetImageFromArray(nan), "node")
    validate(image, "node")


@pytest.mark.parametrize(
    ("size", "spacing", "word"),
    [
        ((32, 32, 12), (70.0, 70.0, 125.0), "2240 x 2240 x 1500 mm"),
        ((8, 8, 8), (120.0, 120.0, 120.0), "voxels of 120"),
        ((40, 40, 40), (24.0, 24.0, 24.0), "960 x 960 x 960 mm"),
        ((10, 10, 10), (1e30, 1.0, 1.0), "1e+31"),
    ],
)
def test_a_field_of_view_that_no_head_needs_is_refused(size, spacing, word):
    noise = np.random.default_rng(0).normal(size=size[::-1]).astype(np.float32)
    image = sitk.GetImageFromArray(noise)
    image.SetSpacing((3.0, 3.0, 3.0))
    validate(image, "node")
    image.SetSpacing(spacing)
    message = refusal(validate, image, "node")
    assert word in message and "600 mm" in message


@pytest.mark.parametrize("value", [1.1e6, -1e9, 1e300, -1e300])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_volume_that_lies_kilometres_away_is_refused(value, axis):
    origin = np.zeros(3)
    origin[axis] = value
    with pytest.raises(InputError, match="km from the scanner's middle") as caught:
        placed((4, 4, 4), np.eye(3), origin, "scan")
    assert len(str(caught.value)) < 500
    origin[axis] = 5_000.0
    assert placed((4, 4, 4), np.eye(3), origin, "scan").origin[axis] == 5_000.0


def test_a_volume_of_a_scene_that_lies_kilometres_away_is_refused_too():
    image = sitk.GetImageFromArray(voxels((20, 20, 8)))
    image.SetOrigin((0.0, 1e300, 0.0))
    with pytest.raises(InputError, match="km from the scanner's middle"):
        validate(image, "scene")
