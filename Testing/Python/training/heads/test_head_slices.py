"""Slices of synthesised heads."""

from __future__ import annotations

import numpy as np
import pytest
from ball_library import head_of, library
from hypothesis import given, settings
from hypothesis import strategies as st

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import PLANES, Plane
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.training.heads import slices
from StrokeSegLogic.training.heads.atlas import read_territories
from StrokeSegLogic.training.heads.epi import Distortion
from StrokeSegLogic.training.heads.geometry import draw_pose
from StrokeSegLogic.training.heads.relaxation import Region
from StrokeSegLogic.training.heads.sequences import adc_of, dwi_signal
from StrokeSegLogic.training.heads.slab import Slab, cut, grid_place
from StrokeSegLogic.training.heads.slices import Library, draw_slice, mask_with_errors
from StrokeSegLogic.training.heads.spots import Spot
from StrokeSegLogic.training.stream.sources.heads import as_sample

planes = st.sampled_from(PLANES)
seeds = st.integers(0, 100_000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library(tmp_path_factory.mktemp("library"))


def slab_of(made: Library, plane: Plane, seed: int, thickness_mm: float = 3.0) -> Slab:
    random = np.random.default_rng(seed)
    head = head_of(made)
    return cut(head, draw_pose(random, shift_mm=0), plane, head.centre, thickness_mm)


@pytest.mark.parametrize("plane", PLANES)
def test_the_same_state_gives_the_same_slice(made: Library, plane: Plane) -> None:
    first, same, other = (draw_slice(made, plane, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.images.keys() == same.images.keys()
    assert all(np.array_equal(first.images[role], same.images[role]) for role in first.images)
    assert np.array_equal(first.infarct, same.infarct) and np.array_equal(first.brain, same.brain)
    assert not np.array_equal(first.brain, other.brain)


@settings(max_examples=25, deadline=None)
@given(plane=planes, seed=seeds)
def test_every_slice_is_of_an_examination_and_its_label_lies_in_its_mask(
    made: Library, plane: Plane, seed: int
) -> None:
    drawn = draw_slice(made, plane, np.random.default_rng(seed))
    sample = as_sample(drawn, plane)
    assert set(sample.images) in [set(roles) for roles, _ in slices.PROTOCOLS]
    for image in sample.images.values():
        assert image.shape == sample.brain.shape and np.isfinite(image).all() and image.min() >= 0
    assert not (sample.lesion & ~sample.brain).any()
    assert sample.counted[sample.lesion].all() and sample.complete and sample.patient == "a"


@settings(max_examples=15, deadline=None)
@given(plane=planes, seed=seeds)
def test_a_head_without_an_infarct_has_no_label_whatever_else_it_has(made: Library, plane: Plane, seed: int) -> None:
    drawn = draw_slice(made, plane, np.random.default_rng(seed), lesion_share=0.0)
    assert not drawn.infarct.any() and as_sample(drawn, plane).counted.all()


@pytest.mark.slow
def test_most_slices_go_through_the_infarct_that_they_have(made: Library) -> None:
    drawn = [draw_slice(made, "axial", np.random.default_rng(seed), lesion_share=1.0) for seed in range(20)]
    assert sum(each.infarct.max() > 0.5 for each in drawn) >= 12


def test_sequences_that_may_not_be_shown_alone_are_not_drawn(made: Library) -> None:
    for seed in range(12):
        drawn = draw_slice(made, "coronal", np.random.default_rng(seed), only=frozenset({Role.T1}))
        assert Role.T1 in drawn.images


@settings(max_examples=25, deadline=None)
@given(seed=seeds, plane=planes)
def test_a_slice_goes_through_the_voxel_asked_for(made: Library, seed: int, plane: Plane) -> None:
    random = np.random.default_rng(seed)
    head, pose = head_of(made), draw_pose(random)
    voxel = head.anywhere[random.integers(len(head.anywhere))].astype(float)
    slab = cut(head, pose, plane, voxel, 1.0)
    nearest = np.linalg.norm(slab.where - voxel[:, None, None, None], axis=0).min()
    # In the middle between four pixels it is 0.7 mm to each, of a head that is scaled.
    assert nearest < 1.0
    assert np.isfinite(grid_place(head, pose, voxel)).all()


def test_mni_places_of_a_head_are_found_to_a_voxel_or_two(made: Library) -> None:
    head = head_of(made)
    # A ball's turn is anything: only its middle and its size are known.
    assert np.linalg.norm(head.mni @ head.centre + head.mni_shift) < 2.0
    assert np.linalg.norm(head.from_mni(np.zeros(3)) - head.centre) < 2.0
    assert abs(np.linalg.det(head.mni)) == pytest.approx(1.0, abs=0.15)


def test_a_mirrored_spot_is_the_same_as_far_on_the_other_side() -> None:
    spot = Spot(np.array([[[1, 0, 0], [1, 1, 0]]], np.uint8), np.array([0, 0, 5]))
    places = {tuple(place) for place in np.argwhere(spot.mask) + spot.corner}
    other = spot.mirrored()
    assert {(z, y, -x) for z, y, x in places} == {tuple(place) for place in np.argwhere(other.mask) + other.corner}


@settings(max_examples=15, deadline=None)
@given(plane=planes, seed=seeds)
def test_lesions_are_of_tissue_alone(made: Library, plane: Plane, seed: int) -> None:
    slab = slab_of(made, plane, seed)
    weight = Spot.of(made.acute[0]).weight(slab)
    assert weight.max() <= 1 and not weight[slab.regions >= Region.FLUID].any()


@settings(max_examples=15, deadline=None)
@given(plane=planes, seed=seeds, adc=st.floats(0.3, 3.0), b=st.sampled_from((800.0, 1000.0, 1500.0)))
def test_dwi_and_adc_share_their_distortion(made: Library, plane: Plane, seed: int, adc: float, b: float) -> None:
    slab = slab_of(made, plane, seed)
    distortion = Distortion(slab, np.random.default_rng(seed))
    b0 = (slab.regions[0] < Region.AIR).astype(np.float32) + np.float32(0.5)
    bent, weighted = distortion(b0), distortion(dwi_signal(b0, np.full_like(b0, adc), b))
    assert adc_of(bent, weighted, b)[bent > 0.05] == pytest.approx(adc, abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(plane=planes, seed=seeds)
def test_masks_err_by_some_mm_and_not_by_a_head(made: Library, plane: Plane, seed: int) -> None:
    slab = slab_of(made, plane, seed)
    mask = mask_with_errors(slab, np.random.default_rng(seed))
    # A ball of 30 mm radius, and at worst 14 mm and some unevenness more on one side.
    assert mask[slab.depth_mm < -18].all()
    assert not mask[slab.depth_mm > 20].any()


def test_masks_miss_rims_and_show_what_lies_outside_of_the_brain(made: Library) -> None:
    slab = slab_of(made, "axial", 1)
    masks = [mask_with_errors(slab, np.random.default_rng(seed)) for seed in range(40)]
    assert any((mask & (slab.depth_mm > 4)).any() for mask in masks)
    assert any((~mask & (slab.depth_mm < -3)).any() for mask in masks)


def test_a_missing_atlas_is_named(tmp_path: pytest.TempPathFactory) -> None:
    with pytest.raises(InputError, match=r"no ArterialAtlas136\.nii\.gz"):
        read_territories(tmp_path)
