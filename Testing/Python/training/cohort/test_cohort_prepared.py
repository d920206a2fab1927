"""Cases made ready once: on the right grid, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from small import Trained
from strategies import STORAGES

from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.ctp.routes.field import field_grid
from StrokeSegLogic.space.grid import Grid
from StrokeSegLogic.space.resampling import resample
from StrokeSegLogic.training.cohort.prepared import (
    PreparedCase,
    label_counts,
    labels_on_grid,
    prepare_cases,
    reference_mask,
    wanted_images,
)
from StrokeSegLogic.training.datasets.load import load_subject

STRAIGHT = Grid((8, 6, 4), (2.0, 2.0, 3.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))


def labels(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 3, STRAIGHT.shape).astype(np.uint8)


def test_labels_on_their_own_grid_stay_as_they_are() -> None:
    np.testing.assert_array_equal(labels_on_grid(STRAIGHT.image(labels(1)), STRAIGHT), labels(1))


def test_of_a_coarser_voxel_the_label_that_fills_most_wins() -> None:
    array = np.zeros(STRAIGHT.shape, np.uint8)
    array[:, :, :4] = 2
    array[:, :, 4:6] = 1
    coarse = STRAIGHT.about_centre((4, 3, 4), (4.0, 4.0, 3.0))
    found = labels_on_grid(STRAIGHT.image(array), coarse)
    np.testing.assert_array_equal(found[2, 1], [2, 2, 1, 0])


@settings(max_examples=20)
@given(st.integers(0, 99), st.sampled_from(STORAGES))
def test_labels_do_not_depend_on_how_the_mask_is_stored(
    seed: int, storage: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    image = STRAIGHT.image(labels(seed))
    other = sitk.Flip(sitk.PermuteAxes(image, storage[0]), [sign < 0 for sign in storage[1]])
    # None of its voxels lies on a face of the mask's field of view, which would be a tie between in and out.
    fine = STRAIGHT.about_centre((13, 11, 4), (1.3, 1.1, 3.0))
    np.testing.assert_array_equal(labels_on_grid(image, fine), labels_on_grid(other, fine))


def test_a_half_goes_to_the_lesion() -> None:
    array = np.zeros(STRAIGHT.shape, np.uint8)
    array[:, :, 4:] = 1
    between = Grid((1, 6, 4), STRAIGHT.spacing, (7.0, 0.0, 0.0), STRAIGHT.direction)
    assert (labels_on_grid(STRAIGHT.image(array), between) == 1).all()


def test_a_field_case_is_laid_on_its_field(fusion: Trained) -> None:
    subject = fusion.data.subjects[0]
    case = PreparedCase(subject, fusion.folder / "prepared" / subject.case)
    loaded = load_subject(subject, fusion.data, wanted_images(fusion.recipe))
    grid = field_grid(loaded.grid, (32, 32))
    assert case.images.shape == (12, *grid.shape) and case.images.dtype == np.float16
    assert case.brain.shape == case.labels.shape == grid.shape
    # The first reader's mask is learned from; what is core there is core here, nearest voxel by nearest voxel.
    truth = loaded.masks["NR1"]
    nearest = sitk.GetArrayFromImage(resample(truth, grid, "nearest"))
    assert (nearest == case.labels).mean() > 0.99
    assert label_counts(case) == np.bincount(case.labels[case.brain], minlength=3).tolist()


def test_a_planes_case_is_cut_to_its_brain_on_cubic_voxels(planes: Trained) -> None:
    name = planes.bundle.spec.card["split"]["train"][0]
    subject = next(subject for subject in planes.data.subjects if subject.case == name)
    case = PreparedCase(subject, planes.folder / "prepared" / name)
    assert case.images.shape[0] == 4
    assert np.isfinite(case.images).all()
    loaded = load_subject(subject, planes.data, wanted_images(planes.recipe))
    truth_ml = float(sitk.GetArrayFromImage(loaded.masks["truth"]).sum()) * loaded.grid.voxel_ml
    # Voxels of 8 mm, so that a volume is no more than about right.
    assert (case.labels > 0).sum() * 0.512 == pytest.approx(truth_ml, rel=0.3, abs=4.0)


def test_what_is_prepared_is_not_prepared_again_and_what_a_kill_left_is(fusion: Trained, tmp_path: Path) -> None:
    subject = fusion.data.subjects[0]
    case = PreparedCase(subject, tmp_path / subject.case)
    left = tmp_path / f"{subject.case}.partial"
    left.mkdir()
    (left / "images.npy").write_bytes(b"half")
    case.folder.mkdir()
    (case.folder / "images.npy").write_bytes(b"without its case.json")
    prepare_cases(fusion.recipe, fusion.data, [case], Progress())
    assert sorted(path.name for path in case.folder.iterdir()) == ["brain.npy", "case.json", "images.npy", "labels.npy"]
    assert not left.exists()
    first = fusion.folder / "prepared" / subject.case
    for name in ("images.npy", "labels.npy", "brain.npy", "case.json"):
        assert (case.folder / name).read_bytes() == (first / name).read_bytes()
    mark = json.loads((case.folder / "case.json").read_text("utf-8"))
    (case.folder / "case.json").write_text(json.dumps({**mark, "labels": [1, 2, 3]}), "utf-8")
    prepare_cases(fusion.recipe, fusion.data, [case], Progress())
    assert label_counts(case) == [1, 2, 3]


def test_the_one_truth_goes_before_readers_and_the_first_reader_before_the_second(fusion: Trained) -> None:
    subject = fusion.data.subjects[0]
    assert reference_mask(subject) == "NR1"
