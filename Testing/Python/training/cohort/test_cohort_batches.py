"""Batches of a cohort: every slice once an epoch, each batch a function of its number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small import Trained

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import PLANES as ALL_PLANES
from StrokeSegLogic.ctp.routes.field import background
from StrokeSegLogic.space.grid import to_stack
from StrokeSegLogic.training.augmentation import AugmentationSpec
from StrokeSegLogic.training.cohort.batches import MIN_PIXELS, CohortBatches
from StrokeSegLogic.training.cohort.prepared import PreparedCase
from StrokeSegLogic.training.cohort.recipe import PlanesSpec
from StrokeSegLogic.training.examples import Examples


def cases_of(run: Trained, part: str) -> list[PreparedCase]:
    names = run.bundle.spec.card["split"][part]
    subjects = {subject.case: subject for subject in run.data.subjects}
    return [PreparedCase(subjects[name], run.folder / "prepared" / name) for name in names]


def assert_equal(first: Examples, other: Examples) -> None:
    assert first.names == other.names
    for name in ("images", "labels", "counted", "emphasised"):
        assert torch.equal(getattr(first, name), getattr(other, name)), name


@pytest.mark.parametrize(
    "member", [ALL_PLANES[0], *(pytest.param(each, marks=pytest.mark.slow) for each in ALL_PLANES[1:])]
)
def test_every_slice_with_brain_comes_once_an_epoch(planes: Trained, member: str) -> None:
    recipe = replace(planes.recipe, batch=1, augmentation=None)
    cases = cases_of(planes, "train")
    batches = CohortBatches(recipe, member, cases, training=True)  # type: ignore[arg-type]
    expected = sorted(
        f"{case.subject.case} {member} slice {k}"
        for case in cases
        for k, brain in enumerate(to_stack(case.brain, member))  # type: ignore[arg-type]
        if brain.sum() >= MIN_PIXELS
    )
    epochs = [[batches(e * batches.per_epoch + n).names[0] for n in range(batches.per_epoch)] for e in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == expected
    assert epochs[0] != epochs[1] != expected


@pytest.mark.slow
def test_a_batch_is_a_function_of_its_number(fusion: Trained) -> None:
    first, other = (CohortBatches(fusion.recipe, "network", cases_of(fusion, "train"), training=True) for _ in range(2))
    forward = [first(number) for number in (0, 3, 9)]
    backward = [other(number) for number in (9, 3, 0)]
    for a, b in zip(forward, reversed(backward), strict=True):
        assert_equal(a, b)
    later = first(first.per_epoch)
    assert later.names != forward[0].names


def test_an_item_is_augmented_alike_whatever_the_batchs_size(fusion: Trained) -> None:
    cases = cases_of(fusion, "train")
    large = CohortBatches(replace(fusion.recipe, batch=4), "network", cases, training=True)(0)
    small = [CohortBatches(replace(fusion.recipe, batch=2), "network", cases, training=True)(n) for n in (0, 1)]
    assert large.names == small[0].names + small[1].names
    assert torch.equal(large.images, torch.cat([batch.images for batch in small]))


def test_training_leaves_out_a_last_batch_that_is_not_full_and_validation_does_not(planes: Trained) -> None:
    recipe = replace(planes.recipe, batch=7)
    cases = cases_of(planes, "val")
    learning, validating = (CohortBatches(recipe, "axial", cases, training=learns) for learns in (True, False))
    count = len(validating.items)
    assert count % 7
    assert (learning.per_epoch, validating.per_epoch) == (count // 7, count // 7 + 1)
    assert len(validating(validating.per_epoch - 1).names) == count % 7
    assert [name for n in range(validating.per_epoch) for name in validating(n).names] == [
        f"{cases[0].subject.case} axial slice {item.slice}" for item in validating.items
    ]


def test_fewer_slices_than_a_batch_still_make_a_batch(planes: Trained) -> None:
    batches = CohortBatches(replace(planes.recipe, batch=999), "axial", cases_of(planes, "train"), training=True)
    assert batches.per_epoch == 1 and len(batches(5).names) == len(batches.items)


def test_non_lvo_patients_are_emphasised_in_training_alone(fusion: Trained) -> None:
    cases = cases_of(fusion, "train")
    groups = {case.subject.case: case.subject.group for case in cases}
    assert set(groups.values()) == {"LVO", "Non-LVO"}
    learning, validating = (CohortBatches(fusion.recipe, "network", cases, training=learns) for learns in (True, False))
    for number in range(learning.per_epoch):
        batch = learning(number)
        wanted = [groups[name.split()[0]] == "Non-LVO" for name in batch.names]
        assert batch.emphasised.tolist() == wanted
        assert not validating(number).emphasised.any()


def test_scores_are_those_of_the_slices_patients(fusion: Trained) -> None:
    cases = cases_of(fusion, "train")
    scores = {case.subject.case: case.subject.nihss for case in cases}
    batch = CohortBatches(fusion.recipe, "network", cases, training=True)(2)
    assert batch.nihss is not None
    assert batch.nihss.tolist() == [scores[name.split()[0]] for name in batch.names]


def test_slices_are_centred_on_the_patch_and_air_is_added(planes: Trained) -> None:
    case = cases_of(planes, "train")[0]
    view = planes.recipe.view
    assert isinstance(view, PlanesSpec)
    axial = to_stack(case.labels, "axial").shape[1:]
    large = (axial[0] + 6, axial[1] + 9)
    recipe = replace(planes.recipe, batch=1, augmentation=None, view=replace(view, patch=large))
    batches = CohortBatches(recipe, "axial", [case], training=False)
    for number, item in enumerate(batches.items):
        batch = batches(number)
        inside = (slice(3, 3 + axial[0]), slice(4, 4 + axial[1]))
        np.testing.assert_array_equal(
            batch.images[(0, slice(None), *inside)].numpy(), case.images[:, item.slice].astype(np.float32)
        )
        np.testing.assert_array_equal(batch.labels[0][inside].numpy(), case.labels[item.slice])
        around = batch.images.clone()
        around[(0, slice(None), *inside)] = background(recipe.inputs[0])[0]
        assert (around == background(recipe.inputs[0])[0]).all()
        assert batch.counted.all()


@pytest.mark.parametrize(("member", "mirrored"), [("axial", True), ("coronal", True), ("sagittal", False)])
def test_front_and_back_are_never_mirrored(planes: Trained, member: str, mirrored: bool) -> None:
    only_flips = AugmentationSpec(
        flips=(-1,), flip_probability=1.0, move_probability=0.0, gain=0, gamma=0, offset=0, blur=0, noise=0
    )
    recipe = replace(planes.recipe, augmentation=only_flips)
    plain = replace(planes.recipe, augmentation=None)
    cases = cases_of(planes, "train")
    augmented, other = (CohortBatches(r, member, cases, training=True)(0).images for r in (recipe, plain))  # type: ignore[arg-type]
    torch.testing.assert_close(augmented, other.flip(-1) if mirrored else other, atol=1e-5, rtol=0)


def test_brains_that_are_in_no_slice_are_an_error(planes: Trained, tmp_path: Path) -> None:
    case = cases_of(planes, "train")[0]
    np.save(tmp_path / "brain.npy", np.zeros_like(case.brain))
    with pytest.raises(InputError, match=f"no axial slice of {case.subject.case} holds 20 pixels of brain"):
        CohortBatches(planes.recipe, "axial", [PreparedCase(case.subject, tmp_path)], training=False)
    with pytest.raises(InputError, match="no axial slice of no case holds"):
        CohortBatches(planes.recipe, "axial", [], training=True)
