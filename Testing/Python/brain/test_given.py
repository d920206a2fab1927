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


def test_a_mask_that_leaves_no_brain_on_the_grid_is_refused() -> None:
    corner = np.zeros(GRID.shape, np.uint8)
    corner[0, 0, 0] = 1
    mask = GivenMask.of(corner, GRID)
    with pytest.raises(InputError, match="no voxel of the brain mask lies within"):
        mask.on(GRID.crop((4, 4, 4), (6, 5, 4)))
