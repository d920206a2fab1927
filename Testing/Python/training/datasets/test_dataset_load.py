from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from damage import cut_short, edit, move
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.study.volumes.reader import read_volume
from StrokeSegLogic.training.datasets.layouts import read_data_set
from StrokeSegLogic.training.datasets.load import labels, load_subject, same_place

Folder = Callable[[str], Path]


def test_everything_lies_on_the_references_grid(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("isles2022"))
    loaded = load_subject(data_set.subjects[0], data_set, ("DWI", "ADC", "FLAIR"))
    assert tuple(loaded.images) == ("DWI", "ADC", "FLAIR")
    assert all(Grid.of(image).same(loaded.grid) for image in (*loaded.images.values(), *loaded.masks.values()))
    assert loaded.grid.same(Grid.of(read_volume(data_set.subjects[0].images["DWI"])))


def test_an_image_on_another_grid_is_resampled_in_space(copy: Folder) -> None:
    """A FLAIR that holds its own world coordinate must show the DWI grid's coordinate."""
    data_set = read_data_set(copy("isles2022"))
    subject = data_set.subjects[0]
    image = nib.load(subject.images["FLAIR"])
    i, j, k = np.indices(image.shape)
    ramp = image.affine[0, 0] * i + image.affine[0, 1] * j + image.affine[0, 2] * k + image.affine[0, 3]
    nib.Nifti1Image(ramp.astype(np.float32) + 500, image.affine).to_filename(subject.images["FLAIR"])
    loaded = load_subject(subject, data_set, ("FLAIR",))
    shown = sitk.GetArrayFromImage(loaded.images["FLAIR"])
    index = np.argwhere(shown > 0)[:, ::-1]
    right = -loaded.grid.to_world(index)[:, 0] + 500
    inner = (np.abs(loaded.grid.to_world(index) - [0, 15, 8]) < 70).all(axis=1)
    assert inner.sum() > 5000
    assert np.abs(shown[tuple(index[inner].T[::-1])] - right[inner]).max() < 0.05


def test_the_reference_is_not_handed_out_unless_it_is_asked_for(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("isles2022"))
    assert set(load_subject(data_set.subjects[0], data_set, ["FLAIR"]).images) == {"FLAIR"}


def test_both_readers_masks_are_loaded_as_labels(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("ctp_folder"))
    loaded = load_subject(data_set.subjects[0], data_set, ("CBF",))
    assert set(loaded.masks) == {"NR1", "NR2"}
    for mask in loaded.masks.values():
        assert mask.GetPixelID() == sitk.sitkUInt8
        assert set(np.unique(sitk.GetArrayFromImage(mask))) == {0, 1, 2}


def test_a_mask_on_another_grid_is_refused_naming_both(copy: Folder) -> None:
    data_set = read_data_set(copy("isles2022"))
    subject = data_set.subjects[0]
    move(subject.masks["truth"], 3.0)
    with pytest.raises(InputError) as error:
        load_subject(subject, data_set, ("DWI",))
    assert subject.masks["truth"].name in str(error.value) and subject.images["DWI"].name in str(error.value)


def test_a_mask_that_differs_by_rounding_of_its_header_is_taken(copy: Folder) -> None:
    data_set = read_data_set(copy("isles2022"))
    subject = data_set.subjects[0]
    move(subject.masks["truth"], 0.004)
    loaded = load_subject(subject, data_set, ("DWI",))
    assert Grid.of(loaded.masks["truth"]) == loaded.grid


def test_a_missing_image_is_refused_naming_case_and_image(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("isles2022"))
    with pytest.raises(InputError, match="sub-strokecase0001 has no T1"):
        load_subject(data_set.subjects[0], data_set, ("DWI", "T1"))


def test_a_file_that_is_gone_is_refused_naming_case_and_file(copy: Folder) -> None:
    data_set = read_data_set(copy("isles2022"))
    data_set.subjects[0].images["ADC"].unlink()
    with pytest.raises(InputError, match=r"sub-strokecase0001: .*_adc.nii.gz: does not exist"):
        load_subject(data_set.subjects[0], data_set, ("DWI", "ADC"))


def test_a_missing_mask_is_refused_unless_masks_are_not_wanted(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("isles2022"))
    subject = replace(data_set.subjects[0], masks={})
    with pytest.raises(InputError, match="sub-strokecase0001 has no mask"):
        load_subject(subject, data_set, ("DWI",))
    assert load_subject(subject, data_set, ("DWI",), with_masks=False).masks == {}


def test_a_damaged_file_is_refused_naming_case_and_file(copy: Folder) -> None:
    data_set = read_data_set(copy("isles2022"))
    cut_short(data_set.subjects[1].images["DWI"])
    with pytest.raises(InputError, match=r"sub-strokecase0002: .*_dwi.nii.gz"):
        load_subject(data_set.subjects[1], data_set, ("DWI",))


def test_labels_that_the_data_set_does_not_know_are_refused(copy: Folder) -> None:
    data_set = read_data_set(copy("ctp_folder"))
    subject = data_set.subjects[0]
    edit(subject.masks["NR1"], lambda a: a * 2)
    with pytest.raises(InputError, match="the mask holds the values 4 where labels 0 to 2 are known"):
        load_subject(subject, data_set, ("CBF",))


def test_an_image_of_another_place_is_refused(copy: Folder) -> None:
    data_set = read_data_set(copy("isles2022"))
    move(data_set.subjects[0].images["FLAIR"], 900)
    with pytest.raises(InputError, match="does not overlap"):
        load_subject(data_set.subjects[0], data_set, ("FLAIR",))


def test_a_perfusion_series_is_no_volume(synthetic: Folder) -> None:
    data_set = read_data_set(synthetic("isles2018"))
    with pytest.raises(InputError, match="CTP is a time series"):
        load_subject(data_set.subjects[0], data_set, ("CTP",))


@given(st.integers(1, 5), st.lists(st.floats(-3, 8), min_size=8, max_size=8))
def test_labels_are_taken_as_they_are_or_refused(classes: int, values: list[float]) -> None:
    array = np.array(values, np.float32).reshape(2, 2, 2)
    whole = bool(np.isin(array, np.arange(classes)).all())
    if whole:
        assert np.array_equal(labels(sitk.GetImageFromArray(array), classes, "m"), array)
    else:
        with pytest.raises(InputError, match="the mask holds the values"):
            labels(sitk.GetImageFromArray(array), classes, "m")


@given(st.floats(0, 0.2))
def test_grids_are_one_up_to_a_hundredth_of_a_voxel(part: float) -> None:
    grid = Grid((10, 12, 8), (2.0, 2.0, 5.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1, 0, 0, 0, 1))
    moved = replace(grid, origin=(2.0 * part, 0.0, 0.0))
    assert same_place(grid, moved) == (part <= 0.01) or abs(part - 0.01) < 1e-9
