from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.base.settings import from_mapping
from StrokeSegLogic.training.augmentation import AugmentationSpec, augmenter

NOTHING = AugmentationSpec(
    flips=(), rotation=0.0, scale=0.0, translation=0.0, gain=0.0, gamma=0.0, offset=0.0, blur=0.0, noise=0.0
)
GEOMETRY = replace(NOTHING, flips=(-1, -2), rotation=30.0, scale=0.2, translation=5.0, move_probability=1.0)
INTENSITY = replace(AugmentationSpec(), flips=(), rotation=0.0, scale=0.0, translation=0.0)
ELASTIC = replace(NOTHING, elastic=3.0, elastic_spacing=8, elastic_probability=1.0, through_plane=True)

SHAPES = [(30, 24), (6, 30, 24)]
every_shape = pytest.mark.parametrize("shape", SHAPES)
seeds = st.integers(0, 2**62)


def sample(shape: tuple[int, ...], channels: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """MRI-like: air at -1, tissue about 0, a lesion, a corner that does not count; the last channel is missing."""
    grids = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    brain = sum(g**2 for g in grids[-2:]) < 0.7
    lesion = sum((g - 0.2) ** 2 for g in grids[-2:]) < 0.1
    noise = np.random.default_rng(1).normal(0, 0.1, (channels, *shape))
    images = np.where(brain, noise + 0.8 * lesion, -1.0)
    images[-1] = 0.0
    counted = np.ones(shape, bool)
    counted[..., :8, :8] = False
    return torch.tensor(images, dtype=torch.float32), torch.tensor(lesion * 2), torch.tensor(counted)


def background(channels: int = 3) -> tuple[float, ...]:
    return (-1.0,) * channels


def same(first: tuple[Tensor, ...], two: tuple[Tensor, ...]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first, two, strict=True))


@every_shape
@pytest.mark.parametrize("spec", [AugmentationSpec(), ELASTIC])
def test_a_sample_is_a_function_of_its_seed_in_whatever_order(spec: AugmentationSpec, shape: tuple[int, ...]) -> None:
    augment = augmenter(spec, len(shape), background())
    forward = {seed: augment(*sample(shape), seed) for seed in range(5)}
    other = augmenter(spec, len(shape), background())
    backward = {seed: other(*sample(shape), seed) for seed in reversed(range(5))}
    assert all(same(forward[seed], backward[seed]) for seed in range(5))
    assert not any(same(forward[seed], forward[seed + 1]) for seed in range(4))


def test_neither_the_sample_nor_anybodys_random_numbers_are_touched() -> None:
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    given_, kept = sample(SHAPES[0]), sample(SHAPES[0])
    augmenter(AugmentationSpec(), 2, background())(*given_, 3)
    assert same(given_, kept)
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert (np.random.get_state()[1] == numpy_before).all()  # noqa: NPY002


@every_shape
@pytest.mark.parametrize("spec", [AugmentationSpec(), NOTHING])
def test_shapes_and_types_stay(spec: AugmentationSpec, shape: tuple[int, ...]) -> None:
    before = sample(shape)
    after = augmenter(spec, len(shape), background())(*before, 0)
    for a, b in zip(before, after, strict=True):
        assert type(b) is Tensor
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
    assert set(after[1].unique().tolist()) <= {0, 2}


@every_shape
def test_a_spec_of_zeros_changes_nothing(shape: tuple[int, ...]) -> None:
    images, labels, counted = sample(shape)
    found = augmenter(NOTHING, len(shape), background())(images, labels, counted, 9)
    assert torch.allclose(found[0], images, atol=1e-6)
    assert same(found[1:], (labels, counted))


@given(seeds)
@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("spec", [GEOMETRY, replace(GEOMETRY, through_plane=True), ELASTIC])
@every_shape
def test_an_image_that_equals_its_label_still_does_after_it_moved(
    spec: AugmentationSpec, shape: tuple[int, ...], seed: int
) -> None:
    labels = torch.zeros(shape, dtype=torch.long)
    labels[..., 6:20, 5:14] = 1
    images = labels.float().unsqueeze(0)
    counted = labels.bool()
    moved, found, counts = augmenter(spec, len(shape), (0.0,))(images, labels, counted, seed)
    assert torch.equal(found.bool(), counts)
    # Where all the voxels that the interpolation mixed agree, the nearest of them agrees too.
    assert (found[moved[0] > 0.999] == 1).all()
    assert (found[moved[0] < 0.001] == 0).all()
    assert ((moved[0] > 0.999) | (moved[0] < 0.001)).float().mean() > 0.4


@every_shape
def test_flips_are_exact_and_the_same_for_images_and_labels(shape: tuple[int, ...]) -> None:
    images, labels, counted = sample(shape)
    spec = replace(NOTHING, flips=(-1,), flip_probability=1.0)
    found = augmenter(spec, len(shape), background())(images, labels, counted, 4)
    assert torch.allclose(found[0], images.flip(-1), atol=1e-6)
    assert same(found[1:], (labels.flip(-1), counted.flip(-1)))


def test_about_half_of_the_samples_are_mirrored() -> None:
    images, labels, counted = sample(SHAPES[0])
    augment = augmenter(replace(NOTHING, flips=(-1,)), 2, background())
    mirrored = [torch.equal(augment(images, labels, counted, seed)[1], labels.flip(-1)) for seed in range(60)]
    assert 18 <= sum(mirrored) <= 42


@every_shape
def test_from_outside_the_field_comes_background_that_does_not_count(shape: tuple[int, ...]) -> None:
    images = torch.full((2, *shape), 3.0)
    images[..., 0, 0] = 3.5
    labels, counted = torch.ones(shape, dtype=torch.long), torch.ones(shape, dtype=torch.bool)
    spec = replace(NOTHING, translation=12.0, move_probability=1.0)
    moved, found, counts = augmenter(spec, len(shape), (-1.0, 0.5))(images, labels, counted, 2)
    assert 0 < counts.float().mean() < 1
    assert torch.equal(found, counts.long())
    outside = ~counts & (moved[0] <= -1 + 1e-6)
    assert outside.any()
    assert torch.allclose(moved[1][outside], torch.tensor(0.5))


@every_shape
def test_a_missing_sequence_stays_as_it_is(shape: tuple[int, ...]) -> None:
    augment = augmenter(
        replace(AugmentationSpec(), move_probability=1.0, noise_probability=1.0), len(shape), background()
    )
    for seed in range(5):
        assert not augment(*sample(shape), seed)[0][-1].any()


@every_shape
def test_air_stays_air_whatever_happens_to_intensities(shape: tuple[int, ...]) -> None:
    images, labels, counted = sample(shape)
    certain = replace(INTENSITY, noise_probability=1.0, offset_probability=1.0, blur_probability=1.0)
    varied, found, counts = augmenter(certain, len(shape), background())(images, labels, counted, 1)
    air = images[:2] == -1
    assert (varied[:2][air] == -1).all()
    assert (varied[:2][~air] != images[:2][~air]).float().mean() > 0.99
    assert same((found, counts), (labels, counted))


def test_gain_is_measured_from_the_background_and_drawn_for_each_channel() -> None:
    images, labels, counted = sample(SHAPES[0])
    augment = augmenter(replace(NOTHING, gain=0.2, gain_probability=1.0), 2, background())
    gains = []
    for seed in range(30):
        varied = augment(images, labels, counted, seed)[0]
        for channel in range(2):
            tissue = images[channel] > -0.9
            ratio = (varied[channel][tissue] + 1) / (images[channel][tissue] + 1)
            assert ratio.std() < 1e-5
            gains.append(float(ratio.mean()))
    assert min(gains) == pytest.approx(0.8, abs=0.03)
    assert max(gains) == pytest.approx(1.2, abs=0.03)
    assert np.std(gains[::2]) > 0.05
    assert abs(np.corrcoef(gains[::2], gains[1::2])[0, 1]) < 0.5


def test_noise_has_at_most_the_standard_deviation_that_was_asked_for() -> None:
    images, labels, counted = sample(SHAPES[0])
    augment = augmenter(replace(NOTHING, noise=0.3, noise_probability=1.0), 2, background())
    tissue = images[0] > -0.9
    spreads = [float((augment(images, labels, counted, s)[0] - images)[0][tissue].std()) for s in range(40)]
    assert 0.25 < max(spreads) < 0.33
    assert np.mean(spreads) == pytest.approx(0.15, abs=0.04)


def tilt(labels: Tensor) -> float:
    """Angle in degrees between the columns' axis and the long axis of a label's pixels."""
    points = np.argwhere(labels.numpy() > 0).astype(float)
    axis = np.linalg.svd(points - points.mean(0))[2][0]
    return math.degrees(math.atan(axis[0] / axis[1]))


def test_rotation_stays_within_its_degrees_and_uses_them() -> None:
    labels = torch.zeros(64, 64, dtype=torch.long)
    labels[30:34, 8:56] = 1
    augment = augmenter(replace(NOTHING, rotation=20.0, move_probability=1.0), 2, (0.0,))
    images, counted = labels.float().unsqueeze(0), torch.ones(64, 64, dtype=torch.bool)
    angles = [tilt(augment(images, labels, counted, seed)[1]) for seed in range(40)]
    assert max(map(abs, angles)) < 20.5
    assert max(angles) > 14
    assert min(angles) < -14


def test_slices_of_a_volume_stay_apart_unless_asked_to_mix() -> None:
    shape = (6, 30, 24)
    number = torch.arange(1.0, 7.0).view(6, 1, 1).expand(shape)
    labels, counted = number.long(), torch.ones(shape, dtype=torch.bool)

    def labels_after(spec: AugmentationSpec) -> Tensor:
        return augmenter(spec, 3, (0.0,))(number.unsqueeze(0).clone(), labels, counted, 5)[1]

    apart = labels_after(GEOMETRY)
    assert all(set(part.unique().tolist()) <= {0, n + 1} for n, part in enumerate(apart))
    mixed = labels_after(replace(GEOMETRY, through_plane=True))
    assert any(len(part.unique()) > 2 for part in mixed)


@every_shape
def test_the_elastic_displacement_is_about_as_large_as_asked_for(shape: tuple[int, ...]) -> None:
    shape = (24,) * len(shape)
    places = torch.stack(torch.meshgrid(*(torch.arange(n, dtype=torch.float32) for n in shape), indexing="ij"))
    labels, counted = torch.zeros(shape, dtype=torch.long), torch.ones(shape, dtype=torch.bool)
    augment = augmenter(ELASTIC, len(shape), (0.0,) * len(shape))
    inner = (slice(None), *(slice(9, 15),) * len(shape))
    spreads = [float((augment(places, labels, counted, s)[0] - places)[inner].std()) for s in range(12)]
    # The size itself is drawn between 0 and 3 pixels.
    assert 0.5 < np.mean(spreads) < 2.5
    assert max(spreads) < 6


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"flip_probability": 1.5}, "flip_probability is 1.5"),
        ({"noise": -0.1}, "must not be negative"),
        ({"scale": 1.0}, "must be below it"),
        ({"flips": [1]}, "flips of -1"),
        ({"rotate": 3.0}, "unknown key 'rotate'"),
    ],
)
def test_a_spec_that_makes_no_sense_is_refused(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_mapping(AugmentationSpec, values, Path("recipe.toml"))


def test_what_such_samples_do_not_allow_is_refused_before_training() -> None:
    with pytest.raises(InputError, match="axis -3"):
        augmenter(AugmentationSpec(flips=(-3,)), 2, (0.0,))
    with pytest.raises(InputError, match="through the plane"):
        augmenter(AugmentationSpec(elastic=2.0), 3, (0.0,))
    with pytest.raises(ValueError, match="4 spatial dimensions"):
        augmenter(AugmentationSpec(), 4, (0.0,))


def test_a_sample_of_another_form_is_refused() -> None:
    images, labels, counted = sample(SHAPES[0])
    augment = augmenter(AugmentationSpec(), 2, background(2))
    with pytest.raises(ValueError, match="2 channels"):
        augment(images, labels, counted, 0)
    with pytest.raises(ValueError, match="not the images' field"):
        augment(images[:2], labels[:5], counted, 0)
