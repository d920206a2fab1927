"""The brain that the user gives, and what a result says of the brain that it was confined to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import distance_transform_edt

import StrokeSegLogic
from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.progress import Progress
from StrokeSegLogic.brain import given_doubts
from StrokeSegLogic.brain.given import GivenMask
from StrokeSegLogic.brain.given_doubts import mask_doubt
from StrokeSegLogic.mri.prepare import prepare
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.run.inputs import LOWEST
from StrokeSegLogic.phantom.mri import MriPhantom, mri_phantom
from StrokeSegLogic.phantom.scan_grids import diffusion_grid, structural_grid
from StrokeSegLogic.space.grid import Grid, working_grid
from StrokeSegLogic.space.resampling import resample_mask
from StrokeSegLogic.study.case import Case, Role
from StrokeSegLogic.study.volumes.nifti import write_nifti

UNUSED = structural_grid((12.0, 12.0, 12.0))
"""Of the sequences of a phantom that a test does not look at."""


@pytest.fixture(scope="module")
def small(phantom: MriPhantom, make_case: Callable[..., Case]) -> Case:
    return make_case({Role.DWI: phantom.images[Role.DWI]})


@pytest.fixture(scope="module")
def found(small: Case, untrained: Bundle) -> Segmentation:
    return StrokeSegLogic.segment(small, model=untrained.folder, device="cpu")


@pytest.fixture(scope="module")
def left(found: Segmentation) -> sitk.Image:
    """The half of the brain with the higher x: the patient's left."""
    half = sitk.GetArrayFromImage(found.brain)
    half[:, :, : half.shape[2] // 2] = 0
    return found.grid.image(half)


@pytest.fixture(scope="module")
def halved(small: Case, untrained: Bundle, left: sitk.Image) -> Segmentation:
    return StrokeSegLogic.segment(small, model=untrained.folder, device="cpu", brain_mask=left)


def of_usual_size(warnings: tuple[str, ...]) -> bool:
    return not any("the brain mask holds" in warning for warning in warnings)


def test_a_given_mask_takes_the_place_of_the_mask_that_is_found(
    found: Segmentation, halved: Segmentation, left: sitk.Image
) -> None:
    inside = sitk.GetArrayFromImage(halved.brain) > 0
    given = sitk.GetArrayFromImage(left) > 0
    # To the working grid and back it keeps its place to half a voxel.
    assert 2 * (inside & given).sum() / (inside.sum() + given.sum()) > 0.97
    beyond = sitk.GetArrayFromImage(sitk.BinaryDilate(left, (2, 2, 2))) == 0
    assert found.array()[beyond].any(), "without the mask there is lesion on the right"
    assert not halved.array()[beyond].any() and halved.array().any()
    assert halved.statistics.brain_ml == pytest.approx(inside.sum() * halved.grid.voxel_ml)


def test_the_result_says_where_its_brain_comes_from(found: Segmentation, halved: Segmentation) -> None:
    assert found.brain_from == "outline of the skull-stripped DWI"
    assert "brain_mask_sha256" not in found.provenance
    assert halved.brain_from == "given by the user: an image in memory"
    assert len(halved.provenance["brain_mask_sha256"]) == 64
    for result in (found, halved):
        brain = json.loads(json.dumps(result.summary()))["brain"]
        assert (brain["how"], brain["file"]) == (result.brain_from, "brain.nii.gz")
        assert brain["volume_ml"] == pytest.approx(result.statistics.brain_ml)
        assert result.volumes["brain"] is result.brain


@pytest.mark.slow
def test_a_file_an_image_and_an_array_are_one_mask(
    small: Case, untrained: Bundle, halved: Segmentation, left: sitk.Image, tmp_path: Path
) -> None:
    write_nifti(left, tmp_path / "left.nii.gz")
    for mask in (str(tmp_path / "left.nii.gz"), sitk.GetArrayFromImage(left) > 0):
        again = StrokeSegLogic.segment(small, model=untrained.folder, device="cpu", brain_mask=mask)
        np.testing.assert_array_equal(again.array(), halved.array())
        np.testing.assert_array_equal(sitk.GetArrayFromImage(again.brain), sitk.GetArrayFromImage(halved.brain))


def test_a_mask_on_another_sequences_grid_is_as_good(
    small: Case, untrained: Bundle, phantom: MriPhantom, found: Segmentation
) -> None:
    flair = Grid.of(phantom.images[Role.FLAIR])
    assert flair != found.grid
    mask = phantom.brain_on(flair)
    again = StrokeSegLogic.segment(small, model=untrained.folder, device="cpu", brain_mask=mask)
    ours, theirs = (sitk.GetArrayFromImage(image) > 0 for image in (again.brain, found.brain))
    assert 2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()) > 0.95


def test_an_anonymous_result_does_not_name_the_mask(
    small: Case, untrained: Bundle, left: sitk.Image, tmp_path: Path
) -> None:
    write_nifti(left, tmp_path / "jane_doe.nii.gz")
    mask = tmp_path / "jane_doe.nii.gz"
    ready = prepare(small, Role.DWI, (Role.DWI,), 4.0, Progress(), GivenMask.of(mask, Grid.of(left)))
    assert "jane_doe" in ready.brain_from
    hidden = StrokeSegLogic.segment(small, model=untrained.folder, device="cpu", brain_mask=mask, anonymous=True)
    assert hidden.brain_from == "given by the user"
    assert "jane_doe" not in json.dumps(hidden.summary())


def test_an_empty_mask_and_a_mask_elsewhere_stop_the_run_before_it_begins(
    small: Case, untrained: Bundle, left: sitk.Image
) -> None:
    said: list[str] = []
    away = sitk.Image(left)
    away.SetOrigin((900.0, 0.0, 0.0))
    for mask, words in ((left * 0, "is empty"), (away, r"does not overlap .*reference DWI")):
        with pytest.raises(InputError, match=words) as caught:
            StrokeSegLogic.segment(
                small, model=untrained.folder, brain_mask=mask, progress=lambda _done, stage: said.append(stage)
            )
        assert caught.value.option == "brain_mask"
    assert said == []


@pytest.mark.parametrize(("spread", "usual"), [(1.25, False), (0.85, False), (1.0, True), (0.6, False)])
@pytest.mark.quick(2)
def test_a_brain_of_less_than_900_or_more_than_1900_ml_is_warned_of(
    phantom: MriPhantom, make_case: Callable[..., Case], spread: float, usual: bool
) -> None:
    dwi = sitk.Image(phantom.images[Role.DWI])
    dwi.SetSpacing([step * spread for step in dwi.GetSpacing()])
    dwi.SetOrigin([mm * spread for mm in dwi.GetOrigin()])
    ready = prepare(make_case({Role.DWI: dwi}), Role.DWI, (Role.DWI,), 3.0, Progress())
    volume = ready.brain.sum() * ready.grid.voxel_ml
    assert (900 <= volume <= 1900) == usual
    assert of_usual_size(ready.warnings) == usual
    if not usual:
        (words,) = (warning for warning in ready.warnings if "the brain mask holds" in warning)
        assert f"holds {volume:,.0f} ml" in words and "900 to 1,900 ml" in words and "check its outline" in words


def test_a_given_mask_of_no_usual_size_is_warned_of_too(found: Segmentation, halved: Segmentation) -> None:
    assert of_usual_size(found.warnings)
    assert halved.statistics.brain_ml < 900 and not of_usual_size(halved.warnings)


@pytest.mark.slow
def test_lesions_are_looked_for_in_three_millimetres_around_a_brain_that_the_network_found(
    make_case: Callable[..., Case],
) -> None:
    head = mri_phantom(5, skull=True, structural=structural_grid((2.0, 2.0, 5.0)), diffusion_weighted=UNUSED)
    flair = prepare(make_case({Role.FLAIR: head.images[Role.FLAIR]}), Role.FLAIR, (Role.FLAIR,), 1.5, Progress())
    assert "found on FLAIR by a network" in flair.brain_from
    away = distance_transform_edt(~flair.brain, sampling=1.5)
    assert flair.searched[flair.brain].all()
    # ITK's ball reaches half a voxel further.
    assert not flair.searched[away > 3.8].any() and flair.searched[away <= 1.5].all()
    # What intensities are measured in is the brain alone.
    assert abs(float(np.median(flair.channels[0][flair.brain]))) < 1e-5
    assert (flair.channels[0][~flair.searched] == LOWEST).all()


def test_a_given_mask_that_is_unlike_the_brain_that_is_found_is_taken_and_doubted(
    found: Segmentation, halved: Segmentation
) -> None:
    def doubts(result: Segmentation) -> list[str]:
        return [warning for warning in result.warnings if "differs much from the brain that is found" in warning]

    (words,) = doubts(halved)
    for part in ("the given brain mask", "on DWI", "Dice 0.7", "it was taken as it is"):
        assert part in words
    assert not doubts(found)


@pytest.mark.parametrize(("shift_mm", "doubtful"), [(0.0, False), (3.0, False), (60.0, True)])
def test_a_mask_is_doubted_by_how_far_it_lies(phantom: MriPhantom, shift_mm: float, doubtful: bool) -> None:
    dwi = phantom.images[Role.DWI]
    grid = working_grid(Grid.of(dwi), 3.0)
    mask = phantom.brain_on(grid)
    mask.SetOrigin([mask.GetOrigin()[0] + shift_mm, *mask.GetOrigin()[1:]])
    assert bool(mask_doubt(resample_mask(mask, grid), grid, dwi, Role.DWI, Progress())) == doubtful


def test_a_mask_that_is_the_outline_of_a_stripped_volume_costs_no_search(
    phantom: MriPhantom, monkeypatch: pytest.MonkeyPatch
) -> None:
    dwi = phantom.images[Role.DWI]
    grid = working_grid(Grid.of(dwi), 3.0)
    searched: list[Role] = []
    monkeypatch.setattr(given_doubts, "brain_mask", lambda _images, role, *_: searched.append(role))
    assert mask_doubt(resample_mask(phantom.brain_on(Grid.of(dwi)), grid), grid, dwi, Role.DWI, Progress()) == ""
    assert searched == []


def test_what_the_user_gave_and_the_outline_of_a_stripped_volume_are_searched_as_they_are(
    small: Case, left: sitk.Image
) -> None:
    for mask in (None, GivenMask.of_image(left, "left")):
        ready = prepare(small, Role.DWI, (Role.DWI,), 3.0, Progress(), mask)
        assert np.array_equal(ready.searched, ready.brain)


@pytest.mark.parametrize(("skull", "levelled"), [(True, True), (False, False)], ids=["head", "stripped"])
def test_what_coils_make_of_a_heads_dwi_is_undone_and_a_stripped_volume_is_shown_as_it_is(
    make_case: Callable[..., Case], skull: bool, levelled: bool
) -> None:
    grid = diffusion_grid((2.5, 2.5, 4.0))
    dwi = mri_phantom(5, skull=skull, structural=UNUSED, diffusion_weighted=grid).images[Role.DWI]
    even = prepare(make_case({Role.DWI: dwi}), Role.DWI, (Role.DWI,), 3.0, Progress())
    values, grid = sitk.GetArrayFromImage(dwi), Grid.of(dwi)
    # Twice as bright at one end of the rows as at the other.
    shaded = grid.image((values * np.linspace(0.7, 1.4, values.shape[1])[:, None]).astype(np.float32))
    mask = GivenMask.of(even.brain, even.grid)
    ready = prepare(make_case({Role.DWI: shaded}), Role.DWI, (Role.DWI,), 3.0, Progress(), mask)
    assert even.grid.same(ready.grid)
    apart = np.abs(ready.channels[0] - even.channels[0])[even.brain]
    assert (np.median(apart) < 0.05) == levelled
