from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.volume import Frames, Volume, storable

GRID = Grid((4, 3, 2), (1.0, 2.0, 3.0), (5.0, 6.0, 7.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
VOXELS = np.arange(24, dtype=np.int16).reshape(GRID.shape)


def test_an_image_and_a_volume_are_each_others_copies() -> None:
    image = GRID.image(VOXELS)
    volume = Volume.of(image, "DWI")
    image[0, 0, 0] = 99
    assert np.array_equal(np.asarray(volume.array), VOXELS) and (volume.grid, volume.name) == (GRID, "DWI")
    assert np.array_equal(sitk.GetArrayFromImage(volume.image()), VOXELS) and Grid.of(volume.image()) == GRID


@pytest.mark.parametrize("image", [sitk.Image(3, 3, sitk.sitkUInt8), sitk.Image(3, 3, 3, sitk.sitkVectorFloat32)])
def test_a_picture_or_colours_are_no_volume(image: sitk.Image) -> None:
    with pytest.raises(InputError, match="scan: not a 3-D volume with one value a voxel"):
        Volume.of(image, "scan")


def test_only_a_grid_that_is_the_same_but_for_rounding_is_taken_over() -> None:
    volume = Volume(VOXELS, GRID)
    rounded = Grid(GRID.size, GRID.spacing, (5.0, 6.0, 7.0 + 1e-6), GRID.direction)
    moved = Grid(GRID.size, GRID.spacing, (5.0, 6.0, 8.0), GRID.direction)
    assert volume.on(rounded).grid is rounded
    assert volume.on(moved) is volume.on(None) is volume


def test_frames_are_one_array_once_that_is_asked_for() -> None:
    frames = Frames([VOXELS, VOXELS + 1])
    assert frames.shape == (2, *GRID.shape) and frames.dtype == np.int16
    assert np.array_equal(np.asarray(frames), np.stack([VOXELS, VOXELS + 1]))


@pytest.mark.parametrize(
    ("kind", "stored"),
    [("?", "u1"), ("f2", "f4"), ("i8", "i4"), ("u8", "i4"), (">f4", "f4"), (">i2", "i2"), ("f8", "f8")],
)
def test_types_that_slicer_does_not_know_become_types_that_hold_them(kind: str, stored: str) -> None:
    kept = storable(np.ones((2, 2, 2), kind))
    assert kept.dtype == np.dtype(stored) and kept.dtype.isnative and (kept == 1).all()


def test_whole_numbers_beyond_32_bits_become_floats_that_hold_them() -> None:
    assert storable(np.array([2**40])).tolist() == [2.0**40]
