from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import STORAGES, grids

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.space.grid import WORKING_ORIENTATION, Grid, bounding_box, reorient, require_overlap, working_grid
from StrokeSegLogic.space.resampling import resample


def numbered(grid: Grid) -> np.ndarray:
    return np.arange(np.prod(grid.shape), dtype=np.float32).reshape(grid.shape)


@given(grids())
def test_an_image_made_on_a_grid_has_exactly_that_grid(grid: Grid) -> None:
    image = grid.image(numbered(grid))
    assert Grid.of(image) == grid


@given(grids(), st.data())
def test_world_positions_agree_with_simpleitk(grid: Grid, data: st.DataObject) -> None:
    index = data.draw(st.tuples(*[st.floats(-3, 15)] * 3))
    expected = grid.image(numbered(grid)).TransformContinuousIndexToPhysicalPoint(index)
    np.testing.assert_allclose(grid.to_world(np.array([index]))[0], expected, atol=1e-6)


@given(grids())
def test_world_positions_agree_with_nibabel(tmp_path_factory: pytest.TempPathFactory, grid: Grid) -> None:
    path = tmp_path_factory.mktemp("nifti") / "volume.nii"
    sitk.WriteImage(grid.image(numbered(grid)), str(path))
    image = nib.load(path)
    # nibabel's world is RAS and its arrays are (x, y, z).
    last = np.array(grid.size) - 1
    ras = image.affine @ np.array([*last, 1.0])
    np.testing.assert_allclose(grid.to_world(last[None])[0] * (-1, -1, 1), ras[:3], atol=2e-3)


@given(grids())
def test_index_and_world_are_inverse(grid: Grid) -> None:
    index = np.array([[0.25, 1.5, -2.0], [3.0, 0.0, 1.0]])
    np.testing.assert_allclose(grid.to_index(grid.to_world(index)), index, atol=1e-6)


@given(grids())
def test_the_way_into_working_orientation_and_back_is_exact(grid: Grid) -> None:
    array = numbered(grid)
    back = resample(reorient(grid.image(array)), grid, "nearest")
    assert Grid.of(back) == grid
    np.testing.assert_array_equal(sitk.GetArrayFromImage(back), array)


@given(grids())
def test_working_orientation_is_what_its_name_says(grid: Grid) -> None:
    found = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(working_grid(grid, 1.0).direction)
    assert found == WORKING_ORIENTATION


@given(grids(), st.floats(0.5, 4.0))
def test_the_working_grid_covers_the_reference_with_less_than_a_voxel_to_spare(grid: Grid, spacing: float) -> None:
    working = working_grid(grid, spacing)
    assert working.spacing == (spacing,) * 3
    index = working.to_index(grid.corners())
    low, high = index.min(axis=0), index.max(axis=0)
    extent = np.array(working.size) - 0.5
    assert (low >= -0.5 - 0.01).all() and (high <= extent + 0.01).all()
    assert (low < 0.51).all() and (high > extent - 1.01).all()


@given(grids(), st.sampled_from(STORAGES), st.floats(0.7, 3.0))
def test_the_working_grid_does_not_depend_on_how_the_volume_is_stored(
    grid: Grid, storage: tuple[tuple[int, ...], tuple[int, ...]], spacing: float
) -> None:
    order, signs = storage
    image = sitk.PermuteAxes(grid.image(numbered(grid)), order)
    image = sitk.Flip(image, [sign < 0 for sign in signs], False)
    first, other = working_grid(grid, spacing), working_grid(Grid.of(image), spacing)
    assert first.same(other)


@given(grids(max_size=9), st.data())
def test_a_crop_keeps_every_voxel_where_it_is(grid: Grid, data: st.DataObject) -> None:
    start = tuple(data.draw(st.integers(0, n - 1)) for n in grid.size)
    size = tuple(data.draw(st.integers(1, n - s)) for n, s in zip(grid.size, start, strict=True))
    array = numbered(grid)
    part = resample(grid.image(array), grid.crop(start, size), "nearest")  # type: ignore[arg-type]
    box = tuple(slice(s, s + n) for s, n in zip(start[::-1], size[::-1], strict=True))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(part), array[box])
    back = sitk.GetArrayFromImage(resample(part, grid, "nearest", fill=-1))
    np.testing.assert_array_equal(back[box], array[box])
    assert (back == -1).sum() == array.size - np.prod(size)


def test_a_crop_that_leaves_the_grid_is_refused() -> None:
    grid = Grid((4, 5, 6), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    with pytest.raises(ValueError, match="leaves the grid"):
        grid.crop((2, 0, 0), (3, 5, 6))


@settings(max_examples=30)
@given(grids(max_size=10), grids(max_size=10))
def test_linear_resampling_of_a_ramp_gives_the_ramp(grid: Grid, other: Grid) -> None:
    # An independent truth: a function linear in space is reproduced by linear interpolation wherever there is data.
    def ramp(g: Grid) -> np.ndarray:
        z, y, x = np.indices(g.shape)
        world = g.to_world(np.stack([x, y, z], -1).reshape(-1, 3))
        return (world @ (0.3, -0.2, 0.5) + 7).reshape(g.shape)

    # No smoothing here: the target is not coarser along any axis.
    fine = Grid(other.size, tuple(min(s, min(grid.spacing)) for s in other.spacing), grid.origin, other.direction)  # type: ignore[arg-type]
    moved = sitk.GetArrayFromImage(resample(grid.image(ramp(grid)), fine, fill=np.nan))
    z, y, x = np.indices(fine.shape)
    index = grid.to_index(fine.to_world(np.stack([x, y, z], -1).reshape(-1, 3))).reshape(*fine.shape, 3)
    inside = ((index > 0.01) & (index < np.array(grid.size) - 1.01)).all(-1)
    np.testing.assert_allclose(moved[inside], ramp(fine)[inside], atol=1e-3)


def test_an_image_on_the_wanted_grid_is_handed_back_untouched() -> None:
    grid = Grid((4, 5, 6), (0.5, 1.0, 2.0), (3.0, -2.0, 9.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    image = grid.image(numbered(grid))
    assert resample(image, grid) is image


def test_fine_stripes_do_not_alias_when_they_get_coarser() -> None:
    grid = Grid((64, 8, 8), (0.5, 1.0, 1.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    stripes = np.zeros(grid.shape, np.float32)
    stripes[..., ::2] = 2.0
    coarse = Grid((15, 8, 8), (2.0, 1.0, 1.0), (1.0, 0.0, 0.0), grid.direction)
    values = sitk.GetArrayFromImage(resample(grid.image(stripes), coarse))[:, :, 1:-1]
    assert abs(values - 1.0).max() < 0.1


@given(st.data())
def test_the_bounding_box_holds_all_and_touches_all_sides(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(*[st.integers(1, 7)] * 3))
    count = data.draw(st.integers(1, 5))
    points = [tuple(data.draw(st.integers(0, n - 1)) for n in shape) for _ in range(count)]
    mask = np.zeros(shape, bool)
    for point in points:
        mask[point] = True
    start, size = bounding_box(mask)
    np.testing.assert_array_equal(start[::-1], np.argwhere(mask).min(axis=0))
    np.testing.assert_array_equal(np.array(start[::-1]) + size[::-1] - 1, np.argwhere(mask).max(axis=0))


def test_an_empty_mask_has_no_bounding_box() -> None:
    with pytest.raises(ValueError, match="no voxel"):
        bounding_box(np.zeros((2, 2, 2), bool))


def test_volumes_apart_in_space_are_refused_in_one_line() -> None:
    grid = Grid((10, 10, 10), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    far = Grid(grid.size, grid.spacing, (500.0, 0.0, 0.0), grid.direction)
    with pytest.raises(InputError, match=r"far\.nii: does not overlap in space with the reference near\.nii") as caught:
        require_overlap(far.image(np.zeros(far.shape)), "far.nii", grid, "near.nii")
    assert "\n" not in str(caught.value)


def test_a_small_slab_inside_a_large_volume_overlaps_wholly() -> None:
    large = Grid((100, 100, 100), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    slab = large.crop((40, 40, 40), (10, 10, 3))
    assert slab.overlap(large) == large.overlap(slab) == 1.0
