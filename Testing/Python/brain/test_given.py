"""Brain masks that a user brings: read, made sure of, laid on another grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.files import sha256_of
from StrokeSegLogic.brain.given import GivenMask
from StrokeSegLogic.space.grid import Grid

GRID = Grid((12, 10, 8), (3.0, 3.0, 4.0), (-18.0, -15.0, -16.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def block() -> np.ndarray:
    """Ones from index 2 up to 7 along every axis, in nothing; (z, y, x)."""
    mask = np.zeros(GRID.shape, np.uint8)
    mask[2:7, 2:7, 2:7] = 1
    return mask


@pytest.mark.parametrize("name", ["mask.nii.gz", "mask.nrrd", "mask.mha"])
def test_a_file_of_any_format_is_read_with_its_hash(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(GRID.image(block()), str(tmp_path / name))
    mask = GivenMask.of(tmp_path / name, GRID)
    assert np.array_equal(mask.on(GRID), block() > 0)
    assert mask.words == f"given by the user: {name}"
    assert mask.sha256 == sha256_of(tmp_path / name)


@pytest.mark.parametrize(
    "given",
    [
        GRID.image(block()),
        GRID.image(block().astype(np.float32) * -0.25),
        GRID.image(block() * np.uint8(255)),
        block(),
        block() > 0,
        block().astype(np.int64) * 41,
        block().astype(np.float64) / 7,
    ],
    ids=["image", "negative", "255", "array", "truth values", "whole numbers", "fractions"],
)
def test_whatever_is_not_0_is_brain(given: Any) -> None:
    mask = GivenMask.of(given, GRID)
    assert np.array_equal(mask.on(GRID), block() > 0)
    assert mask.sha256 == GivenMask.of(block(), GRID).sha256


def test_a_mask_on_a_finer_grid_is_cut_at_half(tmp_path: Path) -> None:
    fine = GRID.about_centre((24, 20, 16), (1.5, 1.5, 2.0))
    doubled = block().repeat(2, 0).repeat(2, 1).repeat(2, 2)
    assert np.array_equal(GivenMask.of(fine.image(doubled), GRID).on(GRID), block() > 0)


def test_an_anonymous_mask_does_not_tell_its_file(tmp_path: Path) -> None:
    sitk.WriteImage(GRID.image(block()), str(tmp_path / "jane_doe.nii.gz"))
    mask = GivenMask.read(tmp_path / "jane_doe.nii.gz").anonymous()
    assert mask.words == "given by the user"


def test_a_masks_name_is_printable() -> None:
    assert GivenMask.of_image(GRID.image(block()), "a\x1b[2Jb").source == "a\\x1b[2Jb"


FAR = Grid(GRID.size, GRID.spacing, (800.0, 0.0, 0.0), GRID.direction)
SHEARED = GRID.image(block())
SHEARED.SetDirection((1, 0.4, 0, 0, 0.9165151389911681, 0, 0, 0, 1))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros(GRID.shape, bool), "the brain mask is empty"),
        (GRID.image(np.full(GRID.shape, np.nan, np.float32)), "NaN"),
        (np.full(GRID.shape, np.nan), "NaN"),
        (block().T, r"shape \(12, 10, 8\)"),
        (sitk.Image(12, 10, sitk.sitkUInt8), "2 dimensions"),
        (sitk.Image([12, 10, 8, 2], sitk.sitkUInt8), "4 dimensions"),
        (sitk.Image([12, 10, 8], sitk.sitkVectorUInt8, 3), "3 values a voxel"),
        (sitk.Image([12, 10, 8], sitk.sitkComplexFloat32), "complex"),
        (SHEARED, "right angles|shear"),
        (7, "is a int, and no path"),
        ("", "the path is empty"),
        ("nowhere.nii.gz", "nowhere.nii.gz"),
        ("a\0b", "NUL|null"),
    ],
    ids=[
        *(
            "empty",
            "NaN in an image",
            "NaN in an array",
            "another shape",
            "2-D",
            "4-D",
            "vectors",
            "complex",
            "sheared",
        ),
        *("number", "no path", "no file", "NUL in the path"),
    ],
)
def test_what_cannot_be_a_brain_mask_is_refused_in_words(given: Any, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        GivenMask.of(given, GRID)
    assert caught.value.option == "brain_mask" or "NUL" in words
    assert caught.value.fix


def test_a_file_that_is_no_volume_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "mask.nii.gz").write_text("a mask, honestly", encoding="utf-8")
    with pytest.raises(InputError, match=r"mask\.nii\.gz") as caught:
        GivenMask.read(tmp_path / "mask.nii.gz")
    assert caught.value.option == "brain_mask"


def test_a_mask_elsewhere_is_refused_with_both_names() -> None:
    mask = GivenMask.of_image(FAR.image(block()), "mask.nii.gz")
    with pytest.raises(InputError, match=r"mask\.nii\.gz: the brain mask does not overlap .*reference DWI") as caught:
        mask.require_overlap(GRID, "DWI (scan)")
    assert caught.value.option == "brain_mask"
    GivenMask.of(block(), GRID).require_overlap(GRID, "DWI (scan)")


def test_probabilities_and_smoothed_masks_are_cut_at_half() -> None:
    soft = np.clip(block() * 0.9 + 0.05, 0, 1).astype(np.float32)
    smoothed = sitk.DiscreteGaussian(GRID.image(block().astype(np.float32)), 4.0)
    ringing = GRID.image(sitk.GetArrayFromImage(smoothed) * 1.04 - 0.02)
    assert np.array_equal(GivenMask.of(soft, GRID).on(GRID), block() > 0)
    assert np.array_equal(GivenMask.of(soft.astype(np.float64), GRID).on(GRID), block() > 0)
    for image in (smoothed, ringing):
        mask = GivenMask.of_image(image, "soft").on(GRID)
        assert mask.any() and np.array_equal(mask, sitk.GetArrayViewFromImage(image) >= 0.5)
    with pytest.raises(InputError, match="no voxel of it is brain"):
        GivenMask.of(soft * 0.4, GRID)


LARGE = Grid((24, 24, 20), (10.0, 10.0, 10.0), (0.0, 0.0, 0.0), GRID.direction)


def ball_in_large(radius: float = 7.0) -> np.ndarray:
    z, y, x = np.indices(LARGE.shape)
    inside: np.ndarray = (z - 10) ** 2 + (y - 12) ** 2 + (x - 12) ** 2 < radius**2
    return inside


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.ones(LARGE.shape, np.uint8), "100% of all voxels are brain"),
        (np.where(ball_in_large(), 1, -1).astype(np.int16), "100% of all voxels are brain"),
        (np.ones(LARGE.shape, np.float32), "100% of all voxels are brain"),
        (~ball_in_large(), r"holds 1\d,\d{3} ml, and no brain has more than 2,100 ml"),
        (ball_in_large(8.3), r"holds 2,\d{3} ml, and no brain has more than 2,100 ml"),
    ],
    ids=["all set", "background of -1", "all set, float", "inverted", "a head"],
)
def test_what_no_brain_can_be_is_refused_with_its_reason_and_advice(given: np.ndarray, words: str) -> None:
    assert GivenMask.of(ball_in_large(), LARGE).on(LARGE).any()
    with pytest.raises(InputError, match=words) as caught:
        GivenMask.of(given, LARGE)
    assert caught.value.option == "brain_mask" and "0 in the background" in str(caught.value.fix)


def test_a_mask_in_air_is_refused_and_not_the_volume() -> None:
    head = GRID.image(block().astype(np.float32) * 300)
    air = np.zeros(GRID.shape, np.uint8)
    air[:, :, 8:] = 1
    GivenMask.of(block(), GRID).require_signal(head, "FLAIR (scan)")
    for mask in (air, air | (block() & (np.arange(12) > 4))):
        with pytest.raises(InputError, match="% of the brain mask lies where FLAIR .scan. shows nothing") as caught:
            GivenMask.of(mask, GRID).require_signal(head, "FLAIR (scan)")
        assert caught.value.option == "brain_mask"


def test_a_mask_too_small_for_the_grid_is_told_so() -> None:
    speck = np.zeros(GRID.shape, np.uint8)
    speck[4, 5, 6] = 1
    with pytest.raises(InputError, match=r"too small: its 0\.036 ml vanish between voxels of 9 x 9 x 12 mm"):
        GivenMask.of(speck, GRID).on(GRID.about_centre((4, 4, 3), (9.0, 9.0, 12.0)))


def test_a_mask_that_leaves_no_brain_on_the_grid_is_refused() -> None:
    corner = np.zeros(GRID.shape, np.uint8)
    corner[0, 0, 0] = 1
    mask = GivenMask.of(corner, GRID)
    with pytest.raises(InputError, match="no voxel of the brain mask lies within"):
        mask.on(GRID.crop((4, 4, 4), (6, 5, 4)))
